import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
