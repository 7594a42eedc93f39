import { createHmac } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { parseConfig } from '@app/config';
import { TokenService, type AccessService } from '@app/users';
import { JwtStrategy } from './jwt.strategy.js';

const SECRET = 'a-secret-of-the-strategy-specs-only-01';
const config = parseConfig({ SECRET_KEY: SECRET });
const actor = { id: '65f0c0ffee0123456789abcd', isSuperuser: false };
const seconds = () => Math.floor(Date.now() / 1000);
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token made by hand: whatever header, whatever claims, signed with whatever secret. */
function forge({
  header = {},
  claims = {},
  secret = SECRET,
  digest = 'sha256',
}: { header?: object; claims?: object; secret?: string; digest?: string } = {}) {
  const { issuer: iss, audience: aud } = tokens.verification;
  const sound = { iss, aud, sub: actor.id, jti: 'one', typ: 'access', ver: 0, iat: seconds(), exp: seconds() + 600 };
  const text = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode({ ...sound, ...claims })}`;
  return `${text}.${createHmac(digest, secret).update(text).digest('base64url')}`;
}

const unsigned = (alg: string) => `${encode({ alg, typ: 'JWT' })}.${forge().split('.')[1]}.`;

const tokens = new TokenService(new JwtService({}), config);
const access: Pick<AccessService, 'actorOf'> = { actorOf: ({ tokenVersion }) => Promise.resolve(tokenVersion === 0 ? actor : null) };
const strategy = new JwtStrategy(tokens, access as AccessService);

/** What passport makes of a request with these raw headers. */
function authenticate(...rawHeaders: string[]): Promise<unknown> {
  const headers = Object.fromEntries(
    rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1]]] : [])).reverse(),
  );
  return new Promise((resolve, reject) => {
    const attempt = Object.assign(Object.create(strategy) as JwtStrategy, {
      success: resolve,
      fail: () => resolve('refused'),
      error: reject,
    });
    attempt.authenticate({ headers, raw: { rawHeaders }, url: '/', query: { token: forge() }, cookies: { token: forge() } } as never);
  });
}

const bearer = (token: string) => authenticate('Authorization', `Bearer ${token}`);

describe(JwtStrategy.name, () => {
  it('should know who stands behind a sound token', async () => {
    await expect(bearer(forge())).resolves.toEqual(actor);
  });

  it.each(['none', 'None', 'nOnE', 'HS256'])('A1 should refuse alg %s without a signature', async (alg) => {
    await expect(bearer(unsigned(alg))).resolves.toBe('refused');
  });

  it.each([
    ['another key', { secret: 'a-secret-of-somebody-else-0123456789' }],
    ['alg RS256 over the secret', { header: { alg: 'RS256' } }],
    ['alg HS512', { header: { alg: 'HS512' }, digest: 'sha512' }],
    ['an alg that is no text', { header: { alg: ['HS256'] } }],
  ])('A2 should refuse %s', async (_, forgery) => {
    await expect(bearer(forge(forgery))).resolves.toBe('refused');
  });

  it.each([
    { kid: '../../dev/null' },
    { kid: "' OR 1=1 --" },
    { jku: 'http://127.0.0.1:9/keys' },
    { x5u: 'http://127.0.0.1:9/' },
    { jwk: { kty: 'oct', k: 'AA' } },
  ])('A3 should not look at %j', async (header) => {
    await expect(bearer(forge({ header }))).resolves.toEqual(actor);
    await expect(bearer(forge({ header, secret: '' }))).resolves.toBe('refused');
  });

  it.each([
    ['an expiry in the past', { exp: seconds() - 3_600 }],
    ['a beginning in the future', { nbf: seconds() + 300 }],
    ['no expiry', { exp: undefined }],
    ['an expiry in the year 9999', { exp: 253_370_764_800 }],
    ['an expiry that is no number', { exp: '9999' }],
  ])('A4 should refuse %s', async (_, claims) => {
    await expect(bearer(forge({ claims }))).resolves.toBe('refused');
  });

  it.each([
    ['it ended 30 s ago', { exp: seconds() - 30 }, actor],
    ['it ended 90 s ago', { exp: seconds() - 90 }, 'refused'],
    ['it was issued 30 s from now', { iat: seconds() + 30 }, actor],
    ['it was issued 5 minutes from now', { iat: seconds() + 300 }, 'refused'],
  ])('A5 should bear a skew of a minute when %s', async (_, claims, expected) => {
    await expect(bearer(forge({ claims }))).resolves.toEqual(expected);
  });

  it.each([
    { iss: 'somebody-else' },
    { iss: undefined },
    { aud: 'somewhere-else' },
    { aud: undefined },
    { typ: 'refresh' },
    { typ: undefined },
  ])('A6 should refuse %j', async (claims) => {
    await expect(bearer(forge({ claims }))).resolves.toBe('refused');
  });

  it('A7 should refuse a token whose account does not accept it any more', async () => {
    await expect(bearer(forge({ claims: { ver: 1 } }))).resolves.toBe('refused');
  });

  it.each([
    ['in lower case', 'authorization', 'bearer TOKEN'],
    ['in upper case', 'AUTHORIZATION', 'BEARER TOKEN'],
  ])('A8 should take the header %s', async (_, name, value) => {
    await expect(authenticate(name, value.replace('TOKEN', forge()))).resolves.toEqual(actor);
  });

  it.each([
    ['no header, though the query and a cookie hold a token', []],
    ['an empty header', ['Authorization', '']],
    ['another scheme', ['Authorization', `Basic ${forge()}`]],
    ['two tokens in one header', ['Authorization', `Bearer ${forge()} ${forge()}`]],
    ['two headers', ['Authorization', `Bearer ${forge()}`, 'authorization', `Bearer ${forge()}`]],
    ['a token of 20 kB', ['Authorization', `Bearer ${forge({ claims: { filler: 'x'.repeat(15_000) } })}`]],
    ['no token at all', ['Authorization', 'Bearer a.b.c']],
  ])('A8 should refuse %s', async (_, rawHeaders) => {
    await expect(authenticate(...rawHeaders)).resolves.toBe('refused');
  });

  it('should pass a failure of the database on', async () => {
    const failing = new JwtStrategy(tokens, { actorOf: () => Promise.reject(new Error('no database')) } as unknown as AccessService);
    await expect(failing.validate(JSON.parse(Buffer.from(forge().split('.')[1]!, 'base64url').toString()))).rejects.toThrow('no database');
  });
});
