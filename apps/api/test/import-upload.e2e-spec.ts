import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { mongo } from 'mongoose';
import { Harness } from './harness.js';
import { countsOf, endOf, importFile, leftovers, type Counts, type RowError } from './imports.js';
import type { Session } from './session.js';

const MAX_FILE_SIZE = 10_485_760;
const GIGABYTE = 1_073_741_824;
const BOUNDARY = 'xYz';
const FORM = `multipart/form-data; boundary=${BOUNDARY}`;
const END = `--${BOUNDARY}--\r\n`;
const CSV = 'email,full_name\nan.nguyen@example.com,Nguyễn Văn An\n';

const part = (name: string, content: string, fileName?: string, type = 'text/csv'): string =>
  fileName === undefined
    ? `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`
    : `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`;
const GOOD = part('file', CSV, 'a.csv');

const FIRST_COME = {
  'hoa.tran@example.com': { city: 'Đà Nẵng', version: 1 },
  'nam.vo@example.net': { fullName: 'Võ Nam', phone: '0912000002', version: 1 },
  'mai.dang@example.org': { fullName: 'Đặng Mai', version: 1 },
};

/** A file of exactly so many bytes with few rows: most of it stands in a column without a name. */
function fileOf(bytes: number): { content: string; rows: number } {
  const lines = ['email,full_name,'];
  let room = bytes - 'email,full_name,\n'.length;
  for (let at = 0; room > 0; at += 1) {
    const start = `khach.${at}@example.com,Khach ${at},`;
    const line = start + 'x'.repeat(Math.min(9_000, room - start.length - 1));
    lines.push(line);
    room -= line.length + 1;
  }
  return { content: `${lines.join('\n')}\n`, rows: lines.length - 1 };
}

