import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@app/common';
import { parseConfig } from '@app/config';
import type { TaskPayload } from '@app/jobs';
import { TaskNotFoundError, type TaskContext, type TaskService } from '@app/tasks';
import { FixedClock, testDatabase, type TestDatabase } from '@app/testing';
import { mongo, Types, type Model } from 'mongoose';
import { CustomerRecord, CustomerSchema } from '../customer.schema.js';
import { ErasedEmailRepository } from '../erased-email.repository.js';
import { ErasedEmailRecord, ErasedEmailSchema } from '../erased-email.schema.js';
import { CustomerImportService, type ImportOptions } from './customer-import.service.js';
import { ImportCustomerRepository } from './import-customer.repository.js';
import { ImportRowRepository } from './import-row.repository.js';
import { ImportRowRecord, ImportRowSchema } from './import-row.schema.js';
import { UploadFileRecord, UploadFileSchema } from './upload.schema.js';
import { UploadStore } from './upload.store.js';
import { UploadSweeper } from './upload.sweeper.js';

const ACTOR = { id: '0123456789abcdef01234567', isSuperuser: false };

/** The task's durable record, and a run's hold on it. */
class TaskRecord {
  checkpoint: unknown = null;
  counters = { processed: 0, failed: 0 };
  readonly plans = new Map<number, unknown>();
  constructor(
    readonly jobId: string,
    readonly requestedAt = new Date(0),
    readonly totalItems = 0,
  ) {}
}

class Killed extends Error {}

/** A run that may die at a given step: `die` counts the stores until then. */
class FakeContext implements TaskContext {
  readonly attempt = 1;
  readonly createdBy = ACTOR.id;
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;

  constructor(
    private readonly record: TaskRecord,
    readonly startedAt: Date,
    private die = Infinity,
  ) {}

  get requestedAt(): Date {
    return this.record.requestedAt;
  }
  get totalItems(): number {
    return this.record.totalItems;
  }
  get jobId(): string {
    return this.record.jobId;
  }
  get checkpoint(): unknown {
    return this.record.checkpoint;
  }
  async saveCheckpoint(checkpoint: JsonObject, counters: { processed: number; failed: number }): Promise<void> {
    this.step();
    this.record.checkpoint = JSON.parse(JSON.stringify(checkpoint));
    this.record.counters = counters;
    this.step();
  }
  async savePlan<P>(batch: number, plan: P): Promise<P> {
    this.step();
    if (!this.record.plans.has(batch)) this.record.plans.set(batch, plan);
    this.step();
    return this.record.plans.get(batch) as P;
  }
  throwIfStopped(): void {
    this.signal.throwIfAborted();
  }
  planOf(): never {
    throw new Error('not expected');
  }
  addBatch(): never {
    throw new Error('not expected');
  }
  lastBatch(): never {
    throw new Error('not expected');
  }
  private step(): void {
    if (--this.die < 0) throw new Killed();
  }
}

