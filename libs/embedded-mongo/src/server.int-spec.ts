import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'bson';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from './index.js';
import { describeEmbedded, itEmbedded, openServer, refusal, type LiveServer } from './server.fixture-spec.js';

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

describe('handshake and administration', () => {
  it('should answer hello as a writable standalone with MongoDB 7 limits', async () => {
    const hello = await sut.db.command({ hello: 1 });

    expect(hello).toMatchObject({ isWritablePrimary: true, maxBsonObjectSize: 16_777_216, maxWriteBatchSize: 100_000, ok: 1 });
    expect(hello['maxWireVersion']).toBeGreaterThanOrEqual(21);
    expect(hello['setName']).toBeUndefined();
  });

  it('should answer ping, buildInfo and connectionStatus', async () => {
    expect(await sut.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
    expect(await sut.db.command({ buildInfo: 1 })).toMatchObject({ maxBsonObjectSize: 16_777_216, ok: 1 });
    expect(await sut.db.command({ connectionStatus: 1 })).toMatchObject({ authInfo: { authenticatedUsers: [] }, ok: 1 });
  });

  it('should refuse an unknown command by name', async () => {
    expect(await refusal(sut.db.command({ noSuchThing: 1 }))).toEqual({
      code: 59,
      codeName: 'CommandNotFound',
      message: "no such command: 'noSuchThing'",
    });
  });

  it('should refuse an unknown field', async () => {
    expect(await refusal(sut.db.command({ find: 'c', foo: 1 }))).toMatchObject({
      code: 40415,
      message: "BSON field 'find.foo' is an unknown field.",
    });
  });

  it('should refuse a field of a wrong type', async () => {
    expect(await refusal(sut.db.command({ find: 'c', filter: 'x' }))).toMatchObject({ code: 14, codeName: 'TypeMismatch' });
  });

  it('should refuse transactions as a standalone does', async () => {
    const session = sut.client.startSession();
    session.startTransaction();
    const attempt = sut.db.collection('c').insertOne({}, { session });

    await expect(attempt).rejects.toMatchObject({ originalError: { code: 20 } });
    await session.abortTransaction().catch(() => undefined);
    await session.endSession();
  });

  it('should refuse change streams as a standalone does', async () => {
    const stream = sut.db.collection('c').watch();

    expect(await refusal(stream.next())).toMatchObject({ code: 40573 });
    await stream.close();
  });

  it('should not answer unacknowledged writes, and do them', async () => {
    const collection = sut.db.collection('unacknowledged');
    for (let i = 0; i < 20; i++) await collection.insertOne({ i }, { writeConcern: { w: 0 } });
    while ((await collection.countDocuments({})) < 20) await sut.db.command({ ping: 1 });

    expect(await collection.countDocuments({ i: { $gte: 0 } })).toBe(20);
  });

  it('should stop a command at its time limit', async () => {
    const collection = sut.db.collection('slow');
    await collection.insertMany(Array.from({ length: 20_000 }, (_, i) => ({ i, text: 'x'.repeat(100) })));
    const pipeline = [{ $sort: { text: 1, i: -1 } }, { $group: { _id: '$i' } }, { $sort: { _id: 1 } }];

    expect(await refusal(collection.aggregate(pipeline, { maxTimeMS: 1 }).toArray())).toMatchObject({
      code: 50,
      codeName: 'MaxTimeMSExpired',
    });
  });

  it('should list databases, collections and their numbers', async () => {
    await sut.db.createCollection('made');
    await sut.db.collection('made').insertMany([{ a: 1 }, { a: 2 }]);
    const { databases } = await sut.client.db('admin').admin().listDatabases();

    expect(databases.map(({ name }) => name)).toContain(sut.db.databaseName);
    expect(await sut.db.listCollections({ name: 'made' }).toArray()).toMatchObject([
      { name: 'made', type: 'collection', info: { readOnly: false }, idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } },
    ]);
    expect(await sut.db.command({ collStats: 'made' })).toMatchObject({ count: 2, nindexes: 1, ok: 1 });
    expect((await sut.db.stats())['objects']).toBeGreaterThanOrEqual(2);
    expect(await refusal(sut.db.createCollection('made'))).toMatchObject({ code: 48, codeName: 'NamespaceExists' });
    expect(await sut.db.collection('made').drop()).toBe(true);
    expect(await sut.db.listCollections({ name: 'made' }).toArray()).toEqual([]);
  });

  it('should refuse names that are none', async () => {
    expect(await refusal(sut.db.command({ create: '' }))).toMatchObject({ code: 73, codeName: 'InvalidNamespace' });
    expect(await refusal(sut.db.command({ create: 'a$b' }))).toMatchObject({ code: 73 });
  });

  itEmbedded('should refuse what it does not have by name', async () => {
    expect((await refusal(sut.db.createCollection('v', { viewOn: 'made' }))).message).toContain('create.viewOn');
    expect((await refusal(sut.db.collection('c').find({}).collation({ locale: 'vi' }).toArray())).message).toContain('collation');
    expect((await refusal(sut.db.collection('c').find({}).showRecordId(true).toArray())).message).toContain('showRecordId');
  });
});

