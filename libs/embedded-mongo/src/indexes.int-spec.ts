import { Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID, type Collection, type Document } from 'mongodb';
import { describeEmbedded, itEmbedded, openServer, refusal, type LiveServer } from './server.fixture-spec.js';

let sut: LiveServer;
let items: Collection;
let next = 0;

beforeAll(async () => {
  sut = await openServer();
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
});

afterAll(() => sut.close());

/** The stages of the winning plan from the top, and the index at its end. */
async function plan(filter: Document, options: Document = {}): Promise<string> {
  const { queryPlanner } = await items.find(filter, options).explain('queryPlanner');
  const stages: string[] = [];
  let stage = queryPlanner.winningPlan;
  for (; stage.inputStage; stage = stage.inputStage) stages.push(stage.stage);
  return [...stages, stage.stage, stage.indexName].filter(Boolean).join(' ');
}

describe('createIndexes', () => {
  it('should create, list and drop, and answer the same request again', async () => {
    expect(await items.createIndex({ a: 1, b: -1 }, { unique: true, sparse: true })).toBe('a_1_b_-1');
    expect(
      await sut.db.command({
        createIndexes: items.collectionName,
        indexes: [{ key: { a: 1, b: -1 }, name: 'a_1_b_-1', unique: true, sparse: true }],
      }),
    ).toMatchObject({
      numIndexesBefore: 2,
      numIndexesAfter: 2,
      note: 'all indexes already exist',
    });
    expect(await items.indexes()).toEqual([
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { a: 1, b: -1 }, name: 'a_1_b_-1', unique: true, sparse: true },
    ]);
    await items.dropIndex('a_1_b_-1');
    expect(await items.indexes()).toHaveLength(1);
    expect(await refusal(items.dropIndex('a_1_b_-1'))).toMatchObject({ code: 27, codeName: 'IndexNotFound' });
    expect(await refusal(items.dropIndex('_id_'))).toMatchObject({ code: 72, codeName: 'InvalidOptions' });
    expect(await refusal(sut.db.collection('nothing').listIndexes().toArray())).toMatchObject({ code: 26, codeName: 'NamespaceNotFound' });
  });

  it('should refuse conflicting requests', async () => {
    await items.createIndex({ a: 1 }, { name: 'one', expireAfterSeconds: 5 });

    expect(await refusal(items.createIndex({ b: 1 }, { name: 'one' }))).toMatchObject({ code: 86, codeName: 'IndexKeySpecsConflict' });
    expect(await refusal(items.createIndex({ a: 1 }, { name: 'two', expireAfterSeconds: 5 }))).toMatchObject({
      code: 85,
      codeName: 'IndexOptionsConflict',
      message: 'Index already exists with a different name: one',
    });
    expect(await refusal(items.createIndex({ a: 1 }, { name: 'one', expireAfterSeconds: 6 }))).toMatchObject({ code: 85 });
    expect(await refusal(items.createIndex({ a: 0 as never }))).toMatchObject({ code: 67, codeName: 'CannotCreateIndex' });
    expect(await refusal(items.createIndex({ a: 1, b: 1 }, { expireAfterSeconds: 5 }))).toMatchObject({ code: 67 });
    expect(await refusal(items.createIndex({ a: 1 }, { name: 'p', partialFilterExpression: { a: { $ne: 1 } } }))).toMatchObject({
      code: 67,
    });
    const indexes = [{ key: { a: 1 }, name: 'odd', nonsense: 1 }];
    expect(await refusal(sut.db.command({ createIndexes: items.collectionName, indexes }))).toMatchObject({ code: 197 });
  });

  itEmbedded('should refuse kinds it does not have', async () => {
    for (const kind of ['text', 'hashed', '2dsphere'])
      expect((await refusal(items.createIndex({ a: kind as never }))).message).toContain(kind);
    expect((await refusal(items.createIndex({ '$**': 1 }))).message).toContain('wildcard');
    expect((await refusal(items.createIndex({ a: 1 }, { collation: { locale: 'vi' } }))).message).toContain('collation');
  });
});

