import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Types } from 'mongoose';
import { Harness } from './harness.js';
import type { Reply, Session } from './session.js';

const UNKNOWN_ID = '0123456789abcdef01234567';

const customer = (name: string, more: object = {}): object => ({ email: `${name}@example.vn`, full_name: name, ...more });

describe('customers', () => {
  let harness: Harness;
  let admin: Session;
  let spools: string;

  beforeAll(async () => {
    harness = await Harness.start();
    await harness.startWorker();
    admin = await harness.as('admin');
    spools = harness.config.upload.dir;
  });
  afterAll(() => harness.close());
  beforeEach(() => harness.connection.collection('customers').deleteMany({}));

  const add = async (name: string, more: object = {}): Promise<Record<string, any>> => {
    const { status, body } = await admin.post('/customers', customer(name, more));
    expect(status).toBe(201);
    return body;
  };
  const stored = (id: string) => harness.connection.collection('customers').findOne({ _id: new Types.ObjectId(id) });

  describe('POST /customers', () => {
    it('should store a customer with defaults and say where it is', async () => {
      const reply = await admin.post(
        '/customers',
        customer('an', { email: ' AN@Example.VN ', phone: '0912 345 678', metadata: { amount: '275000' } }),
      );
      expect(reply.status).toBe(201);
      expect(reply.headers['location']).toBe(`/customers/${reply.body.id}`);
      expect(reply.body).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        email: 'an@example.vn',
        full_name: 'an',
        phone: '0912 345 678',
        company: null,
        position: null,
        address: null,
        city: null,
        country: null,
        language: 'vi',
        tags: [],
        metadata: { amount: '275000' },
        is_active: true,
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
      });
      expect(await stored(reply.body.id)).toMatchObject({ emailKey: 'an@example.vn', phoneKey: '+84912345678', version: 1 });
    });

    it('should refuse a taken e-mail, whatever its case', async () => {
      await add('an');
      expect(await admin.post('/customers', customer('x', { email: 'AN@example.VN' }))).toMatchObject({
        status: 409,
        body: { code: 'CUSTOMER_EMAIL_TAKEN' },
      });
    });

    it('Z2 N4: should name every fault and store nothing', async () => {
      const body = {
        email: 'x',
        id: UNKNOWN_ID,
        version: 7,
        created_at: 'now',
        tags: 'vip',
        metadata: { a: 1 },
        phone: 12,
        is_active: 'true',
      };
      const reply = await admin.post('/customers', body);
      expect(reply.status).toBe(400);
      const codes = Object.fromEntries(reply.body.errors.map(({ pointer, code }: Record<string, string>) => [pointer, code]));
      expect(codes).toEqual({
        '/email': 'BAD_FORMAT',
        '/full_name': 'REQUIRED',
        '/id': 'UNKNOWN_FIELD',
        '/version': 'UNKNOWN_FIELD',
        '/created_at': 'UNKNOWN_FIELD',
        '/tags': 'WRONG_TYPE',
        '/metadata': 'WRONG_TYPE',
        '/phone': 'WRONG_TYPE',
        '/is_active': 'WRONG_TYPE',
      });
      expect(
        (
          await admin.post('/customers', '{"email":"a@x.vn","full_name":"A","__proto__":{"polluted":1}}', {
            'content-type': 'application/json',
          })
        ).status,
      ).toBe(400);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect(await harness.connection.collection('customers').countDocuments()).toBe(0);
    });

    it('should want a token', async () => {
      expect((await harness.anonymous().post('/customers', customer('an'))).status).toBe(401);
    });
  });

  describe('GET, PUT, PATCH and DELETE /customers/{id}', () => {
    it('should show, replace and change one', async () => {
      const { id } = await add('an', { company: 'FPT', tags: ['vip'], metadata: { a: '1', b: '2' } });
      expect((await admin.get(`/customers/${id}`)).body).toMatchObject({ company: 'FPT', tags: ['vip'] });
      const patched = await admin.patch(
        `/customers/${id}`,
        { company: null, city: 'Huế', metadata: { a: null, c: '3' } },
        { 'content-type': 'application/merge-patch+json' },
      );
      expect(patched).toMatchObject({ status: 200, body: { company: null, city: 'Huế', tags: ['vip'], metadata: { b: '2', c: '3' } } });
      const replaced = await admin.put(`/customers/${id}`, customer('an', { is_active: false }));
      expect(replaced).toMatchObject({ status: 200, body: { city: null, tags: [], metadata: {}, is_active: false } });
      expect(await stored(id)).toMatchObject({ version: 3 });
    });

    it('should replace all of a customer’s own data at once, but not let it grow beyond its limit', async () => {
      const keys = (name: string, value: string | null) =>
        Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${name}${at}`, value]));
      const { id } = await add('an', { metadata: keys('old', 'x') });
      const replaced = await admin.patch(`/customers/${id}`, { metadata: { ...keys('old', null), ...keys('new', 'x') } });
      expect(replaced).toMatchObject({ status: 200, body: { metadata: keys('new', 'x') } });
      expect(await admin.patch(`/customers/${id}`, { metadata: { one: 'more' } })).toMatchObject({ status: 422 });
    });

    it('should refuse what cannot be', async () => {
      const { id } = await add('an');
      await add('be');
      expect(await admin.patch(`/customers/${id}`, { email: 'be@example.vn' })).toMatchObject({ status: 409 });
      expect(await admin.patch(`/customers/${id}`, { email: null })).toMatchObject({ status: 400 });
      expect(await admin.put(`/customers/${id}`, { email: 'an@example.vn' })).toMatchObject({ status: 400 });
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const body = method === 'PUT' ? customer('x') : method === 'PATCH' ? {} : undefined;
        expect(
          await admin.request(
            method,
            `/customers/${UNKNOWN_ID}`,
            body && JSON.stringify(body),
            body && { 'content-type': 'application/json' },
          ),
        ).toMatchObject({ status: 404, body: { code: 'CUSTOMER_NOT_FOUND' } });
        expect(
          (await admin.request(method, '/customers/nonsense', body && JSON.stringify(body), body && { 'content-type': 'application/json' }))
            .status,
        ).toBe(400);
      }
    });

    it('I4 should keep every field when many are changed at once', async () => {
      const { id } = await add('an');
      const keys = Array.from({ length: 20 }, (_, n) => `key${n}`);
      const replies = await Promise.all(keys.map((key) => admin.patch(`/customers/${id}`, { metadata: { [key]: key } })));
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
      expect(Object.keys((await admin.get(`/customers/${id}`)).body.metadata).sort()).toEqual([...keys].sort());
    });

    it('I4 should let one of many replace what all of them read', async () => {
      const { id } = await add('an');
      const { headers } = await admin.get(`/customers/${id}`);
      const ifMatch = { 'if-match': String(headers['etag']) };
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, n) => admin.put(`/customers/${id}`, customer('an', { city: `Huế ${n}` }), ifMatch)),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(412)]);
      const [won] = replies.filter(({ status }) => status === 200);
      expect((await admin.get(`/customers/${id}`)).body.city).toBe(won?.body.city);
    });

    it('should heed If-Match and If-None-Match', async () => {
      const { id } = await add('an');
      const url = `/customers/${id}`;
      expect((await admin.get(url)).headers['etag']).toBe('"v1"');
      const patched = await admin.patch(url, { city: 'Huế' }, { 'if-match': '"v0", "v1"' });
      expect(patched).toMatchObject({ status: 200, headers: { etag: '"v2"' } });
      const stale = { status: 412, body: { code: 'CUSTOMER_CHANGED' } };
      for (const tag of ['"v1"', 'W/"v2"', '"other"', '"v2x"']) {
        expect(await admin.patch(url, { city: 'Hà Nội' }, { 'if-match': tag })).toMatchObject(stale);
        expect(await admin.put(url, customer('an'), { 'if-match': tag })).toMatchObject(stale);
        expect(await admin.request('DELETE', url, undefined, { 'if-match': tag })).toMatchObject(stale);
      }
      for (const tag of ['v2', '2', '', '"v2', '"v2" "v3"']) {
        expect(await admin.patch(url, { city: 'Hà Nội' }, { 'if-match': tag })).toMatchObject({
          status: 400,
          body: { code: 'PRECONDITION_INVALID' },
        });
      }
      for (const tag of ['"v2"', 'W/"v2"', '"x", "v2"', '*']) {
        const unchanged = await admin.get(url, { 'if-none-match': tag });
        expect(unchanged).toMatchObject({ status: 304, text: '', headers: { etag: '"v2"' } });
        expect(await admin.request('HEAD', url, undefined, { 'if-none-match': tag })).toMatchObject({
          status: 304,
          headers: { etag: '"v2"' },
        });
      }
      expect(await admin.get(url, { 'if-none-match': '"v1"' })).toMatchObject({ status: 200, body: { city: 'Huế' } });
      expect((await admin.patch(url, { city: 'Đà Nẵng' }, { 'if-match': '*' })).status).toBe(200);
      expect((await admin.request('DELETE', url, undefined, { 'if-match': '"v3"' })).status).toBe(204);
      expect((await admin.patch(url, { city: 'Huế' }, { 'if-match': '*' })).status).toBe(404);
    });

    it('should erase a customer and free the e-mail', async () => {
      const { id } = await add('an');
      expect((await admin.delete(`/customers/${id}`)).status).toBe(204);
      expect((await admin.get(`/customers/${id}`)).status).toBe(404);
      expect((await admin.get('/customers?search=an')).body.items).toEqual([]);
      await add('an');
    });
  });

  describe('GET /customers', () => {
    const names = ({ body }: Reply): string[] => body.items.map(({ full_name }: { full_name: string }) => full_name);

    it('should search, filter, sort and page', async () => {
      await add('an', { full_name: 'Nguyễn Văn An', phone: '+84912345678', city: 'Huế' });
      await add('be', { full_name: 'Trần Bé', company: 'Sao Mai', tags: ['vip'], is_active: false });
      expect(names(await admin.get('/customers'))).toEqual(['Trần Bé', 'Nguyễn Văn An']);
      expect(names(await admin.get('/customers?sort=full_name'))).toEqual(['Nguyễn Văn An', 'Trần Bé']);
      expect(names(await admin.get('/customers?search=NGUYEN%20v'))).toEqual(['Nguyễn Văn An']);
      expect(names(await admin.get('/customers?search=0912'))).toEqual(['Nguyễn Văn An']);
      expect(names(await admin.get('/customers?is_active=false&tag=vip&company=Sao%20Mai'))).toEqual(['Trần Bé']);
      expect(names(await admin.get(`/customers?city=${encodeURIComponent('Huế'.normalize('NFD'))}`))).toEqual(['Nguyễn Văn An']);
      const first = await admin.get('/customers?limit=1&include_total=true&sort=-email');
      expect(first.body).toMatchObject({ total: 2, next_cursor: expect.any(String) });
      expect(names(await admin.get(`/customers?limit=1&sort=-email&cursor=${first.body.next_cursor}`))).toEqual(['Nguyễn Văn An']);
    });

    it('should walk all pages without repeating or missing anybody while others are added', async () => {
      for (let n = 0; n < 5; n += 1) await add(`page${n}`);
      const seen: string[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null; page += 1) {
        const reply: Reply = await admin.get(`/customers?limit=2${cursor && `&cursor=${cursor}`}`);
        seen.push(...names(reply));
        cursor = reply.body.next_cursor;
        await add(`late${page}`);
      }
      expect(seen).toEqual(['page4', 'page3', 'page2', 'page1', 'page0']);
    });

    it.each(['full_name', '-full_name', 'email', '-email'])('should walk by %s over the longest names and addresses', async (sort) => {
      const wide = (count: number): string => '\u{20000}'.repeat(count);
      for (const tld of ['a', 'b', 'c']) {
        const email = `${wide(32)}@${wide(63)}.${wide(63)}.${wide(63)}.${wide(28)}${tld}`;
        await add(tld, { email, full_name: wide(200) });
      }
      const seen = new Set<string>();
      let cursor: string | null = '';
      while (cursor !== null) {
        const { status, body }: Reply = await admin.get(`/customers?limit=1&sort=${sort}${cursor && `&cursor=${cursor}`}`);
        expect(status).toBe(200);
        seen.add(body.items[0].email.at(-1));
        cursor = body.next_cursor;
      }
      expect([...seen].sort()).toEqual(['a', 'b', 'c']);
    });

    it.each(['full_name', '-full_name', 'email', '-email', 'created_at', '-created_at'])('should sort by %s', async (sort) => {
      for (const name of ['Đỗ', 'An', 'bé', 'Ông', 'an']) await add(name, { email: `${Buffer.from(name).toString('hex')}@example.vn` });
      const { body } = await admin.get(`/customers?sort=${sort}`);
      const values = body.items.map((item: Record<string, string>) => item[sort.replace('-', '')]);
      const ascending = [...values].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(values).toEqual(sort.startsWith('-') ? ascending.reverse() : ascending);
    });

    it.each([
      'sort=',
      'sort=$where',
      'sort=name',
      'limit=0x10',
      'limit=1e3',
      'limit=',
      'limit=-1',
      'skip=10001',
      'is_active=',
      'is_active=1',
      'cursor=',
      'cursor=abc',
      'search=a&search=b',
      'search[$ne]=1',
      'fields=email',
    ])('H7 H9 N2 N3: should refuse ?%s', async (query) => {
      expect((await admin.get(`/customers?${query}`)).status).toBe(400);
    });

    it('N2: should take a pattern for text', async () => {
      await add('an');
      expect(names(await admin.get(`/customers?search=${encodeURIComponent('.*(a+)+$')}`))).toEqual([]);
    });
  });

  describe('GET /customers/export.csv', () => {
    const RAW = {
      full_name: "=cmd|' /C calc'!A0",
      phone: '+84912345678',
      company: 'Sao "Mai", JSC; Huế',
      position: '@SUM(1+1)',
      address: '-1+1',
      tags: ['vip', 'hà nội'],
      metadata: { amount: '275000', note: "'=1\nhai dòng", email: 'x', '=key': '\t=x', row: '7' },
    };

    it('C7: should give what an import takes for the same, guarded against spreadsheets', async () => {
      await add('an', RAW);
      await add('be', { full_name: 'Bé', metadata: { 'số tiền': '1' } });
      const exported = await admin.get('/customers/export.csv');
      expect(exported).toMatchObject({
        status: 200,
        headers: { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="customers.csv"' },
      });
      const [header, ...rows] = exported.text.split('\r\n');
      expect(header).toBe(
        "\ufeffemail,full_name,phone,company,position,address,city,country,language,tags,'=key,amount,metadata.email,note,metadata.row,số tiền",
      );
      expect(rows).toEqual([
        `an@example.vn,'=cmd|' /C calc'!A0,'+84912345678,"Sao ""Mai"", JSC; Huế",'@SUM(1+1),'-1+1,,,vi,vip;hà nội,'=x,275000,x,"''=1\nhai dòng",7,`,
        'be@example.vn,Bé,,,,,,,vi,,,,,,,1',
        '',
      ]);
      const again = await admin.upload('/customers/import', exported.text);
      expect(await harness.untilEnded(admin, again.body.job_id)).toMatchObject({ result: { unchanged: 2, failed: 0 } });
      const before = (await admin.get('/customers')).body.items;
      await harness.connection.collection('customers').deleteMany({});
      const anew = await admin.upload('/customers/import', exported.text);
      expect(await harness.untilEnded(admin, anew.body.job_id)).toMatchObject({ result: { created: 2, failed: 0 } });
      const content = (items: object[]) => items.map((item) => ({ ...item, id: '', created_at: '', updated_at: '' }));
      expect(content((await admin.get('/customers')).body.items)).toEqual(expect.arrayContaining(content(before)));
    });

    it('should heed the filters of the list, and give a header alone where nobody matches', async () => {
      await add('an', { city: 'Huế', tags: ['vip'] });
      await add('be', { city: 'Huế', is_active: false });
      await add('ca', { company: 'Sao Mai' });
      const emails = async (query: string): Promise<string[]> =>
        (await admin.get(`/customers/export.csv?${query}`)).text
          .trim()
          .split('\r\n')
          .slice(1)
          .map((row) => row.split('@')[0] ?? '')
          .sort();
      expect(await emails('')).toEqual(['an', 'be', 'ca']);
      expect(await emails('city=Hu%E1%BA%BF&is_active=true')).toEqual(['an']);
      expect(await emails('search=sao')).toEqual(['ca']);
      expect(await emails('tag=vip')).toEqual(['an']);
      expect(await emails('search=nobody')).toEqual([]);
      for (const query of ['limit=5', 'sort=email', 'is_active=', 'search=a&search=b']) {
        expect((await admin.get(`/customers/export.csv?${query}`)).status).toBe(400);
      }
      expect((await harness.anonymous().get('/customers/export.csv')).status).toBe(401);
    });

    it('should refuse a table of more columns than anybody reads', async () => {
      for (let n = 0; n < 21; n += 1) {
        await add(`wide${n}`, { metadata: Object.fromEntries(Array.from({ length: 50 }, (_, key) => [`key ${n} ${key}`, ''])) });
      }
      expect(await admin.get('/customers/export.csv')).toMatchObject({ status: 422, body: { code: 'EXPORT_TOO_WIDE' } });
    });
  });

  describe('POST /customers/import', () => {
    it('should import the sample, and report its twelve broken rows', async () => {
      const sample = await readFile('samples/customers.vi.csv');
      const { status, body, headers } = await admin.upload('/customers/import', sample, { name: 'khách hàng.csv' });
      expect({ status, body }).toMatchObject({
        status: 202,
        body: { file_name: 'khách hàng.csv', status: 'pending', task_id: body.job_id },
      });
      expect(headers['location']).toBe(`/tasks/${body.job_id}`);
      const task = await harness.untilEnded(admin, body.job_id);
      expect(task).toMatchObject({ status: 'completed', progress: 1, total_items: 1_000, processed_items: 1_000, failed_items: 12 });
      expect(task['result']).toMatchObject({ total_rows: 1_000, created: 988, failed: 12, warnings: [] });
      const errors = task['result'].errors.map(({ row, column, code }: Record<string, unknown>) => [row, column, code]);
      expect(errors).toEqual([
        [83, 'email', 'REQUIRED'],
        [166, 'email', 'BAD_FORMAT'],
        [250, 'email', 'BAD_FORMAT'],
        [333, 'full_name', 'REQUIRED'],
        [416, 'full_name', 'TOO_LONG'],
        [500, 'phone', 'BAD_FORMAT'],
        [583, 'language', 'BAD_FORMAT'],
        [666, 'city', 'TOO_LONG'],
        [750, 'tags', 'TOO_LONG'],
        [833, null, 'TOO_MANY_CELLS'],
        [916, null, 'STRAY_QUOTE'],
        [1000, null, 'UNCLOSED_QUOTE'],
      ]);
      const { body: page } = await admin.get('/customers?sort=created_at&limit=1&include_total=true');
      expect(page).toMatchObject({ total: 988, items: [{ metadata: { amount: '275000', due_date: '2026-12-25' } }] });
      const report = await admin.get(task['result'].errors_csv);
      expect(report.headers['content-type']).toContain('text/csv');
      expect(report.text.trim().split('\r\n')).toHaveLength(13);
      const again = await admin.upload('/customers/import', sample, { fields: { dry_run: 'true' } });
      expect((await harness.untilEnded(admin, again.body.job_id))['result']).toMatchObject({ unchanged: 988, failed: 12 });
      expect(readdirSync(spools)).toEqual([]);
    });

    it('should offer a template that it takes itself', async () => {
      const { text, headers } = await admin.get('/customers/import/template.csv');
      expect(headers['content-type']).toBe('text/csv; charset=utf-8');
      const { status, body } = await admin.upload('/customers/import', text);
      expect(status).toBe(202);
      expect((await harness.untilEnded(admin, body.job_id))['result']).toMatchObject({ created: 1, failed: 0 });
    });

    it('should know no report of an import that never was', async () => {
      expect(await admin.get('/customers/import/01234567-89ab-4cde-8f01-23456789abcd/errors.csv')).toMatchObject({ status: 404 });
      expect((await admin.get('/customers/import/none/errors.csv')).status).toBe(400);
    });
  });
});
