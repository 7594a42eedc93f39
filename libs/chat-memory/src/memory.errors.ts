import { DomainError } from '@app/common';

/** No session with this id, or none of this customer. */
export class SessionNotFoundError extends DomainError {
  constructor() {
    super('SESSION_NOT_FOUND', 'not-found', 'There is no such chat session.');
  }
}

/** The session has ended; a message without a session id opens a new one. */
export class SessionClosedError extends DomainError {
  constructor() {
    super('SESSION_CLOSED', 'conflict', 'This chat session is closed. Send the message without a session id to open a new one.');
  }
}

/** Another message of this conversation is being answered. */
export class TurnInProgressError extends DomainError {
  constructor(retryAfterSeconds: number) {
    super('TURN_IN_PROGRESS', 'conflict', 'Another message of this conversation is being answered.', { retryAfterSeconds });
  }
}

/** One `client_message_id` stands for one message. */
export class ClientMessageReusedError extends DomainError {
  constructor() {
    super('CLIENT_MESSAGE_REUSED', 'invalid', 'This client_message_id was used for a message with other content.');
  }
}

/** The conversation was deleted, or its turn taken over, while the answer was being made. */
export class TurnLostError extends DomainError {
  constructor() {
    super('TURN_LOST', 'conflict', 'The conversation changed while the answer was being made, so it was not stored.', {
      retryAfterSeconds: 1,
    });
  }
}