describe('unique', () => {
  it('should refuse a second equal value with the pattern and the value', async () => {
    await items.createIndex({ email: 1 }, { unique: true });
    await items.insertOne({ email: 'a@b.c' });
    const error = await items.insertOne({ email: 'a@b.c' }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      code: 11000,
      keyPattern: { email: 1 },
      keyValue: { email: 'a@b.c' },
      errmsg: `E11000 duplicate key error collection: ${items.namespace} index: email_1 dup key: { email: "a@b.c" }`,
    });
  });

  it('should compare numbers of all types, nulls with missing, and arrays by element', async () => {
    await items.createIndex({ k: 1 }, { unique: true });
    await items.insertMany([{ k: 5 }, {}, { k: [10, 11] }]);

    for (const k of [new Double(5), Long.fromNumber(5), Decimal128.fromString('5.0'), null, [7, 11]]) {
      expect(await refusal(items.insertOne({ k }))).toMatchObject({ code: 11000 });
    }
    await items.insertOne({ k: [20, 20] });
    expect(await refusal(items.updateOne({ k: 20 }, { $set: { k: 5 } }))).toMatchObject({ code: 11000 });
    expect(await items.countDocuments({ k: 20 })).toBe(1);
    expect(await items.updateOne({ k: 20 }, { $set: { k: [20, 21] } })).toMatchObject({ modifiedCount: 1 });
  });

  it('should not be made over duplicates, and leave nothing behind', async () => {
    await items.insertMany([{ a: 1 }, { a: 1 }]);

    expect(await refusal(items.createIndex({ a: 1 }, { unique: true }))).toMatchObject({ code: 11000 });
    expect(await items.indexes()).toHaveLength(1);
    await items.deleteOne({ a: 1 });
    await items.createIndex({ a: 1 }, { unique: true });
  });

  it('should free a value with its document', async () => {
    await items.createIndex({ a: 1, b: -1 }, { unique: true });
    await items.insertOne({ a: 1, b: 1 });
    await items.updateOne({ a: 1 }, { $set: { b: 2 } });
    await items.insertOne({ a: 1, b: 1 });
    await items.deleteMany({});
    await items.insertMany([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ]);

    expect(await items.countDocuments()).toBe(2);
  });

  it('should leave out what sparse and partial indexes leave out', async () => {
    await items.createIndex({ s: 1 }, { unique: true, sparse: true });
    await items.createIndex({ p: 1 }, { unique: true, partialFilterExpression: { open: true } });
    await items.insertMany([{ p: 1, open: false }, { p: 1, open: false }, { p: 1, open: true }, { s: null }]);

    expect(await refusal(items.insertOne({ s: null }))).toMatchObject({ code: 11000 });
    expect(await refusal(items.updateOne({ open: false }, { $set: { open: true } }))).toMatchObject({ code: 11000 });
  });

  it('should hold beyond the longest key of the store', async () => {
    await items.createIndex({ text: 1 }, { unique: true });
    const text = 'x'.repeat(5_000);
    await items.insertMany([{ text: `${text}a` }, { text: `${text}b` }]);

    expect(await refusal(items.insertOne({ text: `${text}a` }))).toMatchObject({ code: 11000 });
    expect(await items.countDocuments({ text: `${text}b` })).toBe(1);
    expect(
      (
        await items
          .find({ text: { $gt: 'x' } })
          .sort({ text: -1 })
          .toArray()
      ).map((doc) => doc['text'].at(-1)),
    ).toEqual(['b', 'a']);
  });

  it('should refuse to index two arrays together', async () => {
    await items.createIndex({ a: 1, b: 1 });

    expect(await refusal(items.insertOne({ a: [1, 2], b: [3, 4] }))).toMatchObject({ code: 171 });
  });
});

