import { Decimal128, Int32, Long, MongoBulkWriteError, ObjectId, type Collection, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

/** The same collection, for documents with ids of their own. */
interface Keyed extends Document {
  _id: string | number | boolean | Date | ObjectId | Int32 | RegExp | number[] | { a: number; b?: number };
}

let sut: LiveServer;
let items: Collection;
let keyed: Collection<Keyed>;
let name: string;
let next = 0;

const run = (command: Document): Promise<Document> => sut.db.command(command);
const codeOf = async (answer: Promise<unknown>): Promise<unknown> => (await refusal(answer)).code;
const ids = async (of: { toArray(): Promise<Document[]> }): Promise<unknown[]> => (await of.toArray()).map(({ _id }) => _id as unknown);
const numbers = (length: number): Keyed[] => Array.from({ length }, (_, _id) => ({ _id, even: _id % 2 === 0 }));

async function bulkErrorOf(bulk: Promise<unknown>): Promise<MongoBulkWriteError> {
  const error = await bulk.catch((reason: unknown) => reason);
  if (!(error instanceof MongoBulkWriteError)) throw error as Error;
  return error;
}
const writeErrors = (error: MongoBulkWriteError) => [error.writeErrors].flat().map(({ index, code }) => ({ index, code }));

beforeAll(async () => {
  sut = await openServer();
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
  name = items.collectionName;
  keyed = sut.db.collection<Keyed>(name);
});

afterAll(() => sut.close());

// https://www.mongodb.com/docs/v7.0/reference/command/insert/
describe('insert', () => {
  it('should keep every value as it was given, in order', async () => {
    const _id = new ObjectId();
    const long = Long.fromString('9007199254740993');
    await items.insertOne({ _id, z: new Int32(1), a: long, d: Decimal128.fromString('1.10'), t: /x/i, n: null });
    const found = await items.findOne({ _id }, { promoteValues: false });

    expect(Object.keys(found ?? {})).toEqual(['_id', 'z', 'a', 'd', 't', 'n']);
    expect(found).toMatchObject({ z: new Int32(1), a: long, n: null });
    expect(String(found?.['d'])).toBe('1.10');
  });

  it('should put _id first and make one where there is none', async () => {
    expect(await run({ insert: name, documents: [{ a: 1, _id: 5 }, { a: 2 }] })).toEqual({ n: 2, ok: 1 });
    const [first, second] = await items.find().toArray();

    expect([first, second].map((doc) => Object.keys(doc ?? {}))).toEqual([
      ['_id', 'a'],
      ['_id', 'a'],
    ]);
    expect(second?._id).toBeInstanceOf(ObjectId);
  });

  it('should refuse a taken _id, ids that are none, and empty bulks', async () => {
    await keyed.insertOne({ _id: 7 });

    expect(await refusal(keyed.insertOne({ _id: 7 }))).toEqual({
      code: 11000,
      codeName: undefined,
      message: `E11000 duplicate key error collection: ${items.namespace} index: _id_ dup key: { _id: 7 }`,
    });
    for (const _id of [[1], /x/]) expect(await codeOf(keyed.insertOne({ _id }))).toBe(53);
    expect(await refusal(run({ insert: name, documents: [] }))).toMatchObject({ code: 16, codeName: 'InvalidLength' });
  });

  it('should stop an ordered bulk at the first error and pass over errors in an unordered one', async () => {
    const docs = [1, 1, 2, 2, 3].map((_id) => ({ _id }));
    const ordered = await bulkErrorOf(keyed.insertMany(docs));

    expect(writeErrors(ordered)).toEqual([{ index: 1, code: 11000 }]);
    expect(ordered.insertedCount).toBe(1);
    await items.deleteMany({});
    const unordered = await bulkErrorOf(keyed.insertMany(docs, { ordered: false }));
    expect(writeErrors(unordered)).toEqual([1, 3].map((index) => ({ index, code: 11000 })));
    expect(unordered.insertedCount).toBe(3);
    expect(await ids(items.find().sort({ _id: 1 }))).toEqual([1, 2, 3]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/write-concern/
describe('write concern', () => {
  it('should take j and majority, and refuse more members than there are', async () => {
    await items.insertOne({ a: 1 }, { writeConcern: { w: 'majority', journal: true } });
    await items.insertOne({ a: 1 }, { writeConcern: { j: true } as never });

    expect(await items.countDocuments()).toBe(2);
    expect(await codeOf(items.insertOne({ a: 1 }, { writeConcern: { w: 2 } }))).toBe(2);
  });

  it('should do unacknowledged writes without an answer', async () => {
    const writeConcern = { w: 0 } as const;
    for (let _id = 0; _id < 20; _id++) await keyed.insertOne({ _id }, { writeConcern });
    while ((await items.countDocuments({})) < 20) await run({ ping: 1 });
    expect(await keyed.updateOne({ _id: 1 }, { $set: { a: 1 } }, { writeConcern })).toMatchObject({ acknowledged: false });
    while (!(await keyed.findOne({ a: 1 }))) await run({ ping: 1 });
    await items.deleteMany({}, { writeConcern });
    while ((await items.countDocuments({})) > 0) await run({ ping: 1 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/find/
describe('find', () => {
  it('should give batches, skip, limit and sort', async () => {
    await keyed.insertMany(numbers(250));

    expect(await items.find({}, { batchSize: 40 }).toArray()).toHaveLength(250);
    expect(await items.find({}, { batchSize: 0 }).toArray()).toHaveLength(250);
    expect(await ids(items.find({ even: true }).sort({ _id: -1 }).skip(2).limit(3))).toEqual([244, 242, 240]);
    expect(await ids(items.find({}).sort({ even: 1, _id: -1 }).limit(2))).toEqual([249, 247]);
    expect(await ids(items.find({}).skip(250))).toEqual([]);
    expect((await run({ find: name }))['cursor'].firstBatch).toHaveLength(101);
    expect(await run({ find: name, limit: 2, singleBatch: true, projection: { _id: 1 } })).toEqual({
      cursor: { id: 0, ns: items.namespace, firstBatch: [{ _id: 0 }, { _id: 1 }] },
      ok: 1,
    });
    expect(await run({ find: name, batchSize: 2, singleBatch: true })).toMatchObject({ cursor: { id: 0, firstBatch: { length: 2 } } });
    expect(await sut.db.collection('no such one').find().toArray()).toEqual([]);
  });

  it('should find by _id of any type and by document', async () => {
    const all = [1, 'x', new Date(5), { a: 1, b: 2 }, new ObjectId(), true];
    await keyed.insertMany(all.map((_id, i) => ({ _id, i })));

    for (const [i, _id] of all.entries()) expect((await keyed.findOne({ _id }))?.['i']).toBe(i);
    expect(await items.findOne({ _id: { b: 2, a: 1 } })).toBeNull();
    expect((await items.findOne({ _id: new Int32(1) }))?.['i']).toBe(0);
  });

  it('should take variables, and a hint by name, pattern or natural order', async () => {
    await keyed.insertMany(numbers(5));
    await items.createIndex({ even: 1 });

    expect(await ids(items.find({ $expr: { $gt: ['$_id', '$$least'] } }, { let: { least: 2 } }))).toEqual([3, 4]);
    expect(await codeOf(items.find({ $expr: { $gt: ['$_id', '$$least'] } }).toArray())).toBe(17276);
    expect(await ids(keyed.find({ _id: { $lt: 3 } }).hint('even_1'))).toEqual([1, 0, 2]);
    expect(await ids(keyed.find({ _id: { $lt: 3 } }).hint({ even: 1 }))).toEqual([1, 0, 2]);
    expect(await ids(items.find({ even: true }).hint({ $natural: -1 }))).toEqual([4, 2, 0]);
    expect(await refusal(items.find().hint('nope').toArray())).toMatchObject({ code: 2, codeName: 'BadValue' });
  });

  it('should refuse negative numbers and wrong sorts', async () => {
    await items.insertOne({});

    for (const field of ['skip', 'limit', 'batchSize'])
      expect([field, await codeOf(run({ find: name, [field]: -1 }))]).toEqual([field, 51024]);
    expect(await codeOf(run({ find: name, sort: { a: 2 } }))).toBe(15975);
  });

  it('should cut batches at 16 MiB', async () => {
    await keyed.insertMany(Array.from({ length: 5 }, (_, _id) => ({ _id, text: 'x'.repeat(5 * 1024 * 1024) })));

    expect((await run({ find: name }))['cursor'].firstBatch.length).toBeLessThan(5);
    expect(await ids(items.find({}, { projection: { text: 0 } }))).toEqual([0, 1, 2, 3, 4]);
  });

  itEmbedded('should refuse by name what it does not have', async () => {
    await items.insertOne({});
    for (const option of [
      { showRecordId: true },
      { returnKey: true },
      { tailable: true },
      { min: { a: 1 } },
      { collation: { locale: 'vi' } },
      { collation: { locale: 'vi' }, filter: { _id: 1 } },
    ]) {
      const { code, message } = await refusal(run({ find: name, ...option }));
      expect({ code, message }).toEqual({ code: 238, message: expect.stringContaining(Object.keys(option)[0] as string) });
    }
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/getMore/ and killCursors/
describe('getMore and killCursors', () => {
  let id: Long;

  beforeEach(async () => {
    await keyed.insertMany(numbers(7));
    id = Long.fromValue((await run({ find: name, batchSize: 2 }))['cursor'].id as number);
  });

  it('should go on where the last batch ended, to the end', async () => {
    expect(await run({ getMore: id, collection: name, batchSize: 1 })).toMatchObject({
      cursor: { id: expect.anything(), ns: items.namespace, nextBatch: [{ _id: 2 }] },
      ok: 1,
    });
    expect(await run({ getMore: id, collection: name })).toMatchObject({ cursor: { id: 0, nextBatch: { length: 4 } } });
    expect(await refusal(run({ getMore: id, collection: name }))).toMatchObject({ code: 43, codeName: 'CursorNotFound' });
  });

  it('should not go on with a cursor of another collection, or that is dead', async () => {
    expect(await codeOf(run({ getMore: id, collection: 'other' }))).toBe(13);
    const killed = await run({ killCursors: name, cursors: [id, Long.fromNumber(12_345)] });
    expect(killed).toMatchObject({ cursorsNotFound: [12_345], cursorsAlive: [], cursorsUnknown: [], ok: 1 });
    expect(String(killed['cursorsKilled'])).toBe(String(id));
    expect(await codeOf(run({ getMore: id, collection: name }))).toBe(43);
  });

  it('should not outlive its collection', async () => {
    await items.drop();

    expect([43, 175, 237]).toContain(await codeOf(run({ getMore: id, collection: name })));
  });
});
