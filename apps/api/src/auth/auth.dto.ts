import { ApiProperty } from '@nestjs/swagger';
import { emailRule, textRule } from '@app/common';
import { fullNameRule, givenPasswordRule, newPasswordRule, usernameRule, type IssuedToken, type Registration, type User } from '@app/users';
import { Satisfies } from '../http/dto.decorators.js';
import { oneOf } from '../http/dto.rules.js';

const OAUTH_FIELD = textRule({ min: 0, max: 500 });

export class RegisterDto {
  @Satisfies(usernameRule)
  username: string;

  @Satisfies(emailRule)
  email: string;

  @Satisfies(fullNameRule)
  full_name: string;

  /** At most 72 bytes in UTF-8, and not one of the commonly used passwords. */
  @Satisfies(newPasswordRule)
  password: string;
}

/** `username` and `password`, and what OAuth2 clients send beside them (RFC 6749 §4.3.2). */
export class LoginDto {
  /** The username or the e-mail address. */
  @Satisfies(textRule({ min: 1, max: 254 }))
  username: string;

  @Satisfies(givenPasswordRule)
  password: string;

  @Satisfies(oneOf(['password']), { optional: true })
  grant_type?: 'password';

  @Satisfies(OAUTH_FIELD, { optional: true })
  scope?: string;

  @Satisfies(OAUTH_FIELD, { optional: true })
  client_id?: string;

  @Satisfies(OAUTH_FIELD, { optional: true })
  client_secret?: string;
}

export class TokenResponse {
  access_token: string;

  @ApiProperty({ type: 'string', enum: ['bearer'] })
  token_type: 'bearer';

  /** Seconds until the access token ends. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  expires_in: number;

  @ApiProperty({ type: 'string', nullable: true })
  refresh_token: string | null;
}

export class UserResponse {
  @ApiProperty({ pattern: '^[0-9a-f]{24}$' })
  id: string;
  username: string;
  email: string;
  full_name: string;
  is_active: boolean;
  is_superuser: boolean;
  created_at: Date;
}

export function toRegistration({ username, email, full_name: fullName, password }: RegisterDto): Registration {
  return { username, email, fullName, password };
}

export function toTokenResponse({ accessToken, expiresIn }: IssuedToken): TokenResponse {
  return { access_token: accessToken, token_type: 'bearer', expires_in: expiresIn, refresh_token: null };
}

export function toUserResponse(user: User): UserResponse {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    full_name: user.fullName,
    is_active: user.isActive,
    is_superuser: user.isSuperuser,
    created_at: user.createdAt,
  };
}