describe('the planner', () => {
  beforeEach(async () => {
    await items.createIndexes([
      { key: { email: 1 }, unique: true },
      { key: { customer: 1, at: -1, _id: -1 } },
      { key: { open: 1 }, partialFilterExpression: { open: true } },
      { key: { rare: 1 }, sparse: true },
      { key: { tags: 1, at: 1 } },
    ]);
    await items.insertMany(
      Array.from({ length: 300 }, (_, i) => ({
        email: `u${i}@x`,
        customer: i % 10,
        at: new Date(i),
        ...(i % 50 === 0 && { open: true, rare: i }),
        tags: [`t${i % 7}`, `t${i % 5}`],
      })),
    );
  });

  it('should use indexes for equality, lists, ranges and prefixes', async () => {
    expect(await plan({ email: 'u5@x' })).toBe('FETCH IXSCAN email_1');
    expect(await plan({ email: { $in: ['u5@x', 'u6@x'] } })).toBe('FETCH IXSCAN email_1');
    expect(await plan({ email: { $gte: 'u5' } })).toBe('FETCH IXSCAN email_1');
    expect(await plan({ email: /^u29/ })).toBe('FETCH IXSCAN email_1');
    expect(await plan({ customer: 3, at: { $gt: new Date(100) } })).toBe('FETCH IXSCAN customer_1_at_-1__id_-1');
    expect(await plan({ tags: 't3' })).toBe('FETCH IXSCAN tags_1_at_1');
    expect(await plan({ nothing: 1 })).toBe('COLLSCAN');
    expect(await plan({ at: 1 })).toBe('COLLSCAN');
  });

  it('should use one index for the ranges of an $or, or one for each branch', async () => {
    const page = { $or: [{ at: { $lt: new Date(150) } }, { at: new Date(150), _id: { $lt: new ObjectId() } }] };
    expect(await plan({ customer: 3, ...page }, { sort: { at: -1, _id: -1 } })).toBe('FETCH IXSCAN customer_1_at_-1__id_-1');
    expect(
      (
        await items
          .find({ customer: 0, ...page })
          .sort({ at: -1, _id: -1 })
          .limit(2)
          .toArray()
      ).map(({ email }) => email as unknown),
    ).toEqual(['u150@x', 'u140@x']);
    const either = { $or: [{ email: 'u7@x' }, { tags: 't3', customer: 7 }] };
    const { queryPlanner } = await items.find(either).explain('queryPlanner');
    expect(JSON.stringify(queryPlanner.winningPlan)).not.toContain('COLLSCAN');
    expect(await items.countDocuments(either)).toBe(
      (await items.find({}).toArray()).filter((doc) => doc['email'] === 'u7@x' || (doc['customer'] === 7 && doc['tags'].includes('t3')))
        .length,
    );
    expect(await plan({ $or: [{ email: 'u7@x' }, { nothing: 1 }] })).toBe('COLLSCAN');
  });

  it('should take the order from an index where it can', async () => {
    expect(await plan({ customer: 3 }, { sort: { at: -1, _id: -1 } })).toBe('FETCH IXSCAN customer_1_at_-1__id_-1');
    expect(await plan({ customer: 3 }, { sort: { at: 1, _id: 1 } })).toBe('FETCH IXSCAN customer_1_at_-1__id_-1');
    expect(await plan({ customer: 3 }, { sort: { at: 1, _id: -1 } })).toBe('SORT FETCH IXSCAN customer_1_at_-1__id_-1');
    expect(await plan({}, { sort: { email: -1 } })).toBe('FETCH IXSCAN email_1');
    expect(await plan({}, { sort: { _id: 1 } })).toBe('FETCH IXSCAN _id_');
    expect(await plan({ tags: 't3' }, { sort: { at: 1 } })).toBe('FETCH IXSCAN tags_1_at_1');
    expect(await plan({}, { sort: { tags: 1 } })).toMatch(/^SORT/);
  });

  it('should use partial and sparse indexes only for queries they answer whole', async () => {
    expect(await plan({ open: true })).toBe('FETCH IXSCAN open_1');
    expect(await plan({ open: false })).toBe('COLLSCAN');
    expect(await plan({ rare: { $gt: 5 } })).toBe('FETCH IXSCAN rare_1');
    expect(await plan({ rare: { $exists: true } })).toBe('FETCH IXSCAN rare_1');
    expect(await plan({ rare: null })).toBe('COLLSCAN');
    expect(await items.countDocuments({ rare: null })).toBe(294);
    expect(await plan({}, { sort: { rare: 1 } })).toBe('SORT COLLSCAN');
  });

  it('should follow a hint by name, pattern and $natural', async () => {
    expect(await plan({ email: 'u5@x' }, { hint: '_id_' })).toBe('FETCH IXSCAN _id_');
    expect(await plan({ email: 'u5@x' }, { hint: { _id: 1 } })).toBe('FETCH IXSCAN _id_');
    expect(await plan({ email: 'u5@x' }, { hint: { $natural: 1 } })).toBe('COLLSCAN');
    expect((await items.find({}).hint({ $natural: -1 }).limit(1).toArray())[0]?.['email']).toBe('u299@x');
  });

  it('should count what it examined', async () => {
    const { executionStats } = await items.find({ customer: 3 }).sort({ at: -1 }).limit(5).explain('executionStats');

    expect(executionStats).toMatchObject({ nReturned: 5 });
    expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(30);
    expect((await items.find({ nothing: 1 }).explain('executionStats')).executionStats).toMatchObject({
      nReturned: 0,
      totalKeysExamined: 0,
      totalDocsExamined: 300,
    });
  });

  it('should explain aggregate, update, delete, count, distinct and findAndModify', async () => {
    const name = items.collectionName;
    const commands = [
      { aggregate: name, pipeline: [{ $match: { customer: 3 } }, { $sort: { at: -1 } }], cursor: {} },
      { update: name, updates: [{ q: { customer: 3 }, u: { $set: { a: 1 } } }] },
      { delete: name, deletes: [{ q: { customer: 3 }, limit: 0 }] },
      { count: name, query: { customer: 3 } },
      { distinct: name, key: 'at', query: { customer: 3 } },
      { findAndModify: name, query: { customer: 3 }, update: { $set: { a: 1 } } },
    ];
    for (const explain of commands) {
      const text = JSON.stringify(await sut.db.command({ explain, verbosity: 'queryPlanner' }));
      expect(text).toContain('customer_1_at_-1__id_-1');
    }
    expect(await items.countDocuments({ a: 1 })).toBe(0);
  });
});