describe(CustomerImportService.name, () => {
  const clock = new FixedClock();
  let database: TestDatabase;
  let customers: Model<CustomerRecord>;
  let rows: Model<ImportRowRecord>;
  let repository: ImportCustomerRepository;
  let erasedEmails: ErasedEmailRepository;
  let sut: CustomerImportService;
  let dir: string;
  let started: { jobId: string; payload: TaskPayload<'import_customers'>; totalItems: number }[];
  /** What goes wrong when a task is started: before it is recorded, after that, or also when it is asked for. */
  let fault: { at: 'record' | 'reply' | 'all'; error: Error } | undefined;

  beforeAll(async () => {
    database = await testDatabase();
    customers = database.connection.model<CustomerRecord>(CustomerRecord.name, CustomerSchema);
    rows = database.connection.model<ImportRowRecord>(ImportRowRecord.name, ImportRowSchema);
    database.connection.model(UploadFileRecord.name, UploadFileSchema);
    const erased = database.connection.model<ErasedEmailRecord>(ErasedEmailRecord.name, ErasedEmailSchema);
    await database.ensureIndexes();
    dir = await mkdtemp(join(tmpdir(), 'import-spec-'));
    const tasks = {
      start: async (_: string, payload: TaskPayload<'import_customers'>, __: unknown, options: { jobId: string; totalItems: number }) => {
        const known = started.find(({ jobId }) => jobId === options.jobId);
        if (fault && fault.at !== 'reply') throw fault.error;
        if (!known) started.push({ payload, ...options });
        if (fault) throw fault.error;
        return { parameters: known?.payload ?? payload };
      },
      get: async (id: string) => {
        if (fault?.at === 'all') throw fault.error;
        const known = started.find(({ jobId }) => jobId === id);
        if (!known) throw new TaskNotFoundError();
        return { parameters: known.payload };
      },
    } as unknown as TaskService;
    repository = new ImportCustomerRepository(customers, clock);
    erasedEmails = new ErasedEmailRepository(erased, clock, parseConfig({ NODE_ENV: 'test' }));
    sut = new CustomerImportService(
      new UploadStore(database.connection),
      repository,
      erasedEmails,
      new ImportRowRepository(rows, clock),
      tasks,
      clock,
      parseConfig({ NODE_ENV: 'test' }),
    );
  });

  afterAll(async () => {
    await database.close();
    await rm(dir, { recursive: true, force: true });
  });

  beforeEach(async () => {
    started = [];
    fault = undefined;
    await Promise.all([customers.deleteMany({}), rows.deleteMany({}), database.connection.collection('uploads.files').deleteMany({})]);
    for (const name of ['uploads.chunks', 'erased_emails']) await database.connection.collection(name).deleteMany({});
  });

  const upload = async (content: string | Buffer, options: Partial<ImportOptions> = {}) => {
    const path = join(dir, 'spool');
    await writeFile(path, content);
    await sut.start({ path, fileName: 'khách.csv' }, { onDuplicate: 'update', dryRun: false, ...options }, ACTOR);
    const last = started.at(-1);
    if (!last) throw new Error('nothing was started');
    return last;
  };
  const run = async (content: string | Buffer, options: Partial<ImportOptions> = {}) => {
    const { jobId, payload, totalItems } = await upload(content, options);
    const record = new TaskRecord(jobId, undefined, totalItems);
    const result = await sut.run(payload, new FakeContext(record, clock.now()));
    return { jobId, payload, record, result };
  };
  const stored = async (): Promise<object[]> => {
    const all = await customers.find({}, { _id: 0, importMark: 0, importJobId: 0 }).sort({ emailKey: 1 }).lean();
    return all.map((customer) => ({ ...customer, searchTokens: [...customer.searchTokens].sort() }));
  };
  const leftovers = () =>
    Promise.all(['uploads.files', 'uploads.chunks', 'import_rows'].map((name) => database.connection.collection(name).countDocuments()));

  const file = (...lines: string[]): string => `email,full_name,phone,tags,amount\r\n${lines.join('\r\n')}\r\n`;
  const many = (count: number, name = 'Khách'): string[] =>
    Array.from({ length: count }, (_, at) => `c${at}@example.vn,${name} ${at},09123${String(at).padStart(5, '0')},vip;mới,${at}000`);

  it('should import rows, with their own columns as metadata', async () => {
    const { result, record } = await run(
      file('An@Example.vn,Nguyễn Văn An,+84 912 345 678,"vip, hà nội",275000', ',,,,', 'be@example.vn,Bé,,,'),
    );
    expect(result).toMatchObject({ total_rows: 2, created: 2, updated: 0, unchanged: 0, skipped: 0, failed: 0, warnings: [] });
    expect(record.counters).toEqual({ processed: 2, failed: 0 });
    expect(await stored()).toMatchObject([
      {
        email: 'an@example.vn',
        phoneKey: '+84912345678',
        tags: ['vip', 'hà nội'],
        metadata: { amount: '275000' },
        language: 'vi',
        version: 1,
      },
      { email: 'be@example.vn', tags: [], metadata: {}, isActive: true },
    ]);
  });

  it('C13: should treat an e-mail seen before, in the file or stored, by the policy', async () => {
    await run(file('an@x.vn,An,0912345678,vip,1'));
    const again = file('AN@x.vn,An,,,', 'an@x.vn,An,0987654321,mới,', 'be@x.vn,Bé,,,', 'be@x.vn,Bé Bé,,,');
    expect((await run(again, { onDuplicate: 'skip' })).result).toMatchObject({ created: 1, skipped: 3 });
    const failing = await run(again, { onDuplicate: 'fail' });
    expect(failing.result).toMatchObject({ total_rows: 4, created: 0, failed: 4 });
    expect((await sut.errors(failing.jobId, 1))[0]).toMatchObject({ row: 2, column: 'email', code: 'DUPLICATE', value: 'an@x.vn' });
    expect((await run(again)).result).toMatchObject({ total_rows: 4, created: 0, updated: 2, unchanged: 2, skipped: 0, failed: 0 });
    expect(await stored()).toMatchObject([
      { email: 'an@x.vn', phone: '0987654321', tags: ['mới'], metadata: { amount: '1' }, version: 2 },
      { email: 'be@x.vn', fullName: 'Bé Bé', version: 2 },
    ]);
    expect((await run(again)).result).toMatchObject({ updated: 2, unchanged: 2 });
  });

  it('should drop the normalised number when the new one has none', async () => {
    await run(file('an@x.vn,An,0912345678,,'));
    await run(file('an@x.vn,An,123456,,'));
    const [left] = await customers.find().lean();
    expect(left).toMatchObject({ phone: '123456', version: 2 });
    expect(left).not.toHaveProperty('phoneKey');
  });

  it('should update a customer who has every field', async () => {
    const csv = (city: string) =>
      `email,full_name,phone,company,position,address,city,country\nan@x.vn,An,0912345678,FPT,Kế toán,1 Lê Lợi,${city},VN\n`;
    await run(csv('Huế'));
    expect((await run(csv('Vinh'))).result).toMatchObject({ updated: 1 });
    expect(await stored()).toMatchObject([{ phoneKey: '+84912345678', company: 'FPT', city: 'Vinh', version: 2 }]);
  });

  it('should report rejected rows as they were, ready to be mended', async () => {
    const { jobId, result } = await run(file('an@x.vn,An,,,', 'be,"Bé, em",12,,', 'ca@x.vn,"Cả,,,', 'du@x.vn,Du,,,1,more', 'em@x.vn,,,,'));
    expect(result).toMatchObject({ total_rows: 5, created: 1, failed: 4 });
    const errors = await sut.errors(jobId, 1_000);
    expect(errors.map(({ row, column, code }) => [row, column, code])).toEqual([
      [3, 'email', 'BAD_FORMAT'],
      [3, 'phone', 'BAD_FORMAT'],
      [4, null, 'UNCLOSED_QUOTE'],
      [5, null, 'TOO_MANY_CELLS'],
      [6, 'full_name', 'REQUIRED'],
    ]);
    const csv = (await (await sut.errorsCsv(jobId)).toArray()).join('');
    expect(csv.split('\r\n').map((line) => line.split(',').slice(0, 2).join(','))).toEqual([
      '\ufeffemail,full_name',
      'be,"Bé',
      'ca@x.vn,"""Cả"',
      'du@x.vn,Du',
      'em@x.vn,',
      '',
    ]);
    const mended = await run(
      csv
        .replace('be,', 'be@x.vn,')
        .replace(',12,', ',123456,')
        .replace('"""Cả"', 'Cả')
        .replace(',more', '')
        .replace('em@x.vn,', 'em@x.vn,Em'),
    );
    expect(mended.result).toMatchObject({ total_rows: 4, created: 4, failed: 0 });
    expect((await customers.findOne({ emailKey: 'be@x.vn' }).lean())?.metadata).toEqual({});
    expect((await (await sut.errorsCsv(mended.jobId)).toArray()).join('')).toBe('\ufeffemail,full_name,phone,tags,amount,row,errors\r\n');
    await expect(sut.errorsCsv('none')).rejects.toMatchObject({ code: 'IMPORT_NOT_FOUND' });
    expect(await sut.eraseRows('du@x.vn')).toBe(1);
  });

  it('should warn of names that lost letters before the file was made, also when a run was cut short', async () => {
    const names = many(1_100).map((line, at) => (at % 500 === 7 ? line.replace('Khách', 'Kh?ch') : line));
    const text = file(...names, 'x@example.vn,Lê C?,,,', 'y@example.vn,Ai ? Không,,,');
    const { jobId, payload } = await upload(text);
    const record = new TaskRecord(jobId);
    await expect(sut.run(payload, new FakeContext(record, clock.now(), 5))).rejects.toThrow(Killed);
    const { warnings } = await sut.run(payload, new FakeContext(record, clock.now()));
    expect(warnings).toEqual([{ code: 'LOST_LETTERS', message: expect.stringContaining('CSV UTF-8'), rows: 4 }]);
  });

  it('should say in a dry run what would happen, and write no customer', async () => {
    const text = file(...many(1_500), 'c0@example.vn,Khách 0,,,', 'c1@example.vn,Other,,,', 'bad,,,,');
    await run(file('c5@example.vn,Khách 5,,,'));
    const before = await stored();
    const dry = await run(text, { dryRun: true });
    expect(await stored()).toEqual(before);
    const wet = await run(text);
    const counts = { total_rows: 1_503, created: 1_499, updated: 2, unchanged: 1, skipped: 0, failed: 1 };
    expect(dry.result).toMatchObject(counts);
    expect(wet.result).toMatchObject(counts);
  });

  it('should remember in a dry run what it imagined of a file that is read in parts', async () => {
    const rows = 110_000;
    const tiny = Array.from({ length: rows }, (_, at) => `${at}@x.vn,A`);
    const { result, record, jobId } = await run(
      `email,full_name\n${[...tiny, 'bad,A', ...tiny.slice(0, 5), ...tiny.slice(5, 12).map((line) => `${line}n`)].join('\n')}\n`,
      { dryRun: true },
    );
    const counts = { total_rows: rows + 13, created: rows, unchanged: 5, updated: 7, skipped: 0, failed: 1 };
    expect(result).toMatchObject(counts);
    expect(record.counters).toEqual({ processed: rows + 13, failed: 1 });
    expect((await sut.errors(jobId, 10)).map(({ row }) => row)).toEqual([rows + 2]);
    expect(await customers.countDocuments()).toBe(0);
  }, 60_000);

  it('Q5: should end the same wherever a run dies', async () => {
    const before = file(...many(50, 'Cũ'));
    const text = file(...many(1_050), 'c7@example.vn,Khách bảy,,,', 'bad,,,,', 'd@example.vn,Mới,,,', 'd@example.vn,Mới,,,');
    await run(before);
    const { result: unbroken } = await run(text);
    const expected = await stored();
    for (let die = 0; die < 8; die++) {
      await customers.deleteMany({});
      await run(before);
      const { jobId, payload } = await upload(text);
      const record = new TaskRecord(jobId);
      await expect(sut.run(payload, new FakeContext(record, clock.now(), die))).rejects.toThrow(Killed);
      expect(await sut.run(payload, new FakeContext(record, clock.now()))).toEqual({ ...unbroken, errors_csv: expect.any(String) });
      expect(await stored()).toEqual(expected);
      expect(await rows.countDocuments({ jobId, row: { $gt: 0 } })).toBe(1);
    }
  });

  it('I5: should neither undo a change nor bring back a deleted customer when a batch is repeated', async () => {
    const { jobId, payload } = await upload(file('an@x.vn,An,,,', 'be@x.vn,Bé,,,', 'ca@x.vn,Cả,,,', 'du@x.vn,Du,,,'));
    await run(file('ca@x.vn,Cũ,,,', 'du@x.vn,Cũ,,,'));
    const record = new TaskRecord(jobId);
    const write = repository.write.bind(repository);
    const writing = jest.spyOn(repository, 'write').mockImplementationOnce(async function* (writes, mark) {
      for await (const _ of write(writes.slice(0, 2), mark));
      throw new Killed();
    });
    await expect(sut.run(payload, new FakeContext(record, clock.now()))).rejects.toThrow(Killed);
    writing.mockRestore();
    await customers.updateOne({ emailKey: 'an@x.vn' }, { $set: { city: 'Huế' }, $inc: { version: 1 } });
    await customers.updateOne({ emailKey: 'be@x.vn' }, { $set: { erasedAt: clock.now() }, $unset: { emailKey: 1 }, $inc: { version: 1 } });
    await customers.updateOne({ emailKey: 'ca@x.vn' }, { $set: { city: 'Đà Nẵng' }, $inc: { version: 1 } });
    await customers.updateOne({ emailKey: 'du@x.vn' }, { $set: { erasedAt: clock.now() }, $unset: { emailKey: 1 }, $inc: { version: 1 } });
    expect(await sut.run(payload, new FakeContext(record, clock.now()))).toMatchObject({ created: 1, updated: 1, skipped: 2, failed: 0 });
    const left = await customers
      .find({ emailKey: { $exists: true } })
      .sort({ emailKey: 1 })
      .lean();
    expect(left).toMatchObject([
      { email: 'an@x.vn', fullName: 'An', city: 'Huế' },
      { email: 'ca@x.vn', fullName: 'Cả', city: 'Đà Nẵng' },
    ]);
  });

  it('I5: should not bring back somebody who was erased after the file was sent', async () => {
    const requestedAt = clock.now();
    const text = file('an@x.vn,An,,,', 'be@x.vn,Bé,,,', 'BE@x.vn,Bé,,,', 'ca@x.vn,Cả,,,');
    await erasedEmails.remember('ca@x.vn');
    clock.advance(1_000);
    await erasedEmails.remember('be@x.vn');
    const imported = async (dryRun: boolean, at: Date) => {
      const { jobId, payload } = await upload(text, { dryRun });
      return sut.run(payload, new FakeContext(new TaskRecord(jobId, at), clock.now()));
    };
    const later = new Date(requestedAt.getTime() + 1);
    for (const dryRun of [true, false]) expect(await imported(dryRun, later)).toMatchObject({ created: 2, skipped: 2, failed: 0 });
    expect(await stored()).toMatchObject([{ email: 'an@x.vn' }, { email: 'ca@x.vn' }]);
    clock.advance(1_000);
    expect(await imported(false, clock.now())).toMatchObject({ created: 1, unchanged: 3 });
  });

  it('Q9: should not write a batch over a later one when a worker wakes that slept in it', async () => {
    await run(file('c0@example.vn,Trước,,,'));
    const { jobId, payload } = await upload(file('c0@example.vn,Một,,,', 'd@example.vn,Một,,,', ...many(1_010), 'd@example.vn,Hai,,,'));
    const record = new TaskRecord(jobId);
    const asleep = new FakeContext(record, clock.now());
    asleep.savePlan = async (batch, plan) => {
      const kept = await FakeContext.prototype.savePlan.call(asleep, batch, plan);
      await sut.run(payload, new FakeContext(record, clock.now()));
      asleep.saveCheckpoint = () => Promise.reject(new Killed());
      return kept as typeof plan;
    };
    const awake = sut.run(payload, asleep);
    await expect(awake).rejects.toThrow(Killed);
    expect(await customers.find({ emailKey: { $in: ['c0@example.vn', 'd@example.vn'] } }, { _id: 0, fullName: 1 }).lean()).toEqual([
      { fullName: 'Khách 0' },
      { fullName: 'Hai' },
    ]);
  });

  it.each([true, false])('I5: should keep no rejected row of somebody who was erased since (dry run: %s)', async (dryRun) => {
    const { jobId, payload } = await upload(file('an@x.vn,An,12,,', 'be@x.vn,Bé,12,,', 'BE@x.vn,,,,', ',Bé,,,'), { dryRun });
    await erasedEmails.remember('be@x.vn');
    const result = await sut.run(payload, new FakeContext(new TaskRecord(jobId), clock.now()));
    expect(result).toMatchObject({ total_rows: 4, skipped: 2, failed: 2 });
    expect((await sut.errors(jobId, 10)).map(({ row }) => row)).toEqual([2, 5]);
    expect(await rows.countDocuments({ jobId, emailKey: 'be@x.vn' })).toBe(0);
  });

  it('I5: should keep no duplicate row of somebody who was erased before a batch is repeated', async () => {
    await run(file('an@x.vn,An,,,', 'be@x.vn,Bé,,,'));
    const { jobId, payload } = await upload(file('an@x.vn,An,,,', 'be@x.vn,Bé,,,'), { onDuplicate: 'fail' });
    const record = new TaskRecord(jobId);
    await expect(sut.run(payload, new FakeContext(record, clock.now(), 1))).rejects.toThrow(Killed);
    expect(record.plans.size).toBe(1);
    await customers.updateOne({ emailKey: 'be@x.vn' }, { $set: { erasedAt: clock.now() }, $unset: { emailKey: 1 }, $inc: { version: 1 } });
    await erasedEmails.remember('be@x.vn');
    expect(await sut.run(payload, new FakeContext(record, clock.now()))).toMatchObject({ skipped: 1, failed: 1 });
    expect((await sut.errors(jobId, 10)).map(({ row }) => row)).toEqual([2]);
  });

  it('should stop inside a batch, say how far it came, and end the same later', async () => {
    const { jobId, payload } = await upload(file(...many(1_500)));
    const record = new TaskRecord(jobId);
    const stopped = new FakeContext(record, clock.now());
    const write = repository.write.bind(repository);
    const writing = jest.spyOn(repository, 'write').mockImplementationOnce(async function* (writes, mark) {
      for await (const slice of write(writes, mark)) {
        stopped.controller.abort(new Error('cancelled'));
        yield slice;
      }
    });
    await expect(sut.run(payload, stopped)).rejects.toThrow('cancelled');
    writing.mockRestore();
    expect(await customers.countDocuments()).toBe(250);
    expect(record.counters).toEqual({ processed: 250, failed: 0 });
    expect(await sut.run(payload, new FakeContext(record, clock.now()))).toMatchObject({ created: 1_500, updated: 0, unchanged: 0 });
  });

  it('should count what a stopped batch has written, though one of its customers was changed meanwhile', async () => {
    await run(file(...many(20, 'Cũ')));
    const { jobId, payload } = await upload(file(...many(20), 'd@example.vn,Mới,,,'));
    const record = new TaskRecord(jobId);
    const stopped = new FakeContext(record, clock.now());
    const write = repository.write.bind(repository);
    const writing = jest.spyOn(repository, 'write').mockImplementationOnce(async function* (writes, mark) {
      await customers.updateOne({ emailKey: 'c3@example.vn' }, { $set: { city: 'Huế' }, $inc: { version: 1 } });
      yield* write(writes, mark);
      stopped.controller.abort(new Error('cancelled'));
    });
    await expect(sut.run(payload, stopped)).rejects.toThrow('cancelled');
    writing.mockRestore();
    expect(await customers.countDocuments({ fullName: /^(Khách|Mới)/ })).toBe(20);
    expect(record.counters).toEqual({ processed: 20, failed: 0 });
    expect(await sut.run(payload, new FakeContext(record, clock.now()))).toMatchObject({ created: 1, updated: 20 });
  });

  it('should count what an earlier run has written of a batch that is stopped', async () => {
    const { jobId, payload } = await upload(file(...many(700)));
    const record = new TaskRecord(jobId);
    const write = repository.write.bind(repository);
    const writing = jest.spyOn(repository, 'write').mockImplementationOnce(async function* (writes, mark) {
      for await (const _ of write(writes.slice(0, 300), mark));
      throw new Killed();
    });
    await expect(sut.run(payload, new FakeContext(record, clock.now()))).rejects.toThrow(Killed);
    const stopped = new FakeContext(record, clock.now());
    writing.mockImplementationOnce(async function* (writes, mark) {
      for await (const slice of write(writes, mark)) {
        stopped.controller.abort(new Error('cancelled'));
        yield slice;
      }
    });
    await expect(sut.run(payload, stopped)).rejects.toThrow('cancelled');
    writing.mockRestore();
    expect(await customers.countDocuments()).toBe(550);
    expect(record.counters).toEqual({ processed: 550, failed: 0 });
  });

  it('should decide anew when another writer was faster', async () => {
    await run(file('an@x.vn,An,,,'));
    const write = repository.write.bind(repository);
    const racing = jest.spyOn(repository, 'write').mockImplementationOnce(async function* (writes, mark) {
      await customers.updateOne({ emailKey: 'an@x.vn' }, { $set: { city: 'Huế' }, $inc: { version: 1 } });
      for await (const _ of write([{ ...writes[1]!, id: 'ffffffffffffffffffffffff' }], { jobId: 'other', batch: 0 }));
      yield* write(writes, mark);
    });
    const { result } = await run(file('an@x.vn,An An,,,', 'be@x.vn,Bé,,,'));
    racing.mockRestore();
    expect(result).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
    expect(await stored()).toMatchObject([
      { email: 'an@x.vn', fullName: 'An An', city: 'Huế', version: 3 },
      { email: 'be@x.vn', version: 1 },
    ]);
  });

  it('should stop between steps when it is told to, and go on later', async () => {
    const { jobId, payload } = await upload(file(...many(2_500)));
    const record = new TaskRecord(jobId);
    const stopped = new FakeContext(record, clock.now());
    const save = stopped.saveCheckpoint.bind(stopped);
    stopped.saveCheckpoint = async (...saved) => {
      await save(...saved);
      stopped.controller.abort(new Error('cancelled'));
    };
    await expect(sut.run(payload, stopped)).rejects.toThrow('cancelled');
    expect(await customers.countDocuments()).toBe(1_000);
    expect(record.counters).toEqual({ processed: 1_000, failed: 0 });
    expect(await sut.run(payload, new FakeContext(record, clock.now()))).toMatchObject({ created: 2_500 });
  });

  it('should not take the beginning of a header for a file format', async () => {
    const { totalItems } = await upload('BM,email,full_name\n1,a@x.vn,An\n');
    expect(totalItems).toBe(1);
  });

  it('should leave no file when the task cannot be recorded', async () => {
    fault = { at: 'record', error: new Error('no record') };
    await expect(upload(file('an@x.vn,An,,,'))).rejects.toThrow('no record');
    expect((await leftovers()).slice(0, 2)).toEqual([0, 0]);
  });

  it('should have started an import that was recorded, though the reply was lost', async () => {
    fault = { at: 'reply', error: new Error('cut off') };
    const { jobId, payload } = await upload(file('an@x.vn,An,,,'));
    expect(await sut.run(payload, new FakeContext(new TaskRecord(jobId), clock.now()))).toMatchObject({ created: 1 });
    await expect(sut.errorsCsv(jobId)).resolves.toBeDefined();
  });

  it.each(['record', 'reply'] as const)('should leave what an earlier try started alone when the %s of another fails', async (at) => {
    const { jobId, payload } = await upload(file('an@x.vn,An,,,'), { jobId: 'promised' });
    fault = { at, error: new Error('cut off') };
    await upload(file('an@x.vn,An,,,'), { jobId });
    expect(await leftovers()).toEqual([1, 1, 1]);
    expect(await sut.run(payload, new FakeContext(new TaskRecord(jobId), clock.now()))).toMatchObject({ created: 1 });
    await expect(sut.errorsCsv(jobId)).resolves.toBeDefined();
  });

  it.each([
    { at: 'all', error: new Error('no answer') },
    { at: 'record', error: new mongo.MongoNetworkError('it may be on its way') },
  ] as const)(
    'should leave an upload to the sweeper when it cannot tell whether the task is recorded ($error.message)',
    async (unclear) => {
      fault = unclear;
      await expect(upload(file('an@x.vn,An,,,'))).rejects.toBe(unclear.error);
      expect(await leftovers()).toEqual([1, 1, 1]);
    },
  );

  it('should say that the file is gone when it is', async () => {
    const { payload, jobId } = await upload(file('an@x.vn,An,,,'));
    await database.connection.collection('uploads.files').deleteMany({});
    await expect(sut.run(payload, new FakeContext(new TaskRecord(jobId), clock.now()))).rejects.toMatchObject({ code: 'UPLOAD_GONE' });
  });

  it.each(['in its middle', 'at its end'])('should not take a stored file that lost bytes %s for the whole', async (where) => {
    const { payload, jobId } = await upload(file(...many(1_500, 'Khách'.padEnd(190, '.')), ...many(6_000)));
    const chunks = database.connection.collection('uploads.chunks');
    const count = await chunks.countDocuments();
    expect(count).toBeGreaterThanOrEqual(3);
    await chunks.deleteOne({ n: where === 'at its end' ? count - 1 : 1 });
    const running = sut.run(payload, new FakeContext(new TaskRecord(jobId), clock.now()));
    await expect(running).rejects.toMatchObject({ code: 'UPLOAD_GONE' });
  });

  it('should read a file of many parts whole', async () => {
    const name = 'Khách'.padEnd(190, '.');
    const { result } = await run(file(...many(9_000, name)), { dryRun: true });
    expect(await database.connection.collection('uploads.chunks').countDocuments()).toBeGreaterThan(8);
    expect(result).toMatchObject({ total_rows: 9_000, created: 9_000 });
  });

  it('should keep an upload until a day after its import has ended', async () => {
    const DAY = 86_400_000;
    const names = ['running', 'just ended', 'ended', 'unknown'];
    const jobs = new Map<string, string>();
    for (const name of names) jobs.set((await upload(file('an@x.vn,An,,,'))).jobId, name);
    const now = new FixedClock(new Date(Date.now() + 2 * DAY));
    const completedAt = { running: null, 'just ended': now.now(), ended: new Date(now.now().getTime() - DAY) } as Record<
      string,
      Date | null
    >;
    const tasks = {
      get: async (jobId: string) => {
        const name = jobs.get(jobId) ?? '';
        if (!(name in completedAt)) throw new TaskNotFoundError();
        return { completedAt: completedAt[name] };
      },
    } as unknown as TaskService;
    await new UploadSweeper(new UploadStore(database.connection), tasks, new FixedClock(new Date())).sweep();
    expect(await database.connection.collection('uploads.files').countDocuments()).toBe(4);
    const chunks = database.connection.collection('uploads.chunks');
    const cutOff = (at: Date) => ({ files_id: Types.ObjectId.createFromTime(at.getTime() / 1_000), n: 0, data: Buffer.from('x') });
    await chunks.insertMany([cutOff(new Date()), cutOff(now.now())]);
    await new UploadSweeper(new UploadStore(database.connection), tasks, now).sweep();
    const left = await database.connection.collection('uploads.files').find().toArray();
    expect(left.map(({ filename }) => jobs.get(String(filename))).sort()).toEqual(['just ended', 'running']);
    expect(await chunks.countDocuments()).toBe(3);
  });
});