describe('POST /customers/import', () => {
  let harness: Harness;
  let staff: Session;
  let port: number;

  beforeAll(async () => {
    harness = await Harness.start();
    await harness.startWorker();
    staff = await harness.as('admin');
    await harness.app.listen(0, '127.0.0.1');
    port = (harness.app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(() => harness.close());
  beforeEach(() => harness.connection.collection('customers').deleteMany({}));

  /** Sends a form over a socket of its own, as a client would. */
  const send = async (form: string | Buffer, headers: Record<string, string> = {}): Promise<{ status: number; body: any }> => {
    const reply = await fetch(`http://127.0.0.1:${port}/customers/import`, {
      method: 'POST',
      headers: { ...staff.headers, 'content-type': FORM, ...headers },
      body: form,
    });
    return { status: reply.status, body: await reply.json() };
  };
  const stored = async (): Promise<Record<string, any>> => {
    const customers = await harness.connection.collection('customers').find().toArray();
    return Object.fromEntries(customers.map((customer) => [customer['email'], customer]));
  };
  /** What is there once every request has ended: one that was answered early may still have its file. */
  const atRest = async (): Promise<object> => ({ ...(await leftovers(harness)), spooled: 0 });
  /** Waits until nothing is left of a request that ended without a reply. */
  const untilLeft = async (before: object): Promise<void> => {
    while (!isDeepStrictEqual(await leftovers(harness), before)) await sleep(20);
  };

  /** What a socket answers to raw bytes until it is closed; `end`: nothing more will be sent. */
  const answer = (bytes: string, { end = false } = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write(bytes);
      if (end) socket.end();
    });
  const head = (more: string, headers = staff.headers): string =>
    `POST /customers/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers['authorization']}\r\nContent-Type: ${FORM}\r\n${more}\r\n\r\n`;

  /** Sends pieces of a file without an end; gives the status and how many bytes were taken before the connection was cut. */
  const sendEndlessly = (start: string): Promise<{ status: string; taken: number }> =>
    new Promise((resolve) => {
      const piece = 'an.nguyen@example.com,An\n'.repeat(2_000);
      const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
      const socket = connect(port, '127.0.0.1');
      let status = '';
      let taken = 0;
      const push = (): void => {
        while (taken < GIGABYTE && socket.write(chunk(piece))) taken += piece.length;
      };
      socket.on('data', (data) => (status ||= data.toString().split(' ')[1] ?? ''));
      socket.on('error', () => undefined); // cut off while sending
      socket.on('close', () => resolve({ status, taken }));
      socket.on('drain', push);
      socket.write(start + chunk(GOOD.slice(0, -2)));
      push();
    });

  it('C8: should take a file of exactly the limit', async () => {
    const { content, rows } = fileOf(MAX_FILE_SIZE);
    expect(Buffer.byteLength(content)).toBe(MAX_FILE_SIZE);
    const { status, body } = await send(part('file', content, 'a.csv') + END);
    expect(status).toBe(202);
    expect((await endOf(harness, staff, body.job_id)).counts).toEqual(countsOf({ created: rows }));
  });

  it.each([1, MAX_FILE_SIZE])('C8: should refuse a file that is larger by %d bytes', async (more) => {
    const before = await leftovers(harness);
    const form = part('file', fileOf(MAX_FILE_SIZE + more).content, 'a.csv') + END;
    expect(await send(form)).toMatchObject({ status: 413, body: { code: 'UPLOAD_TOO_LARGE' } });
    expect(await leftovers(harness)).toEqual(before);
  });

  it('C8: should refuse at once what is announced as too large', async () => {
    const before = await leftovers(harness);
    const reply = await answer(head(`Content-Length: ${GIGABYTE}\r\nConnection: close`) + GOOD + END);
    expect(reply).toMatch(/^HTTP\/1\.1 413 .*"code":"UPLOAD_TOO_LARGE"/s);
    expect(await leftovers(harness)).toEqual(before);
  });

  it.each([
    ['too short', 100, {}],
    ['too long', 5_000, { end: true }],
  ])('C8: should refuse a form whose announced length is %s', async (_, length, options) => {
    const before = await atRest();
    expect(await answer(head(`Content-Length: ${length}\r\nConnection: close`) + GOOD + END, options)).toMatch(/^HTTP\/1\.1 400 /);
    await untilLeft(before);
  });

  it('C8: should cut off a file without an end at the limit, and at once without a token', async () => {
    const before = await atRest();
    const cut = await sendEndlessly(head('Transfer-Encoding: chunked'));
    expect(cut.status).toBe('413');
    expect(cut.taken).toBeGreaterThan(MAX_FILE_SIZE);
    expect(cut.taken).toBeLessThan(10 * MAX_FILE_SIZE);
    const stranger = await sendEndlessly(head('Transfer-Encoding: chunked', { authorization: 'Bearer x' }));
    expect(stranger.status).toBe('401');
    expect(stranger.taken).toBeLessThan(9 * MAX_FILE_SIZE);
    await untilLeft(before);
  });

  it.each([
    ['data.exe', 'text/csv'],
    ['photo.png', 'image/png'],
    ['customers', 'application/octet-stream'],
  ])('C9: should go by the content of %s, sent as %s', async (name, type) => {
    const { status, body } = await send(part('file', CSV, name, type) + END);
    expect({ status, body }).toMatchObject({ status: 202, body: { file_name: name } });
    expect((await endOf(harness, staff, body.job_id)).counts).toEqual(countsOf({ created: 1 }));
  });

  it.each([
    ['../../x.csv', 'x.csv'],
    ['C:\\\\tmp\\\\x.csv', 'x.csv'],
    ['a\0b.csv', 'ab.csv'],
    ['khách hàng.csv'.normalize('NFC'), 'khách hàng.csv'],
    ['khách hàng.csv'.normalize('NFD'), 'khách hàng.csv'],
    ['\u202egpj.csv', 'gpj.csv'],
    ['\u202e', 'upload.csv'],
    [`${'x'.repeat(5_000)}.csv`, 'x'.repeat(255)],
  ])('C11: should show the file name %# as it is meant, and store none', async (given, shown) => {
    const { status, body } = await send(part('file', CSV, given) + END);
    expect({ status, body }).toMatchObject({ status: 202, body: { file_name: shown } });
    const { task } = await endOf(harness, staff, body.job_id);
    expect(task['parameters']).toMatchObject({ file_name: shown });
    const files = await harness.connection.collection('uploads.files').find({ filename: body.job_id }).toArray();
    expect(files).toHaveLength(1);
    expect(JSON.stringify(files)).not.toContain(shown);
  });

  it.each<[string, string, string, (string | undefined)?]>([
    ['no file', part('on_duplicate', 'skip') + END, 'BAD_UPLOAD'],
    ['nothing', END, 'BAD_UPLOAD'],
    ['two files', GOOD + GOOD + END, 'BAD_UPLOAD'],
    ['another field for the file', part('csv', CSV, 'a.csv') + END, 'BAD_UPLOAD'],
    ['a file without a name', part('file', CSV) + END, 'BAD_UPLOAD'],
    ['an unknown field', GOOD + part('mode', 'fast') + END, 'VALIDATION_FAILED'],
    ['a field twice', part('dry_run', 'true') + part('dry_run', 'false') + GOOD + END, 'VALIDATION_FAILED'],
    ['a bad option', part('on_duplicate', 'replace') + GOOD + END, 'VALIDATION_FAILED'],
    ['an empty option', part('dry_run', '') + GOOD + END, 'VALIDATION_FAILED'],
    ['an endless option', part('on_duplicate', 'skip'.repeat(100)) + GOOD + END, 'VALIDATION_FAILED'],
    ['a field that reaches the prototype', part('__proto__', 'x') + GOOD + END, 'BAD_UPLOAD'],
    ['no end', GOOD, 'BAD_UPLOAD'],
    ['another boundary', GOOD.replaceAll(BOUNDARY, 'other') + END, 'BAD_UPLOAD'],
    ['no boundary', GOOD + END, 'BAD_UPLOAD', 'multipart/form-data'],
  ])('C12: should refuse a form with %s and leave nothing', async (_, form, code, type = FORM) => {
    const before = await leftovers(harness);
    expect(await send(form, { 'content-type': type })).toMatchObject({ status: 400, body: { status: 400, code } });
    expect(await leftovers(harness)).toEqual(before);
  });

  it.each([
    ['application/json', '{}'],
    ['text/csv', CSV],
  ])('C12: should refuse what comes as %s', async (type, body) => {
    expect((await send(body, { 'content-type': type })).status).toBe(415);
  });

  it('C12: should leave nothing of a caller who goes away half-way', async () => {
    const before = await atRest();
    const half = part('file', fileOf(1_000_000).content, 'a.csv');
    const socket = connect(port, '127.0.0.1');
    socket.write(head(`Content-Length: ${2 * half.length}`) + half);
    while ((await leftovers(harness))['spooled'] === 0) await sleep(5);
    socket.destroy();
    await untilLeft(before);
  });

  const DUPLICATES = readFileSync('samples/cases/duplicates.csv');
  const REFUSED: RowError[] = [2, 3, 5, 6].map((row) => [row, 'email', 'DUPLICATE']);

  it.each<[string, Counts, RowError[], object]>([
    [
      'update',
      { created: 2, updated: 2, unchanged: 2 },
      [],
      {
        'hoa.tran@example.com': { phone: '0912000001', city: 'Huế', tags: ['vip'], version: 2 },
        'nam.vo@example.net': { fullName: 'Võ Hoài Nam', phone: '0912000002', city: 'Vinh', version: 1 },
        'mai.dang@example.org': { fullName: 'Đặng Mai', version: 1 },
      },
    ],
    ['skip', { created: 2, skipped: 4 }, [], FIRST_COME],
    ['fail', { created: 2, failed: 4 }, REFUSED, FIRST_COME],
  ])('C13: should %s rows whose e-mail was seen before, and foretell it in a dry run', async (on_duplicate, counts, errors, expected) => {
    const known = { email: 'hoa.tran@example.com', full_name: 'Trần Thị Hoa', city: 'Đà Nẵng', tags: ['vip'] };
    expect((await staff.post('/customers', known)).status).toBe(201);
    const before = await stored();
    const dry = await importFile(harness, staff, DUPLICATES, { fields: { on_duplicate, dry_run: 'true' } });
    expect(dry).toMatchObject({ counts: countsOf(counts), errors });
    expect(await stored()).toEqual(before);
    const wet = await importFile(harness, staff, DUPLICATES, { fields: { on_duplicate } });
    expect(wet).toMatchObject({ counts: countsOf(counts), errors });
    const after = await stored();
    expect(Object.keys(after).sort()).toEqual(Object.keys(expected).sort());
    expect(after).toMatchObject(expected);
  });

  it('C14: should find nothing to do when a file is sent again', async () => {
    const sample = readFileSync('samples/cases/utf8-lf.csv');
    expect((await importFile(harness, staff, sample)).counts).toEqual(countsOf({ created: 3 }));
    const before = await stored();
    expect((await importFile(harness, staff, sample)).counts).toEqual(countsOf({ unchanged: 3 }));
    expect(await stored()).toEqual(before);
  });

  it('C14: should leave no duplicates when a file is sent twice at once', async () => {
    const sample = `email,full_name\n${Array.from({ length: 500 }, (_, at) => `khach.${at}@example.com,Khách ${at}\n`).join('')}`;
    const [one, other] = await Promise.all([importFile(harness, staff, sample), importFile(harness, staff, sample)]);
    expect(one.counts.created + other.counts.created).toBe(500);
    expect(one.counts.unchanged + other.counts.unchanged).toBe(500);
    expect(await harness.connection.collection('customers').countDocuments()).toBe(500);
  });

  it('C15: should report 50,000 bad rows in full, and keep the record of the task small', async () => {
    const rows = Array.from({ length: 50_000 }, (_, at) => `khong-phai-thu-${at},Nguyễn Văn ${at}`);
    const { counts, errors, task, result } = await importFile(harness, staff, ['email,full_name', ...rows].join('\n'));
    expect(counts).toEqual(countsOf({ failed: 50_000 }));
    expect(errors).toEqual(Array.from({ length: 1_000 }, (_, at) => [at + 2, 'email', 'BAD_FORMAT']));
    expect(result['errors'][0]).toMatchObject({ value: 'khong-phai-thu-0', message: expect.stringContaining('e-mail') });
    const report = (await staff.get(result['errors_csv'])).text.split('\r\n');
    expect(report).toHaveLength(50_002);
    expect(report[0]).toBe('\ufeffemail,full_name,row,errors');
    expect(report[50_000]).toMatch(/^khong-phai-thu-49999,Nguyễn Văn 49999,50001,email must be an e-mail address/);
    const record = await harness.connection.collection('tasks').findOne({ jobId: task['job_id'] });
    expect(mongo.BSON.calculateObjectSize(record ?? {})).toBeLessThan(1_000_000);
  });

  it('C15: should take its own report of rejected rows when they are mended', async () => {
    const sample = readFileSync('samples/cases/ragged-rows.csv');
    const { result } = await importFile(harness, staff, sample);
    const report = (await staff.get(result['errors_csv'])).text;
    const mended = report.replace(',ghi chú thừa', '').replace('mot.vo@example.com,', 'mot.vo@example.com,Võ Một');
    expect((await importFile(harness, staff, mended)).counts).toEqual(countsOf({ created: 2 }));
    expect(await stored()).toMatchObject({
      'thua.vo@example.org': { fullName: 'Thừa Một Ô', phone: '0912345678', city: 'Huế', metadata: {} },
      'mot.vo@example.com': { fullName: 'Võ Một', metadata: {} },
    });
  });
});
