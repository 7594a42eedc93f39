import { Injectable } from '@nestjs/common';
import { raise, type Actor } from '@app/common';
import { Config } from '@app/config';
import { isDuplicateOf } from '@app/connections';
import { isCommonPassword } from './common-passwords.js';
import { PasswordService } from './password.service.js';
import {
  AccountInactiveError,
  EmailTakenError,
  InvalidCredentialsError,
  PasswordTooCommonError,
  PasswordTooLongError,
  RegistrationClosedError,
  UsernameTakenError,
  UserNotFoundError,
} from './user.errors.js';
import { UserRepository, type NewUserRecord } from './user.repository.js';
import { exceedsPasswordBytes, foldName } from './user.rules.js';
import type { UserRecord } from './user.schema.js';
import type { Registration, User } from './user.js';

/** Whether an account asked for under a registration mode is active at once, and who may ask. */
const ADMISSION: Record<Config['registrationMode'], (bySuperuser: boolean) => boolean> = {
  open: () => true,
  approval: (bySuperuser) => bySuperuser,
  closed: (bySuperuser) => bySuperuser || raise(new RegistrationClosedError()),
};

/** The accounts of staff. */
@Injectable()
export class UserService {
  constructor(
    private readonly repository: UserRepository,
    private readonly passwords: PasswordService,
    private readonly config: Config,
  ) {}

  /**
   * Makes an account. The first one ever is an active superuser; after it `REGISTRATION_MODE` decides, and `actor` is
   * who asks, if anybody is known. Raises {@link UsernameTakenError}, {@link EmailTakenError},
   * {@link RegistrationClosedError}, {@link PasswordTooLongError} or {@link PasswordTooCommonError}.
   */
  async register(registration: Registration, actor: Actor | null): Promise<User> {
    if (exceedsPasswordBytes(registration.password)) throw new PasswordTooLongError();
    if (isCommonPassword(registration.password)) throw new PasswordTooCommonError();

    const mayBeFirst = await this.repository.isEmpty();
    if (!mayBeFirst) this.admit(actor);
    const { username, email, fullName } = registration;
    const account = {
      username,
      usernameFold: foldName(username),
      email,
      emailFold: foldName(email),
      fullName,
      passwordHash: await this.passwords.hash(registration.password),
      tokenVersion: 0,
    };
    const first = mayBeFirst ? await this.insertFirst({ ...account, isActive: true, isSuperuser: true, first: true }) : null;
    return toUser(first ?? (await this.insert({ ...account, isActive: this.admit(actor), isSuperuser: false })));
  }

  /**
   * The account behind a username or e-mail address and its password. An unknown name and a wrong password are the same
   * {@link InvalidCredentialsError} after the same work; only who knows the password learns of {@link AccountInactiveError}.
   */
  async authenticate(nameOrEmail: string, password: string): Promise<User> {
    const account = await this.repository.findByName(foldName(nameOrEmail));
    const matches = await this.passwords.matches(password, account?.passwordHash);
    if (!account || !matches) throw new InvalidCredentialsError();
    if (!account.isActive) throw new AccountInactiveError();
    return toUser(account);
  }

  /** Raises {@link UserNotFoundError}. */
  async get(id: string): Promise<User> {
    return (await this.find(id)) ?? raise(new UserNotFoundError());
  }

  async find(id: string): Promise<User | null> {
    const account = await this.repository.findById(id);
    return account && toUser(account);
  }

  private admit(actor: Actor | null): boolean {
    return ADMISSION[this.config.registrationMode](actor?.isSuperuser ?? false);
  }

  /** Null when another registration was first. */
  private async insertFirst(account: NewUserRecord): Promise<UserRecord | null> {
    try {
      return await this.insert(account);
    } catch (error) {
      if (isDuplicateOf(error, 'first')) return null;
      throw error;
    }
  }

  private async insert(account: NewUserRecord): Promise<UserRecord> {
    try {
      return await this.repository.insert(account);
    } catch (error) {
      if (isDuplicateOf(error, 'usernameFold')) throw new UsernameTakenError();
      if (isDuplicateOf(error, 'emailFold')) throw new EmailTakenError();
      throw error;
    }
  }
}

function toUser(account: UserRecord): User {
  return {
    id: account._id.toHexString(),
    username: account.username,
    email: account.email,
    fullName: account.fullName,
    isActive: account.isActive,
    isSuperuser: account.isSuperuser,
    tokenVersion: account.tokenVersion,
    createdAt: account.createdAt,
  };
}
