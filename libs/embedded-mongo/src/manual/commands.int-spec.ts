import { Long, type Collection, type Db, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let admin: Db;
let items: Collection;
let next = 0;

const run = (command: Document): Promise<Document> => sut.db.command(command);
const codeOf = async (answer: Promise<unknown>): Promise<unknown> => (await refusal(answer)).code;

beforeAll(async () => {
  sut = await openServer();
  admin = sut.client.db('admin');
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
});

afterAll(() => sut.close());

// https://www.mongodb.com/docs/v7.0/reference/command/hello/
describe('hello', () => {
  it('should answer as a writable standalone with the limits of MongoDB 7', async () => {
    const hello = await run({ hello: 1 });

    expect(hello).toMatchObject({
      isWritablePrimary: true,
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      minWireVersion: 0,
      logicalSessionTimeoutMinutes: 30,
      readOnly: false,
      ok: 1,
    });
    expect(hello['maxWireVersion']).toBeGreaterThanOrEqual(21);
    expect(hello['localTime']).toBeInstanceOf(Date);
    expect(hello).not.toHaveProperty('setName');
  });

  it.each(['isMaster', 'ismaster'])('should answer %s in the words of old', async (name) => {
    expect(await run({ [name]: 1, helloOk: true })).toMatchObject({ ismaster: true, helloOk: true, maxBsonObjectSize: 16_777_216, ok: 1 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/ping/
describe('ping, buildInfo, connectionStatus', () => {
  it('should answer on any database', async () => {
    expect(await run({ ping: 1 })).toEqual({ ok: 1 });
    expect(await admin.command({ ping: 1, comment: 'x' })).toEqual({ ok: 1 });
    const build = await run({ buildInfo: 1 });
    expect(build).toMatchObject({ bits: 64, debug: false, maxBsonObjectSize: 16_777_216, ok: 1 });
    expect(build['version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(build['versionArray']).toHaveLength(4);
    expect(await run({ connectionStatus: 1 })).toMatchObject({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 });
  });

  it('should refuse a time limit below 0', async () => {
    for (const name of ['ping', 'hello', 'buildInfo', 'connectionStatus']) expect(await codeOf(run({ [name]: 1, maxTimeMS: -1 }))).toBe(2);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/endSessions/
describe('endSessions', () => {
  it('should end sessions, known or not', async () => {
    const session = sut.client.startSession();
    await items.insertOne({ a: 1 }, { session });

    expect(await run({ endSessions: [session.id] })).toMatchObject({ ok: 1 });
    expect(await run({ endSessions: [] })).toMatchObject({ ok: 1 });
    expect(await codeOf(run({ endSessions: 'all' }))).toBe(14);
    await session.endSession();
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/setParameter/
describe('setParameter', () => {
  it('should set what it knows, on the admin database only', async () => {
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 50 });

    expect(await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 60 })).toMatchObject({ was: 50, ok: 1 });
    expect(await codeOf(admin.command({ setParameter: 1, noSuchParameter: 1 }))).toBe(72);
    expect(await codeOf(run({ setParameter: 1, ttlMonitorSleepSecs: 60 }))).toBe(13);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/listDatabases/
describe('listDatabases', () => {
  it('should list by name, with sizes unless told otherwise', async () => {
    const name = sut.db.databaseName;
    await items.insertOne({ a: 1 });

    const { databases, totalSize } = await admin.command({ listDatabases: 1, filter: { name } });
    expect(databases).toEqual([{ name, sizeOnDisk: expect.any(Number), empty: false }]);
    expect(totalSize).toBe(databases[0].sizeOnDisk);
    expect(await admin.command({ listDatabases: 1, nameOnly: true, filter: { name } })).toEqual({ databases: [{ name }], ok: 1 });
    expect((await admin.command({ listDatabases: 1, filter: { name: 'no such one' } }))['databases']).toEqual([]);
  });

  it('should refuse other databases, wrong types and unknown fields', async () => {
    expect(await codeOf(run({ listDatabases: 1 }))).toBe(13);
    expect(await codeOf(admin.command({ listDatabases: 1, filter: 'x' }))).toBe(14);
    expect(await codeOf(admin.command({ listDatabases: 1, foo: 1 }))).toBe(40415);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/listCollections/
describe('listCollections', () => {
  it('should describe collections, in batches where asked', async () => {
    const db = sut.client.db(`${sut.db.databaseName}_l`);
    for (const name of ['a', 'b', 'c']) await db.createCollection(name);

    expect(await db.listCollections({ name: 'b' }).toArray()).toMatchObject([
      { name: 'b', type: 'collection', options: {}, info: { readOnly: false }, idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } },
    ]);
    expect(await db.listCollections({ name: /[bc]/ }, { nameOnly: true }).toArray()).toHaveLength(2);
    expect(await db.listCollections({ name: 'a' }, { nameOnly: true }).toArray()).toEqual([{ name: 'a', type: 'collection' }]);
    const { cursor } = await db.command({ listCollections: 1, cursor: { batchSize: 2 } });
    expect(cursor).toMatchObject({ ns: `${db.databaseName}.$cmd.listCollections`, firstBatch: { length: 2 } });
    const more = await db.command({ getMore: Long.fromValue(cursor.id), collection: '$cmd.listCollections' });
    expect([...cursor.firstBatch, ...more['cursor'].nextBatch].map(({ name }) => name as unknown).sort()).toEqual(['a', 'b', 'c']);
    await db.dropDatabase();
    expect(await db.listCollections().toArray()).toEqual([]);
    expect(await codeOf(db.command({ listCollections: 1, filter: 'x' }))).toBe(14);
    expect(await codeOf(db.command({ listCollections: 1, foo: 1 }))).toBe(40415);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/create/
describe('create', () => {
  it('should create, and take no offence where the same is there already', async () => {
    expect(await run({ create: items.collectionName })).toEqual({ ok: 1 });
    // Since 7.0: "If you try to create a collection that already exists and provide identical options, no action is taken and success is returned."
    expect(await run({ create: items.collectionName })).toEqual({ ok: 1 });
    expect(await items.indexes()).toHaveLength(1);
  });

  it('should refuse other options, unknown ones, and names that are none', async () => {
    await sut.db.createCollection(items.collectionName);

    expect(await codeOf(run({ create: items.collectionName, capped: true, size: 4_096 }))).toBe(48);
    expect(await codeOf(run({ create: 'c', foo: 1 }))).toBe(40415);
    for (const name of ['', 'a$b', 'a\0b', '.a']) expect([name, await codeOf(run({ create: name }))]).toEqual([name, 73]);
  });

  itEmbedded('should refuse kinds of collections it does not have by name', async () => {
    for (const options of [{ viewOn: 'c' }, { capped: true, size: 4_096 }, { timeseries: { timeField: 't' } }, { validator: { a: 1 } }]) {
      const { code, message } = await refusal(run({ create: 'x', ...options }));
      expect({ code, message }).toEqual({ code: 238, message: expect.stringContaining(Object.keys(options)[0] as string) });
    }
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/drop/
describe('drop', () => {
  it('should drop a collection with its indexes; one that is not there is no fault', async () => {
    await items.createIndex({ a: 1 });

    expect(await run({ drop: items.collectionName })).toEqual({ nIndexesWas: 2, ns: items.namespace, ok: 1 });
    expect(await sut.db.listCollections({ name: items.collectionName }).toArray()).toEqual([]);
    expect(await run({ drop: items.collectionName })).toMatchObject({ ok: 1 });
    expect(await items.find().toArray()).toEqual([]);
    expect(await codeOf(run({ drop: '' }))).toBe(73);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/dropDatabase/
describe('dropDatabase', () => {
  it('should drop everything in it, and nothing else', async () => {
    const db = sut.client.db(`${sut.db.databaseName}_d`);
    await db.collection('a').insertOne({});
    await items.insertOne({});

    expect(await db.command({ dropDatabase: 1 })).toEqual({ dropped: db.databaseName, ok: 1 });
    expect(await db.listCollections().toArray()).toEqual([]);
    expect(await items.countDocuments()).toBe(1);
    expect(await db.command({ dropDatabase: 1 })).toMatchObject({ ok: 1 });
    expect(await codeOf(db.command({ dropDatabase: 1, foo: 1 }))).toBe(40415);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/collStats/ and dbStats/
describe('collStats and dbStats', () => {
  it('should count documents, bytes and indexes', async () => {
    await items.createIndex({ a: 1 });
    // BSON: 4 length + (1 + 4 + 4) _id + (1 + 2 + 4 + 1001) a + 1 end
    await items.insertMany([1, 2].map((_id) => ({ _id, a: 'x'.repeat(1_000) })) as Document[]);
    const stats = await run({ collStats: items.collectionName });

    expect(stats).toMatchObject({ ns: items.namespace, count: 2, size: 2_044, avgObjSize: 1_022, nindexes: 2, scaleFactor: 1, ok: 1 });
    expect(Object.keys(stats['indexSizes'])).toEqual(['_id_', 'a_1']);
    expect(await run({ collStats: items.collectionName, scale: 1_024 })).toMatchObject({ size: 1, scaleFactor: 1_024 });
    const db = sut.client.db(`${sut.db.databaseName}_s`);
    await db.collection('a').insertOne({});
    expect(await db.stats()).toMatchObject({ db: db.databaseName, collections: 1, views: 0, objects: 1, indexes: 1, dataSize: 22, ok: 1 });
    await db.dropDatabase();
    expect(await db.stats()).toMatchObject({ collections: 0, objects: 0, indexes: 0 });
  });

  it('should know nothing of what is not there, and refuse scales that are none', async () => {
    expect(await run({ collStats: 'nothing' })).toMatchObject({ count: 0, size: 0, nindexes: 0, ok: 1 });
    for (const name of ['collStats', 'dbStats']) {
      expect([name, await codeOf(run({ [name]: 'c', scale: 0 })), await codeOf(run({ [name]: 'c', scale: 'x' }))]).toEqual([
        name,
        51024,
        14,
      ]);
    }
  });
});

// https://www.mongodb.com/docs/v7.0/core/transactions/ and /changeStreams/: "available for replica sets and sharded clusters"
describe('on a standalone', () => {
  it('should refuse transactions', async () => {
    const session = sut.client.startSession();
    session.startTransaction();

    await expect(items.insertOne({}, { session })).rejects.toMatchObject({ originalError: { code: 20 } });
    await session.abortTransaction().catch(() => undefined);
    await session.endSession();
    expect(await codeOf(run({ insert: items.collectionName, documents: [{}], txnNumber: Long.fromNumber(1) }))).toBe(20);
    expect(await items.countDocuments()).toBe(0);
  });

  it('should refuse change streams', async () => {
    for (const stream of [items.watch(), sut.db.watch(), sut.client.watch()]) {
      expect(await codeOf(stream.next())).toBe(40573);
      await stream.close();
    }
  });
});
