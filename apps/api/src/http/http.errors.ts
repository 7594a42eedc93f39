import { DomainError, type Violation } from '@app/common';

/** The request does not have the shape that its schema asks for. */
export class ValidationFailedError extends DomainError {
  constructor(violations: readonly Violation[]) {
    super('VALIDATION_FAILED', 'malformed', 'The request does not have the shape that its schema asks for.', { violations });
  }
}

/** A path parameter that cannot be an id. */
export class BadIdError extends DomainError {
  constructor() {
    super('BAD_ID', 'malformed', 'The id in the path does not have the form of an id.');
  }
}

/** The body has a media type that the route does not take. */
export class UnsupportedMediaTypeError extends DomainError {
  constructor() {
    super('UNSUPPORTED_MEDIA_TYPE', 'unsupported', 'The route does not take a body of this media type.');
  }
}

/** `Accept` excludes everything that the route gives. */
export class NotAcceptableError extends DomainError {
  constructor() {
    super('NOT_ACCEPTABLE', 'not-acceptable', 'The Accept header excludes every media type that the route gives.');
  }
}

/** The header is not a key of 1 to 255 visible ASCII characters. */
export class IdempotencyKeyInvalidError extends DomainError {
  constructor() {
    super('IDEMPOTENCY_KEY_INVALID', 'malformed', 'Idempotency-Key must have 1 to 255 visible ASCII characters.');
  }
}

/** `If-Match` is neither `*` nor a list of entity tags. */
export class PreconditionInvalidError extends DomainError {
  constructor() {
    super('PRECONDITION_INVALID', 'malformed', 'If-Match must be * or entity tags as an ETag header gave them, in quotes.');
  }
}
