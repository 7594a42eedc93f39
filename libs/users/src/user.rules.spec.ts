import { isCommonPassword } from './common-passwords.js';
import { exceedsPasswordBytes, foldName, givenPasswordRule, newPasswordRule, usernameRule } from './user.rules.js';

describe('usernameRule', () => {
  it.each(['abc', 'Nguyen.Van-An_01', 'a'.repeat(64)])('should take %p', (value) => {
    expect(usernameRule(value)).toEqual({ ok: true, value });
  });

  it.each([
    ['ab', 'TOO_SHORT'],
    ['a'.repeat(65), 'TOO_LONG'],
    ['a b c', 'BAD_FORMAT'],
    ['an@example.com', 'BAD_FORMAT'],
    ['Nguyễn', 'BAD_FORMAT'],
    ['$where', 'BAD_FORMAT'],
    [{ $ne: null }, 'WRONG_TYPE'],
    [undefined, 'WRONG_TYPE'],
  ])('should refuse %p with %s', (value, code) => {
    expect(usernameRule(value)).toMatchObject({ ok: false, code });
  });
});

describe('newPasswordRule', () => {
  it.each([
    ['8 characters', 'kz7-vbq1'],
    ['Vietnamese', 'một con vịt xòe'],
    ['emoji', '🦆'.repeat(8)],
    ['spaces at the ends', '  kz7-vbq1  '],
  ])('A10 should take a password of %s as it is', (_, value) => {
    expect(newPasswordRule(value)).toEqual({ ok: true, value });
  });

  it('should compose, so that every keyboard makes the same password', () => {
    const password = 'một con vịt';
    expect(newPasswordRule(password.normalize('NFD'))).toEqual({ ok: true, value: password });
  });

  it.each([
    ['kz7-vbq', 'TOO_SHORT'],
    ['🦆'.repeat(7), 'TOO_SHORT'],
    ['', 'REQUIRED'],
    ['k'.repeat(129), 'TOO_LONG'],
    ['k\u0301\u0316'.repeat(400), 'TOO_LONG'],
    [`kz7-vbq${'\u0301'.repeat(31)}`, 'BAD_CHARACTER'],
    ['kz7-vbq1\u0000', 'BAD_CHARACTER'],
    ['kz7-vbq1\ud800', 'BAD_CHARACTER'],
    [12345678, 'WRONG_TYPE'],
    [{ $gt: '' }, 'WRONG_TYPE'],
  ])('A10 should refuse %p with %s', (value, code) => {
    expect(newPasswordRule(value)).toMatchObject({ ok: false, code });
  });

  it('should leave the length of a given password to the comparison', () => {
    expect(givenPasswordRule('short')).toEqual({ ok: true, value: 'short' });
  });
});

describe('what bcrypt would cut', () => {
  it.each([
    ['72 bytes', 'k'.repeat(72), false],
    ['73 bytes', 'k'.repeat(73), true],
    ['18 emoji of 4 bytes', '🦆'.repeat(18), false],
    ['19 emoji of 4 bytes', '🦆'.repeat(19), true],
  ])('A10 should be told of %s', (_, password, expected) => {
    expect(exceedsPasswordBytes(password)).toBe(expected);
  });
});

describe(isCommonPassword.name, () => {
  it.each(['password', 'Password1', '12345678', 'anhyeuem', 'football'])('A10 should know %p', (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it('should not know a password of nobody else', () => {
    expect(isCommonPassword('vịt xòe kz7')).toBe(false);
  });
});

describe(foldName.name, () => {
  it('A11 should make the variants of one address equal', () => {
    const variants = ['Nguyễn@Example.com', 'nguyễn@example.COM'.normalize('NFD'), ' NGUYỄN@EXAMPLE.COM '];
    expect(new Set(variants.map(foldName))).toEqual(new Set(['nguyễn@example.com']));
  });
});