describe('answers by an index', () => {
  const pool: unknown[] = [
    null,
    1,
    new Double(1.5),
    Long.fromString('9007199254740993'),
    Decimal128.fromString('2.25'),
    new Int32(-3),
    NaN,
    Infinity,
    '',
    'a',
    'ab',
    'b\0c',
    '😀',
    true,
    false,
    new Date(0),
    new Date(-5),
    new ObjectId('0123456789abcdef01234567'),
    new UUID('00112233-4455-6677-8899-aabbccddeeff'),
    new Timestamp({ t: 1, i: 2 }),
    [],
    [1, 'a'],
    [[1]],
    [null],
    [{ b: 1 }, { b: 'a' }],
    { b: 1 },
    { b: [1, 2] },
    {},
    new MinKey(),
    new MaxKey(),
  ];
  let seed = 42;
  const pick = <T>(list: readonly T[]): T => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return list[Math.floor((seed / 2 ** 31) * list.length)] as T;
  };
  const operand = (): unknown => pick([pick(pool), ...['$gt', '$gte', '$lt', '$lte', '$ne', '$eq'].map((op) => ({ [op]: pick(pool) }))]);
  const condition = (): unknown =>
    pick([
      operand(),
      operand(),
      operand(),
      { $in: [pick(pool), pick(pool), pick(pool)] },
      { $gte: pick(pool), $lt: pick(pool) },
      { $exists: pick([true, false]) },
      /^a/,
    ]);

  it('should be those of a scan, whatever the types', async () => {
    const plain = sut.db.collection(`plain${next}`);
    const docs = Array.from({ length: 400 }, (_, _id) => ({
      _id,
      ...(pick([true, true, false]) && { a: pick(pool) }),
      ...(pick([true, false]) && { c: pick(pool.filter((value) => !Array.isArray(value))) }),
    }));
    await plain.insertMany(docs as Document[], { ignoreUndefined: true });
    await items.createIndexes([{ key: { a: 1 } }, { key: { 'a.b': -1 } }, { key: { c: 1, a: -1 } }, { key: { c: -1 }, sparse: true }]);
    await items.insertMany(docs as Document[], { ignoreUndefined: true });
    for (let i = 0; i < 150; i++) {
      const filter = pick([
        { a: condition() },
        { c: condition() },
        { 'a.b': condition() },
        { c: condition(), a: condition() },
        { $or: [{ a: condition() }, { c: condition(), a: condition() }] },
      ]) as Document;
      const sort = pick<Document | undefined>([undefined, { a: 1, _id: 1 }, { c: -1, _id: 1 }, { c: 1, a: -1, _id: 1 }]);
      const run = async (collection: Collection): Promise<unknown[]> => {
        const ids = (await collection.find(filter, { projection: { _id: 1 }, ...(sort && { sort }) }).toArray()).map(
          ({ _id }) => _id as unknown,
        );
        return sort ? ids : ids.sort((a, b) => Number(a) - Number(b));
      };
      expect({ filter, sort, ids: await run(items) }).toEqual({ filter, sort, ids: await run(plain) });
    }
  });
});

describeEmbedded('TTL', () => {
  it('should remove what has expired, and nothing else', async () => {
    await items.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    const past = new Date(Date.now() - 61_000);
    await items.insertMany([
      { _id: 1, at: past },
      { _id: 2, at: new Date() },
      { _id: 3 },
      { _id: 4, at: 0 },
      { _id: 5, at: [new Date(), past] },
    ] as Document[]);
    await sut.client.db('admin').command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    while ((await items.countDocuments({})) > 3) await new Promise((resolve) => setTimeout(resolve, 50));

    expect((await items.find().toArray()).map(({ _id }) => _id as unknown)).toEqual([2, 3, 4]);
  });
});
