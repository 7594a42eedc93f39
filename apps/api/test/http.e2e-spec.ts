import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildOpenApi } from '../src/docs/openapi.js';
import { Harness } from './harness.js';
import type { Reply, Session } from './session.js';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security?: unknown[];
  parameters?: { in: string; name: string }[];
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
}

const problem = (status: number, code: string) => ({
  status,
  headers: expect.objectContaining({ 'content-type': 'application/problem+json; charset=utf-8' }),
  body: expect.objectContaining({
    status,
    code,
    type: 'about:blank',
    title: expect.any(String),
    detail: expect.any(String),
    request_id: expect.any(String),
  }),
});

/** Answers of a raw socket: what a client that speaks bad HTTP sees. */
const raw = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(bytes);
  });

describe('HTTP', () => {
  let harness: Harness;
  let nobody: Session;
  let staff: Session;

  beforeAll(async () => {
    harness = await Harness.start();
    nobody = harness.anonymous();
    staff = await harness.as('admin');
  });
  afterAll(() => harness.close());

  const operations = (): { method: string; path: string; operation: Operation }[] =>
    Object.entries(buildOpenApi(harness.app).paths).flatMap(([path, methods]) =>
      Object.entries(methods as unknown as Record<string, Operation>).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );

  describe('errors', () => {
    it('should answer an unknown route with 404, also without a token', async () => {
      expect(await nobody.get('/nowhere')).toMatchObject(problem(404, 'ROUTE_NOT_FOUND'));
    });

    it('H6 should answer a wrong method with 405 and what is allowed', async () => {
      const reply = await staff.patch('/tasks', {});
      expect(reply).toMatchObject(problem(405, 'METHOD_NOT_ALLOWED'));
      expect(reply.headers['allow']).toBe('GET, HEAD');
    });

    it.each([
      ['GET', '/customers/import', 'POST'],
      ['PATCH', '/customers/import', 'POST'],
      ['POST', '/customers/export.csv', 'GET, HEAD'],
      ['DELETE', '/customers/export.csv?city=x', 'GET, HEAD'],
      ['POST', '/customers/0123456789abcdef01234567', 'DELETE, GET, HEAD, PATCH, PUT'],
    ])('H6 should answer %s %s with 405 and what that path takes', async (method, path, allow) => {
      const reply = await nobody.request(method, path, undefined, { origin: 'http://localhost:3000' });
      expect(reply).toMatchObject(problem(405, 'METHOD_NOT_ALLOWED'));
      expect(reply.headers).toMatchObject({ allow, vary: 'Origin', 'x-request-id': reply.body.request_id });
    });

    it('should let a browser ask first for a path whose name could be an id', async () => {
      const { status } = await nobody.request('OPTIONS', '/customers/import', undefined, {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
      });
      expect(status).toBe(204);
    });

    it.each(['{"a":', 'null', '"x"', '[]', ''])('H1 should refuse the body %j with 400', async (body) => {
      const reply = await nobody.request('POST', '/auth/login', body, { 'content-type': 'application/json' });
      expect(reply.status).toBe(400);
      expect(reply.body.code).toMatch(/^(BAD_REQUEST|VALIDATION_FAILED)$/);
    });

    it('H3 should refuse a body that nests 10,000 deep', async () => {
      const reply = await nobody.request('POST', '/auth/login', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, {
        'content-type': 'application/json',
      });
      expect(reply.status).toBe(400);
    });

    it('H4 should refuse a body over a mebibyte with 413', async () => {
      expect(await nobody.post('/auth/login', { username: 'x'.repeat(1_100_000), password: 'x' })).toMatchObject(
        problem(413, 'PAYLOAD_TOO_LARGE'),
      );
    });

    it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
      'H5 should refuse a body of %s with 415',
      async (type) => {
        expect(await nobody.request('POST', '/auth/register', 'a=b', { 'content-type': type })).toMatchObject(
          problem(415, 'UNSUPPORTED_MEDIA_TYPE'),
        );
      },
    );

    it('should read past any number of spaces in a Content-Type', async () => {
      const { status } = await nobody.get('/livez', { 'content-type': `a${' '.repeat(1_000_000)}b` });
      // Jest's timeout strikes only between two turns of the event loop.
      await sleep(0);
      expect(status).toBe(415);
    });

    it('should refuse with 406 when the caller takes nothing that the route gives', async () => {
      expect(await staff.get('/tasks', { accept: 'image/png' })).toMatchObject(problem(406, 'NOT_ACCEPTABLE'));
      expect((await staff.get('/tasks', { accept: 'image/png, */*;q=0.1' })).status).toBe(200);
    });

    it.each(['%00', '%E0%A4%A', '..%2f', 'f'.repeat(23), 'f'.repeat(25), '😀'])('H10 should refuse the id %s', async (id) => {
      const reply = await staff.get(`/customers/${id}`);
      expect([400, 404]).toContain(reply.status);
      expect(reply.headers['content-type']).toContain('application/problem+json');
    });

    it('N4 should refuse keys that reach for prototypes', async () => {
      for (const body of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}']) {
        expect((await staff.request('POST', '/customers', body, { 'content-type': 'application/json' })).status).toBe(400);
      }
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });

    it('N4 should refuse fields named like what every object has, in bodies and in queries', async () => {
      const customer = { email: 'n4@example.com', full_name: 'N4' };
      expect(await staff.post('/customers', { ...customer, toString: 'x' })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/toString', code: 'UNKNOWN_FIELD' }] },
      });
      expect((await staff.get('/customers?constructor=1')).status).toBe(400);
      expect(await staff.post('/customers', { ...customer, metadata: { constructor: 'x' } })).toMatchObject({
        status: 400,
        body: { errors: [{ code: 'BAD_KEY' }] },
      });
      expect((await staff.post('/customers', { ...customer, metadata: { toString: 'kept' } })).body.metadata).toEqual({ toString: 'kept' });
      expect((await staff.post('/customers', { ...customer, email: 'n5@example.com', metadata: { _bsontype: 'ObjectId' } })).status).toBe(
        400,
      );
    });

    it('should refuse a cursor that was tampered with', async () => {
      const { body } = await staff.post('/customers', { email: 'cursor@example.com', full_name: 'C' });
      await staff.post('/customers', { email: 'cursor2@example.com', full_name: 'C' });
      const { body: page } = await staff.get('/customers?limit=1');
      const [scope, value] = JSON.parse(Buffer.from(page.next_cursor, 'base64url').toString());
      for (const position of [
        [value, 'zzz'],
        [{ d: 1e300 }, body.id],
        [{ v: 'abc' }, body.id],
      ]) {
        const cursor = Buffer.from(JSON.stringify([scope, ...position])).toString('base64url');
        expect(await staff.get(`/customers?limit=1&cursor=${cursor}`)).toMatchObject({ status: 400, body: { code: 'INVALID_CURSOR' } });
      }
    });

    it('should take an Accept header with a charset, and none for an empty reply', async () => {
      expect((await staff.get('/tasks', { accept: 'application/json; charset=utf-8' })).status).toBe(200);
      const { body } = await staff.post('/customers', { email: 'gone@example.com', full_name: 'G' });
      expect(
        (await staff.request('DELETE', `/customers/${body.id}`, '', { accept: 'text/html', 'content-type': 'application/json' })).status,
      ).toBe(204);
    });

    it('should refuse JSON that is not UTF-8, whether it says so or not', async () => {
      const bytes = Buffer.concat([Buffer.from('{"username":"'), Buffer.from([0xff, 0xfe]), Buffer.from('","password":"x"}')]);
      expect((await nobody.request('POST', '/auth/login', bytes, { 'content-type': 'application/json' })).status).toBe(400);
      expect((await nobody.request('POST', '/auth/login', '{}', { 'content-type': 'application/json; charset=utf-7' })).status).toBe(415);
    });

    it.each(['/customers/', '/customers/import/template.csv/'])('should not find %s', async (path) => {
      expect((await staff.get(path)).status).toBe(404);
    });

    it('should answer what is not HTTP with a problem and close', async () => {
      await harness.app.listen(0, '127.0.0.1');
      const { port } = harness.app.getHttpServer().address() as { port: number };
      const malformed = await raw(port, 'GET / HTTP/9.9\r\n\r\n');
      expect(malformed).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
      const conflicting = await raw(
        port,
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      );
      expect(conflicting).toMatch(/^HTTP\/1\.1 400/);
      const headers = await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
      expect(headers).toMatch(/^HTTP\/1\.1 431/);
    });
  });

  describe('queries', () => {
    it.each([
      ['limit=0x10', 400],
      ['limit=1e3', 400],
      ['limit=', 400],
      ['limit=-1', 400],
      ['limit=0', 400],
      ['limit=99999', 200],
      ['limit=10000000000', 200],
      ['limit=999999999999999999999999', 200],
      ['limit=0200', 400],
      ['skip=10000000000', 400],
      ['limit=10&limit=20', 400],
      ['skip=10001', 400],
      ['cursor=', 400],
      ['cursor=nonsense', 400],
      ['include_total=yes', 400],
      ['include_total=false', 200],
      ['unknown=1', 400],
      ['status=sideways', 400],
      ['from=yesterday', 400],
      ['from=2026-02-30T00:00:00Z', 400],
      ['from=2026-11-22T10:00:00%2B07:00', 200],
    ])('H7 should answer GET /tasks?%s with %i', async (query, status) => {
      expect((await staff.get(`/tasks?${query}`)).status).toBe(status);
    });

    it('should refuse a parameter where there is none', async () => {
      expect(await staff.get('/auth/me?verbose=1')).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/verbose', code: 'UNKNOWN_FIELD' }] },
      });
    });
  });

  it('should give every reply a request id, the caller’s where it can be one', async () => {
    expect((await nobody.get('/livez', { 'x-request-id': 'a-request-of-mine' })).headers['x-request-id']).toBe('a-request-of-mine');
    const { headers, body } = await nobody.get('/nowhere', { 'x-request-id': 'bad id\u0001' });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.request_id).toBe(headers['x-request-id']);
  });

  it('H15 should not allow an origin that is not on the list', async () => {
    const { headers } = await nobody.get('/livez', { origin: 'https://evil.example' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  describe('health', () => {
    it.each(['/health', '/health/db', '/health/redis'])('should answer %s in the form of Terminus', async (path) => {
      const reply = await nobody.get(path);
      expect(reply).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' }, body: { status: 'ok', error: {} } });
      expect(Object.keys(reply.body).sort()).toEqual(['details', 'error', 'info', 'status']);
    });

    it.each(['/livez', '/readyz', '/startupz'])('should answer %s', async (path) => {
      expect(await nobody.get(path)).toMatchObject({ status: 200, body: { status: 'ok' } });
    });
  });

  describe('the specification', () => {
    it('should be OpenAPI 3.1 with unique operation ids, a summary, one tag and a schema for each success', () => {
      const ids = operations().map(({ operation }) => operation.operationId);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { operation } of operations()) {
        expect(operation.operationId).toMatch(/^[a-z]+[A-Z][A-Za-z]*$/);
        expect(operation.summary).toMatch(/\S/);
        expect(operation.tags).toHaveLength(1);
        for (const [status, response] of Object.entries(operation.responses)) {
          if (status.startsWith('2')) expect(Object.keys(operation.responses).filter((other) => other.startsWith('2'))).toEqual([status]);
          if (status !== '204')
            expect(Object.values(response.content ?? {}).every(({ schema }) => schema !== undefined) && response.content).toBeTruthy();
        }
      }
    });

    it('Z1 should let nobody in without a token but where it says so', async () => {
      const answers: [string, number][] = [];
      for (const { method, path, operation } of operations()) {
        const url = path.replace(/\{job_id\}/g, '00000000-0000-4000-8000-000000000000').replace(/\{[^}]+\}/g, 'f'.repeat(24));
        const replies: Reply[] = [
          await nobody.request(method, url),
          await nobody.request(method, url, undefined, { authorization: 'Bearer x.y.z' }),
        ];
        for (const { status } of replies)
          answers.push([`${method} ${path} ${operation.security?.length === 0 ? 'public' : 'private'}`, status]);
      }
      const open = answers.filter(([name, status]) => name.endsWith('private') && status !== 401);
      expect(open).toEqual([]);
      expect([...new Set(answers.map(([name]) => name).filter((name) => name.endsWith('public')))].sort()).toEqual([
        'POST /auth/login public',
        'POST /auth/register public',
      ]);
    });

    it('should be served, and so should its pages', async () => {
      expect((await nobody.get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
      expect((await nobody.get('/docs')).status).toBe(200);
      const page = await nobody.get('/redoc');
      expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect((await nobody.get('/redoc/redoc.standalone.js')).text).not.toContain('https://cdn.redoc.ly/redoc/logo-mini.svg');
    });
  });
});
