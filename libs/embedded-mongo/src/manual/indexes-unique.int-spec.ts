import { Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID, type Collection, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let items: Collection;
let next = 0;

const codeOf = async (answer: Promise<unknown>): Promise<unknown> => (await refusal(answer)).code;

beforeAll(async () => {
  sut = await openServer();
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
});

afterAll(() => sut.close());

// https://www.mongodb.com/docs/v7.0/core/index-unique/
describe('unique', () => {
  it('should refuse a second equal value with the pattern and the value', async () => {
    await items.createIndex({ email: 1 }, { unique: true });
    await items.insertOne({ email: 'a@b.c' });

    await expect(items.insertOne({ email: 'a@b.c' })).rejects.toMatchObject({
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
      expect(await codeOf(items.insertOne({ k }))).toBe(11000);
    }
    await items.insertMany([{ k: [20, 20] }, { k: '5' }, { k: [] }, { k: { a: 1, b: 1 } }, { k: { b: 1, a: 1 } }]);
    expect(await codeOf(items.insertOne({ k: [] }))).toBe(11000);
    expect(await codeOf(items.updateOne({ k: 20 }, { $set: { k: 5 } }))).toBe(11000);
    expect(await items.countDocuments({ k: 20 })).toBe(1);
    expect(await items.updateOne({ k: 20 }, { $set: { k: [20, 21] } })).toMatchObject({ modifiedCount: 1 });
  });

  it('should hold for all fields of a compound index together, and free a value with its document', async () => {
    await items.createIndex({ a: 1, b: -1 }, { unique: true });
    await items.insertMany([{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 1 }, { b: 1 }, {}]);

    for (const doc of [{ a: 1, b: 2 }, { a: 1, b: null }, { b: 1 }, { c: 1 }])
      expect(await codeOf(items.insertOne({ ...doc }))).toBe(11000);
    await items.updateOne({ a: 1, b: 1 }, { $set: { b: 3 } });
    await items.insertOne({ a: 1, b: 1 });
    await items.deleteMany({});
    await items.insertMany([
      { a: 1, b: 1 },
      { a: [1, 2], b: 9 },
    ]);
    await expect(items.insertOne({ a: 2, b: 9 })).rejects.toMatchObject({ keyPattern: { a: 1, b: -1 }, keyValue: { a: 2, b: 9 } });
    expect(await items.countDocuments()).toBe(2);
  });

  it('should let a document hold a value twice, also under a path', async () => {
    await items.createIndex({ 'tags.name': 1 }, { unique: true });
    await items.insertOne({ tags: [{ name: 'x' }, { name: 'x' }, { name: 'y' }] });

    expect(await codeOf(items.insertOne({ tags: { name: 'y' } }))).toBe(11000);
    await items.insertOne({ tags: [{ name: 'z' }] });
    expect(await codeOf(items.updateOne({ 'tags.name': 'z' }, { $push: { tags: { name: 'x' } as never } }))).toBe(11000);
    expect(await items.findOne({ 'tags.name': 'z' }, { projection: { _id: 0 } })).toEqual({ tags: [{ name: 'z' }] });
  });

  it('should hold beyond the longest key of a store', async () => {
    await items.createIndex({ text: 1 }, { unique: true });
    await items.createIndex({ list: -1 });
    const text = 'x'.repeat(5_000);
    await items.insertMany(['a', 'b', 'c'].map((end) => ({ text: text + end, list: [`${text}1${end}`, `${text}2${end}`] })));
    const last = async (filter: Document, direction: 1 | -1): Promise<unknown[]> =>
      (await items.find(filter).sort({ text: direction }).toArray()).map((doc) => doc['text'].at(-1) as unknown);

    expect(await codeOf(items.insertOne({ text: `${text}a` }))).toBe(11000);
    expect(await last({ text: `${text}b` }, 1)).toEqual(['b']);
    expect(await last({ text: { $gt: `${text}a` } }, -1)).toEqual(['c', 'b']);
    expect(await last({ text: { $in: [`${text}a`, `${text}d`, text] } }, 1)).toEqual(['a']);
    expect(await last({ text: /^xxxxx.*[ac]$/ }, 1)).toEqual(['a', 'c']);
    expect(await last({ list: `${text}2b` }, 1)).toEqual(['b']);
    await items.deleteOne({ text: `${text}b` });
    await items.insertOne({ text: `${text}b` });
    expect(await last({ text: { $gte: text } }, 1)).toEqual(['a', 'b', 'c']);
  });
});

// https://www.mongodb.com/docs/v7.0/core/index-sparse/ and /core/index-partial/
describe('sparse and partial', () => {
  it('should not hold what they leave out to be unique', async () => {
    await items.createIndex({ s: 1 }, { unique: true, sparse: true });
    await items.createIndex({ p: 1 }, { unique: true, partialFilterExpression: { open: true } });
    await items.insertMany([{ p: 1, open: false }, { p: 1, open: false }, { p: 1, open: true }, { s: null }]);

    expect(await codeOf(items.insertOne({ s: null }))).toBe(11000);
    expect(await codeOf(items.updateOne({ open: false }, { $set: { open: true } }))).toBe(11000);
    await items.updateOne({ open: true }, { $set: { open: false } });
    await items.insertOne({ p: 1, open: true });
    expect(await items.countDocuments({ p: 1 })).toBe(4);
  });

  it('should leave out of a compound sparse index only what has none of its fields', async () => {
    await items.createIndex({ a: 1, b: 1 }, { unique: true, sparse: true });
    await items.insertMany([{ c: 1 }, { c: 2 }, { a: 1 }]);

    expect(await codeOf(items.insertOne({ a: 1 }))).toBe(11000);
    expect(await codeOf(items.insertOne({ a: 1, b: null }))).toBe(11000);
  });
});

// https://www.mongodb.com/docs/v7.0/core/indexes/index-types/index-multikey/
describe('multikey', () => {
  it('should index the elements of one array, not of two side by side', async () => {
    await items.createIndex({ a: 1, b: 1 });
    await items.createIndex({ 'x.y': 1, 'x.z': 1 });
    await items.insertMany([{ a: [1, 2], b: 3 }, { a: 1, b: [3, 4] }, { x: [{ y: 1, z: 2 }, { y: 3 }] }]);

    expect(await codeOf(items.insertOne({ a: [1, 2], b: [3, 4] }))).toBe(171);
    expect(await codeOf(items.updateOne({ b: 4 }, { $set: { a: [1] } }))).toBe(171);
    expect(await items.countDocuments({ a: 1, b: 3 })).toBe(2);
    expect(await items.countDocuments({ 'x.y': 3, 'x.z': 2 })).toBe(1);
    expect(await items.countDocuments({ x: { $elemMatch: { y: 3, z: 2 } } })).toBe(0);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/bson-type-comparison-order/
describe('answers by an index', () => {
  const pool: unknown[] = [
    ...[null, 1, new Double(1.5), Long.fromString('9007199254740993'), Decimal128.fromString('2.25'), new Int32(-3), NaN, Infinity],
    ...['', 'a', 'ab', 'b\0c', '😀', true, false, new Date(0), new Date(-5), new ObjectId('0123456789abcdef01234567')],
    ...[new UUID('00112233-4455-6677-8899-aabbccddeeff'), new Timestamp({ t: 1, i: 2 }), [], [1, 'a'], [[1]], [null]],
    ...[[{ b: 1 }, { b: 'a' }], { b: 1 }, { b: [1, 2] }, {}, new MinKey(), new MaxKey()],
  ];
  let seed = 42;
  const pick = <T>(list: readonly T[]): T => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return list[Math.floor((seed / 2 ** 31) * list.length)] as T;
  };
  const operand = (): unknown => pick([pick(pool), ...['$gt', '$gte', '$lt', '$lte', '$ne', '$eq'].map((op) => ({ [op]: pick(pool) }))]);
  const list = (): unknown => ({ $in: [pick(pool), pick(pool), pick(pool)] });
  const condition = (): unknown =>
    pick([operand(), operand(), operand(), list(), { $gte: pick(pool), $lt: pick(pool) }, { $exists: pick([true, false]) }, /^a/]);

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
    for (let i = 0; i < 100; i++) {
      const either = { $or: [{ a: condition() }, { c: condition(), a: condition() }] };
      const filters = [{ a: condition() }, { c: condition() }, { 'a.b': condition() }, { c: condition(), a: condition() }, either];
      const filter = pick(filters) as Document;
      const sort = pick<Document | undefined>([undefined, { a: 1, _id: 1 }, { c: -1, _id: 1 }, { c: 1, a: -1, _id: 1 }]);
      const run = async (collection: Collection): Promise<unknown[]> => {
        const found = await collection.find(filter, { projection: { _id: 1 }, ...(sort && { sort }) }).toArray();
        const ids = found.map(({ _id }) => _id as unknown);
        return sort ? ids : ids.sort((a, b) => Number(a) - Number(b));
      };
      expect({ filter, sort, ids: await run(items) }).toEqual({ filter, sort, ids: await run(plain) });
    }
  });
});
