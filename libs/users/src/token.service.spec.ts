import { JwtService } from '@nestjs/jwt';
import { parseConfig } from '@app/config';
import { jwtOptions, TokenService } from './token.service.js';

const config = parseConfig({ SECRET_KEY: 'a-secret-of-the-token-specs-only-0123', ACCESS_TOKEN_EXPIRE_MINUTES: '30' });
const jwt = new JwtService(jwtOptions(config));
const sut = new TokenService(jwt, config);
const user = { id: '65f0c0ffee0123456789abcd', tokenVersion: 3 };
const seconds = () => Math.floor(Date.now() / 1000);
const claims = (over: Record<string, unknown> = {}) => ({
  sub: user.id,
  jti: 'one',
  typ: 'access',
  ver: 3,
  iat: seconds(),
  exp: seconds() + 1_800,
  ...over,
});

describe(TokenService.name, () => {
  it('should issue a token that names the user, its type, its version and its own id', () => {
    const { accessToken, expiresIn } = sut.sign(user);
    const header: unknown = JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString());
    const payload = jwt.decode<{ exp: number; iat: number }>(accessToken);
    expect(expiresIn).toBe(1_800);
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toMatchObject({
      sub: user.id,
      typ: 'access',
      ver: 3,
      iss: expect.any(String),
      aud: expect.any(String),
      jti: expect.any(String),
    });
    expect(payload.exp - payload.iat).toBe(1_800);
    expect(sut.claimsOf(payload)).toEqual({ userId: user.id, tokenVersion: 3 });
  });

  it('should give every token an id of its own', () => {
    const ids = [1, 2, 3].map(() => jwt.decode<{ jti: string }>(sut.sign(user).accessToken).jti);
    expect(new Set(ids).size).toBe(3);
  });

  it('should read what a payload says', () => {
    expect(sut.claimsOf(claims())).toEqual({ userId: user.id, tokenVersion: 3 });
  });

  it.each([
    ['A4 an expiry is missing', { exp: undefined }],
    ['A4 the expiry lies in the year 9999', { exp: 253_370_764_800 }],
    ['A5 it was issued five minutes from now', { iat: seconds() + 300 }],
    ['A6 it is of another type', { typ: 'refresh' }],
    ['A6 it has no type', { typ: undefined }],
    ['its subject is no id', { sub: { $ne: null } }],
    ['its subject is not hexadecimal', { sub: '../../etc/passwd' }],
    ['its version is missing', { ver: undefined }],
    ['its version is no number', { ver: '3' }],
    ['it has no id', { jti: '' }],
  ])('should refuse a payload when %s', (_, over) => {
    expect(sut.claimsOf(claims(over))).toBeNull();
  });

  it.each(['text', null, undefined, 7, []])('should refuse %p as a payload', (payload) => {
    expect(sut.claimsOf(payload)).toBeNull();
  });

  it('A5 should bear a clock that is 30 s ahead of ours', () => {
    expect(sut.claimsOf(claims({ iat: seconds() + 30 }))).not.toBeNull();
  });
});
