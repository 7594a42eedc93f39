import { CustomerBusyError, CustomerService } from '@app/customers';
import { Harness } from './harness.js';
import type { Reply, Session } from './session.js';

const FILE = 'email,full_name\nan@example.vn,An\n';

describe('Idempotency-Key', () => {
  let harness: Harness;
  let admin: Session;
  let number = 0;

  beforeAll(async () => {
    harness = await Harness.start();
    admin = await harness.as('admin');
  });
  afterAll(() => harness.close());
  beforeEach(() =>
    Promise.all(['customers', 'tasks', 'idempotency_keys'].map((name) => harness.connection.collection(name).deleteMany({}))),
  );

  const newKey = (): Record<string, string> => ({ 'idempotency-key': `key-${(number += 1)}` });
  const person = (name = 'an'): object => ({ email: `${name}@example.vn`, full_name: name });
  const count = (name: string): Promise<number> => harness.connection.collection(name).countDocuments();
  /** Makes the request that runs under a key look as if its process had died a while ago. */
  const lapse = () =>
    harness.connection.collection('idempotency_keys').updateMany({}, { $set: { until: new Date(0) }, $unset: { reply: 1 } });
  const asReplayed = ({ status, text, headers }: Reply) => ({
    status,
    text,
    headers: { location: headers['location'], etag: headers['etag'], 'content-type': headers['content-type'] },
  });

  it('I1: should store one customer however often it is sent at once', async () => {
    const key = newKey();
    const replies = await Promise.all(Array.from({ length: 50 }, () => admin.post('/customers', person(), key)));
    const created = replies.filter(({ status }) => status === 201);
    const waiting = replies.filter(({ status }) => status === 409);
    expect(created.length + waiting.length).toBe(50);
    expect(created.length).toBeGreaterThan(0);
    expect(new Set(created.map(({ text }) => text)).size).toBe(1);
    for (const reply of waiting) {
      expect(reply).toMatchObject({ body: { code: 'IDEMPOTENCY_KEY_IN_USE' }, headers: { 'retry-after': '1' } });
    }
    expect(await count('customers')).toBe(1);
  });

  it('should give the same reply again, word for word, and say so', async () => {
    const key = newKey();
    const first = await admin.post('/customers', person(), key);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    const again = await admin.post('/customers', '{"full_name":"an","email":"an@example.vn"}', {
      ...key,
      'content-type': 'application/json',
    });
    expect(asReplayed(again)).toEqual(asReplayed(first));
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', etag: '"v1"' });
    expect(await admin.post('/customers', person(), { 'idempotency-key': `"${key['idempotency-key']}"` })).toMatchObject({
      status: 201,
      headers: { 'idempotency-replayed': 'true' },
    });
  });

  it('should give a refusal again', async () => {
    await admin.post('/customers', person());
    for (const [body, status] of [
      [person(), 409],
      [{ email: 'x' }, 400],
    ] as const) {
      const key = newKey();
      const first = await admin.post('/customers', body, key);
      expect(first.status).toBe(status);
      const again = await admin.post('/customers', body, key);
      expect(asReplayed(again)).toEqual(asReplayed(first));
      expect(again.headers['idempotency-replayed']).toBe('true');
    }
  });

  it('I2: should refuse the key for another payload, and keep it apart by user and by route', async () => {
    const key = newKey();
    await admin.post('/customers', person(), key);
    expect(await admin.post('/customers', person('be'), key)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const other = await harness.as('other');
    expect((await other.post('/customers', person('ca'), key)).status).toBe(201);
    expect((await admin.upload('/customers/import', FILE, { headers: key })).status).toBe(202);
    expect(await count('customers')).toBe(2);
  });

  it.each(['', '""', 'a b', 'a\u00e9', 'x'.repeat(256), 'x'.repeat(300)])('I2: should refuse the key %p', async (key) => {
    expect(await admin.post('/customers', person(), { 'idempotency-key': key })).toMatchObject({
      status: 400,
      body: { code: 'IDEMPOTENCY_KEY_INVALID' },
    });
    expect(await count('customers')).toBe(0);
  });

  it('H3: should refuse a body that nests 150,000 deep as without a key', async () => {
    const deep = `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`;
    const type = { 'content-type': 'application/json' };
    const refusal = { status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ pointer: '', code: 'TOO_DEEP' }] } };
    expect(await admin.post('/customers', deep, type)).toMatchObject(refusal);
    expect(await admin.post('/customers', deep, { ...type, ...newKey() })).toMatchObject(refusal);
  });

  it('I3: should give what is stored when the first reply never went out', async () => {
    const key = newKey();
    const { body: first } = await admin.post('/customers', person(), key);
    await lapse();
    const again = await admin.post('/customers', person(), key);
    expect(again).toMatchObject({ status: 201, body: first });
    expect(again.headers).not.toHaveProperty('idempotency-replayed');
    expect(await count('customers')).toBe(1);
  });

  it('I3: should start one import when the first reply never went out', async () => {
    const key = newKey();
    const { body: first } = await admin.upload('/customers/import', FILE, { headers: key });
    const files = await count('uploads.files');
    await lapse();
    expect(await admin.upload('/customers/import', FILE, { headers: key })).toMatchObject({ status: 202, body: first });
    expect(await count('tasks')).toBe(1);
    expect(await count('uploads.files')).toBe(files);
  });

  it('C14: should start one import for one file, whatever the boundary of its form, and another for another', async () => {
    const key = newKey();
    const options = { headers: key, fields: { on_duplicate: 'skip' } };
    const first = await admin.upload('/customers/import', FILE, options);
    const again = await admin.upload('/customers/import', FILE, { ...options, boundary: 'another-boundary' });
    expect(asReplayed(again)).toEqual(asReplayed(first));
    expect(await count('tasks')).toBe(1);
    for (const [file, fields] of [
      [`${FILE}be@example.vn,Be\n`, { on_duplicate: 'skip' }],
      [FILE, { on_duplicate: 'fail' }],
    ] as const) {
      expect((await admin.upload('/customers/import', file, { headers: key, fields })).status).toBe(422);
    }
    expect(await count('tasks')).toBe(1);
  });

  it('should not keep a failure of ours, nor what a wait may mend', async () => {
    const key = newKey();
    const failing = jest.spyOn(harness.app.get(CustomerService), 'create').mockRejectedValueOnce(new CustomerBusyError());
    expect((await admin.post('/customers', person(), key)).status).toBe(503);
    failing.mockRejectedValueOnce(new Error('a fault of ours'));
    expect((await admin.post('/customers', person(), key)).status).toBe(500);
    failing.mockRestore();
    expect(await admin.post('/customers', person(), key)).toMatchObject({ status: 201 });
  });

  it('should answer 410 once the customer is erased', async () => {
    const key = newKey();
    const { body } = await admin.post('/customers', person(), key);
    await admin.delete(`/customers/${body.id}`);
    expect(await admin.post('/customers', person(), key)).toMatchObject({ status: 410, body: { code: 'IDEMPOTENT_REPLY_ERASED' } });
    expect(await harness.connection.collection('idempotency_keys').findOne({})).not.toHaveProperty('reply');
  });
});
