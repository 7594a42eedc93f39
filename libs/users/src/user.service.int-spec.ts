import { parseConfig } from '@app/config';
import { testDatabase, type TestDatabase } from '@app/testing';
import type { Model } from 'mongoose';
import { PasswordService } from './password.service.js';
import { UserRepository } from './user.repository.js';
import { UserRecord, UserSchema } from './user.schema.js';
import { UserService } from './user.service.js';

const registration = (over: Partial<Record<'username' | 'email' | 'fullName' | 'password', string>> = {}) => ({
  username: 'an.nguyen',
  email: 'an@example.com',
  fullName: 'Nguyễn Văn An',
  password: 'một con vịt xòe',
  ...over,
});
const numbered = (n: number) => registration({ username: `user${n}`, email: `user${n}@example.com` });
const superuser = { id: '65f0c0ffee0123456789abcd', isSuperuser: true };

describe(UserService.name, () => {
  let database: TestDatabase;
  let users: Model<UserRecord>;
  const passwords = new PasswordService();
  const service = (mode: 'open' | 'approval' | 'closed') =>
    new UserService(new UserRepository(users), passwords, parseConfig({ REGISTRATION_MODE: mode }));

  beforeAll(async () => {
    database = await testDatabase();
    users = database.connection.model<UserRecord>(UserRecord.name, UserSchema);
    await database.ensureIndexes();
  });
  afterEach(async () => {
    await users.deleteMany({});
  });
  afterAll(() => database.close());

  it.each(['open', 'approval', 'closed'] as const)(
    'should make the first account an active superuser when registration is %s',
    async (mode) => {
      await expect(service(mode).register(registration(), null)).resolves.toMatchObject({
        username: 'an.nguyen',
        fullName: 'Nguyễn Văn An',
        isActive: true,
        isSuperuser: true,
      });
    },
  );

  it('should let one of many first registrations win', async () => {
    const made = await Promise.all([1, 2, 3, 4].map((n) => service('open').register(numbered(n), null)));
    expect(made.filter(({ isSuperuser }) => isSuperuser)).toHaveLength(1);
    expect(await users.countDocuments()).toBe(4);
  });

  it('should refuse the first registrations that came second when registration is closed', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => service('closed').register(numbered(n), null)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'REGISTRATION_CLOSED')).toHaveLength(2);
    expect(await users.countDocuments()).toBe(1);
  });

  describe('after the first account', () => {
    beforeEach(async () => {
      await service('open').register(numbered(1), null);
    });

    it.each([
      ['open', null, true],
      ['approval', null, false],
      ['approval', { ...superuser, isSuperuser: false }, false],
      ['approval', superuser, true],
      ['closed', superuser, true],
    ] as const)('should decide by mode %s and by who asks (%j): active %p', async (mode, actor, isActive) => {
      await expect(service(mode).register(registration(), actor)).resolves.toMatchObject({ isActive, isSuperuser: false });
    });

    it.each([null, { ...superuser, isSuperuser: false }])('should refuse %j when registration is closed', async (actor) => {
      await expect(service('closed').register(registration(), actor)).rejects.toMatchObject({
        code: 'REGISTRATION_CLOSED',
        kind: 'forbidden',
      });
      expect(await users.countDocuments()).toBe(1);
    });

    it('should not make the next account a superuser when the first one is gone', async () => {
      await service('open').register(registration(), null);
      await users.deleteOne({ first: true });
      await expect(service('open').register(numbered(2), null)).resolves.toMatchObject({ isSuperuser: false });
    });

    it('A11 should make one account when variants of one address come at once', async () => {
      const variants = ['nguyễn@example.com', 'Nguyễn@Example.com', 'NGUYỄN@EXAMPLE.COM', 'nguyễn@EXAMPLE.com'];
      const outcomes = await Promise.allSettled(
        variants.map((email, n) => service('open').register(registration({ email, username: `variant${n}` }), null)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'EMAIL_TAKEN')).toHaveLength(3);
      expect(await users.countDocuments({ emailFold: 'nguyễn@example.com' })).toBe(1);
    });

    it('A11 should refuse a username that differs in case only', async () => {
      await expect(service('open').register(registration({ username: 'USER1' }), null)).rejects.toMatchObject({
        code: 'USERNAME_TAKEN',
        kind: 'conflict',
      });
    });

    it.each([
      ['k'.repeat(73), 'PASSWORD_TOO_LONG'],
      ['Password123', 'PASSWORD_TOO_COMMON'],
    ])('A10 should refuse the password %p with %s', async (password, code) => {
      await expect(service('open').register(registration({ password }), null)).rejects.toMatchObject({ code, kind: 'malformed' });
      expect(await users.countDocuments()).toBe(1);
    });

    it('should keep nothing but a bcrypt hash of the password', async () => {
      await service('open').register(registration(), null);
      const stored = await users.findOne({ usernameFold: 'an.nguyen' }).lean();
      expect(stored?.passwordHash).toMatch(/^\$2b\$10\$/);
      expect(JSON.stringify(stored)).not.toContain('vịt');
    });
  });

  describe('authenticate', () => {
    beforeEach(async () => {
      await service('open').register(registration(), null);
    });

    it.each(['an.nguyen', 'AN.Nguyen', 'an@example.com', ' An@Example.COM '])('should know the account by %p', async (name) => {
      await expect(service('open').authenticate(name, 'một con vịt xòe')).resolves.toMatchObject({ username: 'an.nguyen' });
    });

    it.each([
      ['an unknown name', 'nobody', 'một con vịt xòe'],
      ['an unknown address', 'nobody@example.com', 'một con vịt xòe'],
      ['a wrong password', 'an.nguyen', 'hai con vịt xòe'],
    ])('A12 should answer %s with the same error after one comparison', async (_, name, password) => {
      const compared = jest.spyOn(passwords, 'matches');
      const error = { code: 'INVALID_CREDENTIALS', kind: 'unauthenticated', message: 'The name or the password is wrong.' };
      await expect(service('open').authenticate(name, password)).rejects.toMatchObject(error);
      expect(compared).toHaveBeenCalledTimes(1);
      compared.mockRestore();
    });

    it('should say that an account is inactive only to who knows the password', async () => {
      await users.updateOne({ usernameFold: 'an.nguyen' }, { isActive: false });
      await expect(service('open').authenticate('an.nguyen', 'hai con vịt xòe')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await expect(service('open').authenticate('an.nguyen', 'một con vịt xòe')).rejects.toMatchObject({
        code: 'ACCOUNT_INACTIVE',
        kind: 'forbidden',
      });
    });

    it('should refuse a password of which bcrypt would read only the right beginning', async () => {
      await service('open').register(registration({ username: 'long', email: 'long@example.com', password: 'k'.repeat(72) }), null);
      await expect(service('open').authenticate('long', 'k'.repeat(73))).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await expect(service('open').authenticate('long', 'k'.repeat(72))).resolves.toMatchObject({ username: 'long' });
    });
  });

  it('should raise a not-found error when the account is gone', async () => {
    await expect(service('open').get(superuser.id)).rejects.toMatchObject({ code: 'USER_NOT_FOUND', kind: 'not-found' });
  });
});
