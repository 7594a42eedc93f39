import { FixedClock } from '@app/testing';
import { AccessService } from './access.service.js';
import type { User } from './user.js';
import type { UserService } from './user.service.js';

const claims = { userId: '65f0c0ffee0123456789abcd', tokenVersion: 0 };
const user = (over: Partial<User> = {}): User => ({
  id: claims.userId,
  username: 'an',
  email: 'an@example.com',
  fullName: 'An',
  isActive: true,
  isSuperuser: false,
  tokenVersion: 0,
  createdAt: new Date(0),
  ...over,
});

describe(AccessService.name, () => {
  let clock: FixedClock;
  let stored: () => Promise<User | null>;
  let reads: number;
  let sut: AccessService;

  beforeEach(() => {
    clock = new FixedClock();
    stored = () => Promise.resolve(user());
    reads = 0;
    const users: Pick<UserService, 'find'> = {
      find: () => {
        reads += 1;
        return stored();
      },
    };
    sut = new AccessService(users as UserService, clock);
  });

  it('should say who stands behind a token', async () => {
    stored = () => Promise.resolve(user({ isSuperuser: true }));
    await expect(sut.actorOf(claims)).resolves.toEqual({ id: claims.userId, isSuperuser: true });
  });

  it.each<[string, () => Promise<User | null>]>([
    ['is gone', () => Promise.resolve(null)],
    ['is disabled', () => Promise.resolve(user({ isActive: false }))],
    ['has voided its tokens', () => Promise.resolve(user({ tokenVersion: 1 }))],
  ])('A7 should let nobody in when the account %s', async (_, now) => {
    stored = now;
    await expect(sut.actorOf(claims)).resolves.toBeNull();
  });

  it('should read an account once for many requests, also at once', async () => {
    await Promise.all([sut.actorOf(claims), sut.actorOf(claims)]);
    clock.advance(1_999);
    await sut.actorOf(claims);
    expect(reads).toBe(1);
  });

  it.each([2_000, -3_600_000])('A7 should read an account again when the clock moved by %i ms', async (ms) => {
    await sut.actorOf(claims);
    stored = () => Promise.resolve(user({ isActive: false }));
    clock.advance(ms);
    await expect(sut.actorOf(claims)).resolves.toBeNull();
  });

  it('should not remember a failure', async () => {
    stored = () => Promise.reject(new Error('no database'));
    await expect(sut.actorOf(claims)).rejects.toThrow('no database');
    stored = () => Promise.resolve(user());
    await expect(sut.actorOf(claims)).resolves.not.toBeNull();
  });
});
