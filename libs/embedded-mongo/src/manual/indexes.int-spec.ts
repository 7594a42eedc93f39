import { Long, type Collection, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let items: Collection;
let name: string;
let next = 0;

const run = (command: Document): Promise<Document> => sut.db.command(command);
const create = (key: Document, options: Document = {}): Promise<Document> =>
  run({ createIndexes: name, indexes: [{ key, name: JSON.stringify(key), ...options }] });
const codeOf = async (answer: Promise<unknown>): Promise<unknown> => (await refusal(answer)).code;

beforeAll(async () => {
  sut = await openServer();
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
  name = items.collectionName;
});

afterAll(() => sut.close());

// https://www.mongodb.com/docs/v7.0/reference/command/createIndexes/
describe('createIndexes', () => {
  it('should create collection and index, and answer the same request again', async () => {
    const created = { numIndexesBefore: 1, numIndexesAfter: 2, createdCollectionAutomatically: true, ok: 1 };

    expect(await create({ a: 1, b: -1 }, { unique: true, sparse: true })).toEqual(created);
    expect(await create({ a: 1, b: -1 }, { unique: true, sparse: true })).toMatchObject({
      numIndexesBefore: 2,
      numIndexesAfter: 2,
      note: 'all indexes already exist',
    });
    expect(await create({ _id: 1 }, { name: '_id_' })).toMatchObject({ numIndexesAfter: 2 });
    const several = [
      { key: { c: 1 }, name: 'c' },
      { key: { 'd.e': -1, 'd.f': 1 }, name: 'd' },
    ];
    expect(await run({ createIndexes: name, indexes: several })).toMatchObject({ numIndexesBefore: 2, numIndexesAfter: 4 });
    expect(await items.createIndex({ x: 1, 'y.z': -1 })).toBe('x_1_y.z_-1');
  });

  it('should keep each option as it was given', async () => {
    const partialFilterExpression = { $and: [{ a: { $gt: 5, $lte: 9 } }, { b: { $exists: true } }, { c: { $type: 'string' } }] };
    await create({ u: 1 }, { unique: true });
    await create({ s: 1 }, { sparse: true });
    await create({ t: 1 }, { expireAfterSeconds: 3_600 });
    await create({ p: -1 }, { partialFilterExpression, unique: true });

    expect(await items.indexes()).toEqual([
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { u: 1 }, name: '{"u":1}', unique: true },
      { v: 2, key: { s: 1 }, name: '{"s":1}', sparse: true },
      { v: 2, key: { t: 1 }, name: '{"t":1}', expireAfterSeconds: 3_600 },
      { v: 2, key: { p: -1 }, name: '{"p":-1}', partialFilterExpression, unique: true },
    ]);
  });

  it('should refuse names and keys that are taken for something else', async () => {
    await create({ a: 1 }, { name: 'one', expireAfterSeconds: 5 });

    expect(await refusal(create({ b: 1 }, { name: 'one' }))).toMatchObject({ code: 86, codeName: 'IndexKeySpecsConflict' });
    expect(await codeOf(create({ a: -1 }, { name: 'one' }))).toBe(86);
    expect(await codeOf(create({ a: 1 }, { name: 'one', unique: true }))).toBe(86);
    expect(await refusal(create({ a: 1 }, { name: 'two', expireAfterSeconds: 5 }))).toMatchObject({
      code: 85,
      codeName: 'IndexOptionsConflict',
      message: 'Index already exists with a different name: one',
    });
    expect(await codeOf(create({ a: 1 }, { name: 'one', expireAfterSeconds: 6 }))).toBe(85);
    expect(await codeOf(create({ a: 1 }, { name: 'two', expireAfterSeconds: 6 }))).toBe(85);
    // "Multiple partial indexes, and unique and sparse ones, on the same key pattern are allowed."
    await create({ a: 1 }, { name: 'unique', unique: true });
    await create({ a: 1 }, { name: 'sparse', sparse: true });
    await create({ a: 1 }, { name: 'partial', partialFilterExpression: { b: 1 } });
    expect(await items.indexes()).toHaveLength(5);
  });

  it('should refuse what cannot be an index', async () => {
    const refusals: [number, Document, Document?][] = [
      [67, { a: 0 }],
      [67, { a: true }],
      [67, {}],
      [67, { 'a..b': 1 }],
      [67, { $a: 1 }],
      [67, { a: 1, b: 1 }, { expireAfterSeconds: 5 }],
      [67, { a: 1 }, { expireAfterSeconds: -1 }],
      [67, { a: 1 }, { partialFilterExpression: { a: { $ne: 1 } } }],
      [67, { a: 1 }, { partialFilterExpression: { a: { $exists: false } } }],
      [67, { a: 1 }, { partialFilterExpression: { a: /x/ } }],
      [67, { a: 1 }, { partialFilterExpression: { a: 1 }, sparse: true }],
      [197, { a: 1 }, { nonsense: 1 }],
      [197, { _id: 1 }, { unique: true, name: '_id_' }],
      [13103, Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, 1])), { name: 'many' }],
    ];

    const answers: unknown[] = [];
    for (const [, key, options] of refusals)
      answers.push(
        await create(key, options).then(
          () => 'created',
          ({ code }) => [code, key, options],
        ),
      );
    expect(answers).toEqual(refusals.map(([code, key, options]) => [code, key, options]));
    expect(await codeOf(run({ createIndexes: name, indexes: [] }))).toBe(2);
    expect(await codeOf(run({ createIndexes: name, indexes: [{ key: { a: 1 } }] }))).toBe(9);
    expect(await codeOf(run({ createIndexes: name, indexes: [{ name: 'a' }] }))).toBe(9);
  });

  it('should not be made over duplicates, and leave nothing behind', async () => {
    await items.insertMany([{ a: 1 }, { a: 1 }, { b: [1, 2], c: [3] }]);

    await expect(create({ a: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000, keyPattern: { a: 1 }, keyValue: { a: 1 } });
    expect(await codeOf(create({ b: 1, c: 1 }))).toBe(171);
    const both = [
      { key: { d: 1 }, name: 'd' },
      { key: { a: 1 }, name: 'a', unique: true },
    ];
    expect(await codeOf(run({ createIndexes: name, indexes: both }))).toBe(11000);
    expect(await items.indexes()).toHaveLength(1);
    await items.deleteOne({ a: 1 });
    await create({ a: 1 }, { unique: true });
    expect(await items.countDocuments({ a: 1 })).toBe(1);
  });

  itEmbedded('should refuse kinds it does not have by name', async () => {
    const kinds: [Document, Document, string][] = [
      ...['text', 'hashed', '2dsphere', '2d'].map((kind): [Document, Document, string] => [{ a: kind }, {}, kind]),
      [{ '$**': 1 }, {}, 'wildcard'],
      [{ 'a.$**': 1 }, {}, 'wildcard'],
      [{ a: 1 }, { collation: { locale: 'vi' } }, 'collation'],
      [{ a: 1 }, { hidden: true }, 'hidden'],
    ];
    for (const [key, options, word] of kinds) {
      expect(await refusal(create(key, options))).toMatchObject({ code: 238, message: expect.stringContaining(word) });
    }
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/listIndexes/ and dropIndexes/
describe('listIndexes and dropIndexes', () => {
  beforeEach(async () => {
    await items.createIndexes(['a', 'b', 'c', 'd'].map((field) => ({ key: { [field]: 1 } })));
  });

  it('should list in batches', async () => {
    const { cursor } = await run({ listIndexes: name, cursor: { batchSize: 2 } });

    expect(cursor.firstBatch.map((index: Document) => index['name'] as unknown)).toEqual(['_id_', 'a_1']);
    const { cursor: rest } = await run({ getMore: Long.fromValue(cursor.id), collection: name });
    expect(rest.nextBatch.map((index: Document) => index['name'] as unknown)).toEqual(['b_1', 'c_1', 'd_1']);
    expect(await refusal(sut.db.collection('nothing').listIndexes().toArray())).toMatchObject({ code: 26, codeName: 'NamespaceNotFound' });
  });

  it('should drop by name, by key, several and all', async () => {
    expect(await run({ dropIndexes: name, index: 'a_1' })).toEqual({ nIndexesWas: 5, ok: 1 });
    expect(await run({ dropIndexes: name, index: { b: 1 } })).toEqual({ nIndexesWas: 4, ok: 1 });
    expect(await codeOf(run({ dropIndexes: name, index: ['c_1', 'nope'] }))).toBe(27);
    expect(await items.indexes()).toHaveLength(3);
    expect(await run({ dropIndexes: name, index: ['c_1', 'd_1'] })).toMatchObject({ nIndexesWas: 3 });
    await items.createIndex({ e: 1 });
    expect(await run({ dropIndexes: name, index: '*' })).toMatchObject({ nIndexesWas: 2, msg: 'non-_id indexes dropped for collection' });
    expect(await items.indexes()).toEqual([{ v: 2, key: { _id: 1 }, name: '_id_' }]);
  });

  it('should refuse what is not there, and _id', async () => {
    expect(await refusal(items.dropIndex('nope'))).toMatchObject({ code: 27, codeName: 'IndexNotFound' });
    expect(await codeOf(run({ dropIndexes: name, index: { nope: 1 } }))).toBe(27);
    expect(await refusal(items.dropIndex('_id_'))).toMatchObject({ code: 72, codeName: 'InvalidOptions' });
    expect(await codeOf(run({ dropIndexes: name, index: { _id: 1 } }))).toBe(72);
    expect(await codeOf(run({ dropIndexes: 'nothing', index: '*' }))).toBe(26);
    expect(await items.indexes()).toHaveLength(5);
  });
});

// https://www.mongodb.com/docs/v7.0/core/index-ttl/
describe('TTL', () => {
  it('should remove what has expired, and nothing else', async () => {
    await items.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    await items.createIndex({ soon: 1 }, { expireAfterSeconds: 0, partialFilterExpression: { temporary: true } });
    const past = new Date(Date.now() - 61_000);
    const admin = sut.client.db('admin');
    await items.insertMany([
      { _id: 1, at: past },
      { _id: 2, at: new Date() },
      { _id: 3 },
      { _id: 4, at: 0 },
      { _id: 5, at: [new Date(), past] },
      { _id: 6, soon: past, temporary: true },
      { _id: 7, soon: past },
    ] as Document[]);
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    while ((await items.countDocuments({})) > 4) await new Promise((resolve) => setTimeout(resolve, 50));
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 60 });

    expect((await items.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id as unknown)).toEqual([2, 3, 4, 7]);
  });
});