describeEmbedded('frames', () => {
  const port = (): number => Number(new URL(sut.url).port);

  function opMsg(body: object, flags = 0): Buffer {
    const bytes = serialize(body);
    const frame = Buffer.alloc(21 + bytes.length);
    [frame.length, 7, 0, 2013, flags].forEach((n, i) => frame.writeInt32LE(n, i * 4));
    frame.set(bytes, 21);
    return frame;
  }

  function open(): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect(port(), '127.0.0.1', () => resolve(socket));
      socket.on('error', () => undefined);
    });
  }

  const nextReply = (socket: Socket): Promise<Buffer> => new Promise((resolve) => socket.once('data', resolve));
  const ended = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));
  const bodyOf = (reply: Buffer): object => deserialize(reply.subarray(21));

  const malformed: [string, Buffer][] = [
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0])],
    ['a length over 48,000,000', Buffer.from([0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0])],
    ['an unknown opcode', Buffer.concat([Buffer.from([26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]), Buffer.alloc(10)])],
    ['an unknown required flag', opMsg({ ping: 1, $db: 'admin' }, 1 << 5)],
    [
      'a document longer than its frame',
      (() => {
        const frame = opMsg({ ping: 1, $db: 'admin' });
        frame.writeInt32LE(5_000, 21);
        return frame;
      })(),
    ],
    [
      'a section of unknown kind',
      (() => {
        const frame = opMsg({ ping: 1, $db: 'admin' });
        frame[20] = 9;
        return frame;
      })(),
    ],
    [
      'noise inside the document',
      (() => {
        const frame = opMsg({ ping: 1, $db: 'admin' });
        frame[25] = 0x77;
        return frame;
      })(),
    ],
  ];

  it.each(malformed)('should end only the connection that sends %s', async (_, frame) => {
    const [bad, good] = await Promise.all([open(), open()]);
    const end = ended(bad);
    bad.write(frame);
    await end;
    good.write(opMsg({ ping: 1, $db: 'admin' }));

    expect(bodyOf(await nextReply(good))).toEqual({ ok: 1 });
    good.destroy();
  });

  it('should take a message in single bytes, and several in one chunk', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    for (const byte of opMsg({ ping: 1, $db: 'admin' })) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bodyOf(await nextReply(socket))).toEqual({ ok: 1 });

    socket.write(Buffer.concat([opMsg({ ping: 1, $db: 'admin' }), opMsg({ nope: 1, $db: 'admin' })]));
    const replies: Buffer[] = [];
    while (Buffer.concat(replies).length < 38 + 40) replies.push(await nextReply(socket));
    expect(Buffer.concat(replies).readInt32LE(0)).toBe(38);
    socket.destroy();
  });

  it('should skip a checksum', async () => {
    const socket = await open();
    const frame = Buffer.concat([opMsg({ ping: 1, $db: 'admin' }, 1), Buffer.alloc(4)]);
    frame.writeInt32LE(frame.length, 0);
    socket.write(frame);

    expect(bodyOf(await nextReply(socket))).toEqual({ ok: 1 });
    socket.destroy();
  });

  it('should answer the handshake of old drivers by OP_REPLY', async () => {
    const socket = await open();
    const body = serialize({ isMaster: 1, helloOk: true });
    const frame = Buffer.alloc(39 + body.length);
    [frame.length, 9, 0, 2004, 0].forEach((n, i) => frame.writeInt32LE(n, i * 4));
    frame.write('admin.$cmd\0', 20, 'latin1');
    frame.writeInt32LE(-1, 35);
    frame.set(body, 39);
    socket.write(frame);
    const reply = await nextReply(socket);

    expect(reply.readInt32LE(12)).toBe(1);
    expect(reply.readInt32LE(8)).toBe(9);
    expect(deserialize(reply.subarray(36))).toMatchObject({ ismaster: true, helloOk: true, ok: 1 });
    socket.destroy();
  });

  it('should refuse a document that is not BSON inside an insert, and go on', async () => {
    const socket = await open();
    const inner = Buffer.from(serialize({ _id: 1, nested: { text: 'abc' } }));
    inner.writeInt32LE(900, inner.indexOf('nested') + 7);
    const section = Buffer.concat([Buffer.alloc(4), Buffer.from('documents\0'), inner]);
    section.writeInt32LE(section.length, 0);
    const head = opMsg({ insert: 'broken', $db: sut.db.databaseName });
    const frame = Buffer.concat([head, Buffer.from([1]), section]);
    frame.writeInt32LE(frame.length, 0);
    socket.write(frame);

    expect(bodyOf(await nextReply(socket))).toMatchObject({ n: 0, writeErrors: [{ index: 0, code: 22 }] });
    expect(await sut.db.collection('broken').countDocuments()).toBe(0);
    socket.destroy();
  });

  it('should hold replies back from a client that does not read, and serve the others', async () => {
    await sut.db.collection('big').insertMany(Array.from({ length: 40 }, () => ({ text: 'x'.repeat(1_000_000) })));
    const lazy = await open();
    lazy.pause();
    for (let i = 0; i < 20; i++) lazy.write(opMsg({ find: 'big', $db: sut.db.databaseName }));

    expect(await sut.db.command({ ping: 1 })).toEqual({ ok: 1 });
    expect(await sut.db.collection('big').countDocuments({})).toBe(40);
    lazy.destroy();
  });
});

