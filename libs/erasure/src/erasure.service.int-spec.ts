import { getConnectionToken } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import { ChatWindow, MessageService } from '@app/chat-memory';
import { ConfigModule, parseConfig } from '@app/config';
import { ConnectionsModule, MongoConnector, REDIS } from '@app/connections';
import { CustomerService } from '@app/customers';
import { FixedClock, startRedis, testDatabase, type TestDatabase, type TestRedis } from '@app/testing';
import type { Redis } from 'ioredis';
import { Types, type Connection } from 'mongoose';
import { ErasureService } from './erasure.service.js';
import { ErasureSweepModule } from './erasure.module.js';
import { ErasureSweeper } from './erasure.sweeper.js';

const EMAIL = 'canary@example.com';
/** In every text that is stored about the person. */
const CANARY = 'canary';

describe(ErasureService.name, () => {
  let database: TestDatabase;
  let server: TestRedis;
  let app: TestingModule;
  let connection: Connection;
  let redis: Redis;
  let customers: CustomerService;
  let messages: MessageService;
  let sut: ErasureService;
  let sweeper: ErasureSweeper;
  let customerId: string;
  const clock = new FixedClock();

  beforeAll(async () => {
    [database, server] = await Promise.all([testDatabase(), startRedis()]);
    const config = parseConfig({ MONGODB_URL: database.url, MONGODB_DATABASE: database.name, REDIS_URL: server.url });
    app = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config, clock), ConnectionsModule.forRoot('work'), ErasureSweepModule],
    }).compile();
    await app.init();
    const connector = app.get(MongoConnector);
    while (!connector.isReady) await new Promise((resolve) => setImmediate(resolve));
    connection = app.get<Connection>(getConnectionToken());
    redis = app.get<Redis>(REDIS);
    customers = app.get(CustomerService);
    messages = app.get(MessageService);
    sut = app.get(ErasureService);
    sweeper = app.get(ErasureSweeper);
  });
  beforeEach(async () => {
    customerId = await person();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all((await stored()).map(({ name }) => connection.collection(name).deleteMany({})));
    await redis.flushall();
  });
  afterAll(async () => {
    await app.close();
    await server.close();
    await database.close();
  });

  /** A customer of whom something is stored in every place that stage by stage comes to know people. */
  async function person(): Promise<string> {
    const { id } = await customers.create({ email: EMAIL, fullName: 'Canary Nguyễn', phone: '0912345678', metadata: { note: CANARY } });
    const _id = new Types.ObjectId(id);
    const now = clock.now();
    const notice = {
      customerId: _id,
      configId: new Types.ObjectId(),
      configVersion: 1,
      notificationType: 'info',
      attempts: 1,
      createdAt: now,
    };
    const text = { data: { code: CANARY }, body: CANARY, fold: CANARY, terms: [CANARY] };
    await connection.collection('notifications').insertMany([
      { ...notice, ...text, jobId: 'job-1', status: 'sent', statusAt: { queued: now, sent: now } },
      { ...notice, ...text, jobId: 'job-2', status: 'sending', statusAt: { queued: now, sending: now } },
    ]);
    const batch = { jobId: 'job-1', attempt: 1, state: 'done', tries: 1, ids: [id] };
    await connection.collection('task_batches').insertMany([
      { ...batch, batch: 0, items: [id] },
      { ...batch, batch: 1, items: [{ customerId: id, data: { code: CANARY } }] },
    ]);
    await connection
      .collection('import_rows')
      .insertOne({ jobId: 'job-0', row: 2, emailKey: EMAIL, raw: [EMAIL, CANARY], errors: [], createdAt: now });
    await connection.collection('idempotency_keys').insertOne({
      scope: 'user POST /customers',
      key: 'key',
      requestHash: 'hash',
      resourceId: id,
      customerId: id,
      token: 'token',
      until: now,
      reply: { status: 201, headers: {}, body: JSON.stringify({ email: EMAIL, note: CANARY }) },
      createdAt: now,
    });
    await deliver(id);
    return id;
  }

  const deliver = (id: string) =>
    messages.deliverNotices([
      {
        notificationId: new Types.ObjectId().toHexString(),
        customerId: id,
        text: CANARY,
        fold: CANARY,
        terms: [CANARY],
        lang: 'vi',
        createdAt: clock.now(),
      },
    ]);

  async function stored(): Promise<{ name: string; documents: string }[]> {
    const collections = await connection.listCollections();
    return Promise.all(
      collections.map(async ({ name }) => ({ name, documents: JSON.stringify(await connection.collection(name).find().toArray()) })),
    );
  }

  /** The collections that still hold the person's texts or id. */
  async function traces(): Promise<string[]> {
    const marks = [CANARY, 'Canary', '912345678', customerId];
    return (await stored()).filter(({ documents }) => marks.some((mark) => documents.includes(mark))).map(({ name }) => name);
  }

  const erasure = () => connection.collection('erasures').findOne();

  it('should leave the person only where the end of the erasure needs them', async () => {
    await sut.erase(customerId);
    expect((await traces()).sort()).toEqual(['customers', 'erasures']);
    await expect(customers.get(customerId)).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND' });
    expect(await erasure()).toMatchObject({
      state: 'erased',
      customerId,
      emailKey: EMAIL,
      counts: { messages: 1, sessions: 1, importRows: 1, notices: 2 },
    });
  });

  it('should leave nothing once it has settled', async () => {
    await sut.erase(customerId);
    clock.advance(5 * 60_000);
    await sweeper.sweep();
    expect(await traces()).toEqual([]);
    expect(await erasure()).toEqual(expect.objectContaining({ state: 'done', subjectHmac: expect.stringMatching(/^[0-9a-f]{64}$/) }));
  });

  it('should keep the lines of the ledger, without the person, and skip what was under way', async () => {
    await sut.erase(customerId);
    const lines = await connection.collection('notifications').find().sort({ jobId: 1 }).toArray();
    expect(lines.map(({ status }) => status)).toEqual(['sent', 'skipped']);
    expect(lines[1]).toMatchObject({ skipReason: 'deleted' });
    expect(lines.every(({ body, data }) => body === undefined && data === undefined)).toBe(true);
  });

  it('should empty the chat windows', async () => {
    const session = await connection.collection('chat_sessions').findOne();
    await app.get(ChatWindow, { strict: false }).read({ customerId, sessionId: String(session?._id) }, 2);
    expect(await redis.keys(`*${customerId}*`)).not.toEqual([]);
    await sut.erase(customerId);
    expect(await redis.keys(`*${customerId}*`)).toEqual([]);
  });

  it('should free the e-mail address at once', async () => {
    await sut.erase(customerId);
    await expect(customers.create({ email: EMAIL, fullName: 'Somebody Else' })).resolves.toMatchObject({ email: EMAIL });
  });

  it('should delete what a late writer left behind it', async () => {
    await sut.erase(customerId);
    await deliver(customerId);
    clock.advance(5 * 60_000);
    await sweeper.sweep();
    expect(await traces()).toEqual([]);
    expect(await erasure()).toMatchObject({ state: 'done' });
  });

  it('should wait until late writers have ended', async () => {
    await sut.erase(customerId);
    clock.advance(5 * 60_000 - 1);
    await sweeper.sweep();
    expect(await erasure()).toMatchObject({ state: 'erased' });
  });

  it.each(['unknown', 'forgotten'])('should refuse an id that is %s', async (kind) => {
    if (kind === 'forgotten') await sut.erase(customerId);
    const id = kind === 'forgotten' ? customerId : new Types.ObjectId().toHexString();
    await expect(sut.erase(id)).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND', kind: 'not-found' });
  });

  it('should forget somebody once when many ask at once', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => sut.erase(customerId)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : []));
    expect(refusals.every((code) => code === 'CUSTOMER_NOT_FOUND')).toBe(true);
    expect(await connection.collection('erasures').countDocuments()).toBe(1);
    expect((await traces()).sort()).toEqual(['customers', 'erasures']);
  });

  describe('with If-Match', () => {
    const change = () => customers.merge(customerId, { city: 'Huế' });
    const markErased = (before: () => Promise<unknown>) => {
      const mark = customers.markErased.bind(customers);
      jest.spyOn(customers, 'markErased').mockImplementationOnce(async (...args) => {
        await before();
        return mark(...args);
      });
    };

    it('should forget a customer at one of the versions', async () => {
      await change();
      await sut.erase(customerId, [1, 2]);
      expect(await erasure()).toMatchObject({ state: 'erased' });
    });

    it('should leave a customer alone who changes after the version was checked', async () => {
      markErased(change);
      await expect(sut.erase(customerId, [1])).rejects.toMatchObject({ code: 'CUSTOMER_CHANGED' });
      expect(await customers.get(customerId)).toMatchObject({ city: 'Huế', version: 2 });
      clock.advance(60_000);
      await sweeper.sweep();
      expect(await erasure()).toBeNull();
    });

    it('should not go on, once cut off, with a customer who has changed since', async () => {
      markErased(() => Promise.reject(new Error('cut off')));
      await expect(sut.erase(customerId, [1])).rejects.toThrow('cut off');
      await change();
      clock.advance(60_000);
      await sweeper.sweep();
      expect(await customers.get(customerId)).toMatchObject({ city: 'Huế' });
      expect(await erasure()).toBeNull();
    });

    it('should not hold up a request without it', async () => {
      markErased(() => Promise.reject(new Error('cut off')));
      await expect(sut.erase(customerId, [1])).rejects.toThrow('cut off');
      await change();
      await sut.erase(customerId);
      expect(await erasure()).toMatchObject({ state: 'erased' });
    });
  });

  describe('when it dies on the way', () => {
    beforeEach(async () => {
      jest.spyOn(messages, 'erase').mockRejectedValueOnce(new Error('cut off'));
      await expect(sut.erase(customerId)).rejects.toThrow('cut off');
      expect(await erasure()).toMatchObject({ state: 'begun' });
    });

    it('should have hidden the customer already', async () => {
      await expect(customers.get(customerId)).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND' });
    });

    it('should go on when asked again', async () => {
      await sut.erase(customerId);
      expect(await erasure()).toMatchObject({ state: 'erased' });
      expect((await traces()).sort()).toEqual(['customers', 'erasures']);
    });

    it('should be finished by the sweep', async () => {
      clock.advance(60_000);
      await sweeper.sweep();
      expect(await erasure()).toMatchObject({ state: 'erased' });
      clock.advance(5 * 60_000);
      await sweeper.sweep();
      expect(await traces()).toEqual([]);
    });
  });
});
