import { DomainError } from '@app/common';

export class UserNotFoundError extends DomainError {
  constructor() {
    super('USER_NOT_FOUND', 'not-found', 'There is no such user.');
  }
}

export class UsernameTakenError extends DomainError {
  constructor() {
    super('USERNAME_TAKEN', 'conflict', 'This username is taken.', {
      violations: [{ pointer: '/username', code: 'USERNAME_TAKEN', detail: 'is taken' }],
    });
  }
}

export class EmailTakenError extends DomainError {
  constructor() {
    super('EMAIL_TAKEN', 'conflict', 'There is an account with this e-mail address.', {
      violations: [{ pointer: '/email', code: 'EMAIL_TAKEN', detail: 'is taken' }],
    });
  }
}

export class PasswordTooLongError extends DomainError {
  constructor() {
    super('PASSWORD_TOO_LONG', 'malformed', 'The password has more than 72 bytes in UTF-8; what lies beyond would not count.', {
      violations: [{ pointer: '/password', code: 'PASSWORD_TOO_LONG', detail: 'must have at most 72 bytes in UTF-8' }],
    });
  }
}

export class PasswordTooCommonError extends DomainError {
  constructor() {
    super('PASSWORD_TOO_COMMON', 'malformed', 'The password is one of the most used ones: choose another.', {
      violations: [{ pointer: '/password', code: 'PASSWORD_TOO_COMMON', detail: 'must not be a commonly used password' }],
    });
  }
}

/** Only superusers may make accounts here. */
export class RegistrationClosedError extends DomainError {
  constructor() {
    super('REGISTRATION_CLOSED', 'forbidden', 'Registration is closed: ask a superuser for an account.');
  }
}

/** One error for an unknown name and a wrong password, so that nobody learns which names exist. */
export class InvalidCredentialsError extends DomainError {
  constructor() {
    super('INVALID_CREDENTIALS', 'unauthenticated', 'The name or the password is wrong.');
  }
}

export class AccountInactiveError extends DomainError {
  constructor() {
    super('ACCOUNT_INACTIVE', 'forbidden', 'This account is not active: ask a superuser to activate it.');
  }
}

/** No token, or one that does not count (any more): why is nobody's business. */
export class UnauthenticatedError extends DomainError {
  constructor() {
    super('UNAUTHENTICATED', 'unauthenticated', 'A valid access token is required in the Authorization header.');
  }
}
