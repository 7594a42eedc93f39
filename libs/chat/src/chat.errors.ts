import { DomainError } from '@app/common';

/** A history belongs to someone: a customer, a session, or both. */
export class HistoryScopeRequiredError extends DomainError {
  constructor() {
    super('HISTORY_SCOPE_REQUIRED', 'malformed', 'Name a customer_id or a session_id.', {
      violations: [{ pointer: '/customer_id', code: 'REQUIRED', detail: 'is required without session_id' }],
    });
  }
}

/** An answer of staff goes into one conversation: that of a customer, or a named session. */
export class ReplyTargetRequiredError extends DomainError {
  constructor() {
    super('REPLY_TARGET_REQUIRED', 'malformed', 'Name a customer_id or a session_id.', {
      violations: [{ pointer: '/customer_id', code: 'REQUIRED', detail: 'is required without session_id' }],
    });
  }
}
