import { DomainError, type Violation } from '@app/common';

/** No notification config with this id. */
export class ConfigNotFoundError extends DomainError {
  constructor() {
    super('NOTIFICATION_CONFIG_NOT_FOUND', 'not-found', 'There is no such notification config.');
  }
}

/** Another config has this name; case does not tell names apart. */
export class ConfigNameTakenError extends DomainError {
  constructor(cause?: unknown) {
    super('NOTIFICATION_CONFIG_NAME_TAKEN', 'conflict', 'Another notification config has this name.', {
      violations: [{ pointer: '/name', code: 'TAKEN', detail: 'is the name of another notification config' }],
      cause,
    });
  }
}

/** A send with this config is pending or running. */
export class ConfigInUseError extends DomainError {
  constructor() {
    super('NOTIFICATION_CONFIG_IN_USE', 'conflict', 'A send with this notification config is under way.');
  }
}

/** The config exists, but is switched off. */
export class ConfigInactiveError extends DomainError {
  constructor() {
    super('NOTIFICATION_CONFIG_INACTIVE', 'conflict', 'The notification config is not active.');
  }
}

/** Other writers kept changing the config while this change was tried again and again. */
export class ConfigBusyError extends DomainError {
  constructor() {
    super('NOTIFICATION_CONFIG_BUSY', 'unavailable', 'The notification config is being changed by others; try again.', {
      retryAfterSeconds: 1,
    });
  }
}

/** A preview needs either a config or templates. */
export class PreviewSourceError extends DomainError {
  constructor() {
    super('PREVIEW_SOURCE_INVALID', 'invalid', 'Give either notification_config_id or body_template with an optional subject.');
  }
}

/** The recipients of a send are not clear; the violations say where. */
export class RecipientsInvalidError extends DomainError {
  constructor(violations: readonly Violation[]) {
    super('RECIPIENTS_INVALID', 'invalid', 'The recipients are not clear.', { violations });
  }
}

/** Nobody matched, so there is nothing to send. */
export class NobodyMatchedError extends DomainError {
  constructor() {
    super('NOBODY_MATCHED', 'invalid', 'No active customer matches.');
  }
}

/** No delivery with this id, or one whose recipient was erased. */
export class NotificationNotFoundError extends DomainError {
  constructor() {
    super('NOTIFICATION_NOT_FOUND', 'not-found', 'There is no such notification.');
  }
}

/** A receipt for a notice that has not reached its recipient. */
export class NotificationNotSentError extends DomainError {
  constructor() {
    super('NOTIFICATION_NOT_SENT', 'conflict', 'The notification has not been sent.');
  }
}

/** A receipt from the future. */
export class ReceiptTimeError extends DomainError {
  constructor() {
    super('RECEIPT_TIME_INVALID', 'invalid', 'The time of a receipt cannot be in the future.', {
      violations: [{ pointer: '/at', code: 'OUT_OF_RANGE', detail: 'must not be in the future' }],
    });
  }
}

/** Some notices of a batch have not reached their chats yet. The batch is tried again. */
export class DeliveryIncompleteError extends DomainError {
  constructor() {
    super('DELIVERY_INCOMPLETE', 'unavailable', 'Some notices have not reached their chats yet.');
  }
}
