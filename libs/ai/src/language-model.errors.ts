import { DomainError } from '@app/common';

/** Why a provider gave no answer. `rejected` is about this request, the others about the provider. */
export type ModelFailure = 'network' | 'timeout' | 'overloaded' | 'quota' | 'refused' | 'rejected' | 'empty' | 'malformed' | 'open';

interface ProviderFailedDetails {
  cause?: unknown;
  /** The same request may succeed at once; absent when asking again is pointless. */
  retry?: { /** What the provider asks to wait, when it says so. */ afterMs: number | null };
}

/** One provider gave no answer. Stays inside this library: the chain tries the next one. */
export class ProviderFailedError extends Error {
  readonly retry: ProviderFailedDetails['retry'];

  constructor(
    readonly provider: string,
    readonly failure: ModelFailure,
    { cause, retry }: ProviderFailedDetails = {},
  ) {
    super(`${provider}: ${failure}`, { cause });
    this.name = new.target.name;
    this.retry = retry;
  }
}

/** No configured provider gave an answer; `cause` is the failure of the last one. */
export class ModelUnavailableError extends DomainError {
  constructor(cause: unknown) {
    super('MODEL_UNAVAILABLE', 'unavailable', 'The assistant cannot answer at the moment.', { cause, retryAfterSeconds: 30 });
  }
}
