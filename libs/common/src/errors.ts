/**
 * What went wrong, as far as a caller needs to know to react. Two total tables read it: the HTTP status at the
 * edge, and retry-or-fail for jobs.
 */
export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'not-acceptable'
  | 'conflict'
  | 'gone'
  | 'stale'
  | 'too-large'
  | 'unsupported'
  | 'invalid'
  | 'unavailable';

/** One fault inside a request: a JSON pointer (RFC 6901) or a column name, a stable code and a sentence for people. */
export interface Violation {
  pointer: string;
  code: string;
  detail: string;
}

/** What may accompany a {@link DomainError}: the parts of the input that were refused, seconds to wait, the cause. */
export interface DomainErrorDetails {
  violations?: readonly Violation[];
  retryAfterSeconds?: number;
  cause?: unknown;
}

/**
 * A failure with a meaning. `code` is stable UPPER_SNAKE and documented in `docs/errors.md`; `message` is safe to
 * show to the caller: never put input, queries or secrets into it.
 */
export class DomainError extends Error {
  readonly violations: readonly Violation[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    message: string,
    { violations = [], retryAfterSeconds, cause }: DomainErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = new.target.name;
    this.violations = violations;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Throws in expression position: `find() ?? raise(new NotFound())`. */
export function raise(error: Error): never {
  throw error;
}
