import { Harness } from './harness.js';
import type { Session } from './session.js';

const registration = {
  username: 'Lan.Anh',
  email: 'lan.anh@example.com',
  full_name: 'Nguyễn Lan Anh',
  password: 'Mot-mat-khau-rieng-2026',
};

describe('auth', () => {
  let harness: Harness;
  let nobody: Session;

  beforeAll(async () => {
    harness = await Harness.start({ REGISTRATION_MODE: 'approval' });
    nobody = harness.anonymous();
  });
  afterAll(() => harness.close());

  describe('POST /auth/register', () => {
    it('should make the first account an active superuser and let the next wait for approval', async () => {
      const first = await nobody.post('/auth/register', registration);
      expect(first).toMatchObject({ status: 201, body: { username: 'Lan.Anh', is_active: true, is_superuser: true } });
      const next = await nobody.post('/auth/register', { ...registration, username: 'binh', email: 'binh@example.com' });
      expect(next).toMatchObject({ status: 201, body: { is_active: false, is_superuser: false } });
      const stored = await harness.connection.collection('users').findOne({ usernameFold: 'lan.anh' });
      expect(stored).toMatchObject({ email: 'lan.anh@example.com', first: true });
      expect(stored?.['passwordHash']).toMatch(/^\$2b\$10\$/);
    });

    it('should refuse a taken name or e-mail whatever its case', async () => {
      const taken = await nobody.post('/auth/register', { ...registration, username: 'LAN.ANH', email: 'other@example.com' });
      expect(taken).toMatchObject({ status: 409, body: { code: 'USERNAME_TAKEN' } });
      const email = await nobody.post('/auth/register', { ...registration, username: 'other', email: 'LAN.anh@Example.com' });
      expect(email).toMatchObject({ status: 409, body: { code: 'EMAIL_TAKEN' } });
    });

    it('Z2 should refuse fields that are not the caller’s to set, and name each fault', async () => {
      const { status, body, headers } = await nobody.post('/auth/register', { ...registration, is_superuser: true, email: 'x' });
      expect(status).toBe(400);
      expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(body.errors).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ pointer: '/is_superuser', code: 'UNKNOWN_FIELD' }),
          expect.objectContaining({ pointer: '/email' }),
        ]),
      );
    });
  });

  describe('POST /auth/login', () => {
    it('should give a token for the name or the e-mail, as JSON or as a form', async () => {
      const byName = await nobody.post('/auth/login', { username: 'lan.anh', password: registration.password });
      expect(byName).toMatchObject({ status: 200, body: { token_type: 'bearer', expires_in: 1_800, refresh_token: null } });
      const form = new URLSearchParams({
        grant_type: 'password',
        username: registration.email,
        password: registration.password,
        scope: '',
      });
      const byForm = await nobody.post('/auth/login', form.toString(), { 'content-type': 'application/x-www-form-urlencoded' });
      expect(byForm).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
    });

    it('should answer a wrong name like a wrong password', async () => {
      const password = await nobody.post('/auth/login', { username: 'lan.anh', password: 'not it at all' });
      const name = await nobody.post('/auth/login', { username: 'nobody', password: 'not it at all' });
      expect(password).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
      expect({ ...name.body, request_id: '' }).toEqual({ ...password.body, request_id: '' });
      expect(password.headers['www-authenticate']).toBe('Bearer');
    });

    it('should refuse an account that nobody has approved', async () => {
      const { status, body } = await nobody.post('/auth/login', { username: 'binh', password: registration.password });
      expect({ status, code: body.code }).toEqual({ status: 403, code: 'ACCOUNT_INACTIVE' });
    });

    it('N1 should refuse operators in place of a name', async () => {
      const { status } = await nobody.post('/auth/login', { username: { $ne: null }, password: { $gt: '' } });
      expect(status).toBe(400);
    });
  });

  describe('GET /auth/me', () => {
    it('should show the account behind the token', async () => {
      const admin = await harness.as('Lan.Anh');
      expect(await admin.get('/auth/me')).toMatchObject({ status: 200, body: { username: 'Lan.Anh', full_name: 'Nguyễn Lan Anh' } });
    });

    it('should refuse no token and a bad one alike', async () => {
      const none = await nobody.get('/auth/me');
      const bad = await nobody.get('/auth/me', { authorization: 'Bearer a.b.c' });
      for (const reply of [none, bad]) {
        expect(reply).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' }, headers: { 'www-authenticate': 'Bearer' } });
      }
    });
  });
});
