export { AccessService } from './access.service.js';
export { TokenService, type IssuedToken, type TokenClaims, type TokenVerification } from './token.service.js';
export {
  AccountInactiveError,
  EmailTakenError,
  InvalidCredentialsError,
  PasswordTooCommonError,
  PasswordTooLongError,
  RegistrationClosedError,
  UnauthenticatedError,
  UsernameTakenError,
  UserNotFoundError,
} from './user.errors.js';
export { fullNameRule, givenPasswordRule, newPasswordRule, usernameRule } from './user.rules.js';
export { UserService } from './user.service.js';
export type { Registration, User } from './user.js';
export { UsersModule } from './users.module.js';
