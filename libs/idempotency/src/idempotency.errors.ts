import { DomainError } from '@app/common';

/** The key was used for a request with another payload. */
export class KeyReusedError extends DomainError {
  constructor() {
    super('IDEMPOTENCY_KEY_REUSED', 'invalid', 'The idempotency key was used for a request with another payload.');
  }
}

/** The first request with the key has not been answered yet. */
export class KeyInUseError extends DomainError {
  constructor() {
    super('IDEMPOTENCY_KEY_IN_USE', 'conflict', 'The first request with this idempotency key is still under way.', {
      retryAfterSeconds: 1,
    });
  }
}

/** The stored reply was about a person who has been forgotten since. */
export class ReplyErasedError extends DomainError {
  constructor() {
    super('IDEMPOTENT_REPLY_ERASED', 'gone', 'What this idempotency key stood for has been erased.');
  }
}