describeEmbedded('a data folder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-mongo-spec-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('should keep documents, indexes and collections over a close', async () => {
    const first = await startEmbeddedMongo({ dataDir: folder });
    const client = await new MongoClient(first.url).connect();
    const before = client.db('kept').collection('c');
    await before.createIndex({ tags: 1, n: -1 }, { name: 'byTag' });
    await before.insertMany([
      { tags: ['a', 'b'], n: 1 },
      { tags: ['b'], n: 2 },
    ]);
    await client.close();
    await first.close();

    const second = await startEmbeddedMongo({ dataDir: folder });
    const again = await new MongoClient(second.url).connect();
    const after = again.db('kept').collection('c');

    expect((await after.find({ tags: 'b' }).sort({ n: -1 }).toArray()).map(({ n }) => n)).toEqual([2, 1]);
    expect((await after.find({ tags: 'b' }).explain()).queryPlanner.winningPlan.inputStage).toMatchObject({
      indexName: 'byTag',
      isMultiKey: true,
    });
    expect(await after.estimatedDocumentCount()).toBe(2);
    await after.insertOne({ n: 3 });
    expect((await after.find().toArray()).map(({ n }) => n)).toEqual([1, 2, 3]);
    await again.close();
    await second.close();
  });

  it('should refuse a second server', async () => {
    const first = await startEmbeddedMongo({ dataDir: folder });

    await expect(startEmbeddedMongo({ dataDir: folder })).rejects.toThrow(/is in use by another embedded-mongo process/);
    await first.close();
    await (await startEmbeddedMongo({ dataDir: folder })).close();
  });

  it('should refuse a taken port and leave the folder free', async () => {
    const port = Number(new URL(sut.url).port);

    await expect(startEmbeddedMongo({ port, dataDir: folder })).rejects.toThrow(/EADDRINUSE/);
    await (await startEmbeddedMongo({ dataDir: folder })).close();
  });

  it('should remove a temporary folder on close', async () => {
    const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('embedded-mongo-'));
    const before = folders();
    const server = await startEmbeddedMongo();
    const [made] = folders().filter((name) => !before.includes(name));
    await server.close();

    expect(made).toBeDefined();
    expect(folders()).not.toContain(made);
  });
});
