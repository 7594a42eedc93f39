import { DomainError } from '@app/common';

/** No customer with this id, or one that was erased. */
export class CustomerNotFoundError extends DomainError {
  constructor(readonly customerId: string) {
    super('CUSTOMER_NOT_FOUND', 'not-found', 'There is no such customer.');
  }
}

/** Another customer has this e-mail address. */
export class EmailTakenError extends DomainError {
  constructor(cause?: unknown) {
    super('CUSTOMER_EMAIL_TAKEN', 'conflict', 'Another customer has this e-mail address.', {
      violations: [{ pointer: '/email', code: 'TAKEN', detail: 'is the e-mail address of another customer' }],
      cause,
    });
  }
}

/** A change would leave the customer with more of their own data than is kept. */
export class MetadataTooLargeError extends DomainError {
  constructor(limit: number) {
    super('CUSTOMER_METADATA_TOO_LARGE', 'invalid', `A customer has at most ${limit} metadata keys.`, {
      violations: [{ pointer: '/metadata', code: 'TOO_MANY', detail: `must have at most ${limit} keys` }],
    });
  }
}

/** Other writers kept changing the customer while this change was tried again and again. */
export class CustomerBusyError extends DomainError {
  constructor() {
    super('CUSTOMER_BUSY', 'unavailable', 'The customer is being changed by others; try again.', { retryAfterSeconds: 1 });
  }
}

/** The customer is not at the version that the change was to begin from. */
export class CustomerChangedError extends DomainError {
  constructor() {
    super('CUSTOMER_CHANGED', 'stale', 'The customer has been changed since: read it again.');
  }
}

/** The customers to export have more metadata keys than a table has room for. */
export class ExportTooWideError extends DomainError {
  constructor(limit: number) {
    super('EXPORT_TOO_WIDE', 'invalid', `These customers have more than ${limit} different metadata keys: export fewer of them at a time.`);
  }
}
