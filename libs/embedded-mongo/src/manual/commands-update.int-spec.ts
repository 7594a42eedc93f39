import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

/** The same collection, for documents with ids of their own. */
interface Keyed extends Document {
  _id: string | number;
}

let sut: LiveServer;
let items: Collection;
let keyed: Collection<Keyed>;
let name: string;
let next = 0;

const run = (command: Document): Promise<Document> => sut.db.command(command);
const codeOf = async (answer: Promise<unknown>): Promise<unknown> => (await refusal(answer)).code;

beforeAll(async () => {
  sut = await openServer();
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
  name = items.collectionName;
  keyed = sut.db.collection<Keyed>(name);
});

afterAll(() => sut.close());

// https://www.mongodb.com/docs/v7.0/reference/command/update/
describe('update', () => {
  it('should tell matched from modified', async () => {
    await items.insertMany([{ a: 1 }, { a: 1, b: 1 }]);

    expect(await run({ update: name, updates: [{ q: { a: 1 }, u: { $set: { b: 1 } }, multi: true }] })).toEqual({
      n: 2,
      nModified: 1,
      ok: 1,
    });
    expect(await items.updateOne({ a: 9 }, { $set: { b: 1 } })).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 0 });
    expect(await sut.db.collection('nothing').updateMany({}, { $set: { b: 1 } })).toMatchObject({ matchedCount: 0 });
  });

  it('should upsert with the equalities of the filter', async () => {
    const filter = { k: 'x', n: { $gt: 5 }, 'sub.a': 1 };
    const result = await items.updateOne(filter, { $set: { v: 1 }, $setOnInsert: { made: true } }, { upsert: true });

    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1 });
    expect(await items.findOne({ k: 'x' })).toEqual({ _id: result.upsertedId, k: 'x', sub: { a: 1 }, v: 1, made: true });
    expect(await run({ update: name, updates: [{ q: { _id: 'own' }, u: { $inc: { n: 2 } }, upsert: true }] })).toEqual({
      n: 1,
      nModified: 0,
      upserted: [{ index: 0, _id: 'own' }],
      ok: 1,
    });
    expect(await keyed.replaceOne({ _id: 'own' }, { fresh: 1 }, { upsert: true })).toMatchObject({ modifiedCount: 1 });
    expect(await keyed.findOne({ _id: 'own' })).toEqual({ _id: 'own', fresh: 1 });
  });

  it('should update by pipeline, array filter, position and variables', async () => {
    await keyed.insertOne({ _id: 1, a: 2, list: [{ n: 1 }, { n: 5 }] });
    await keyed.updateOne({ _id: 1 }, [{ $set: { b: { $multiply: ['$a', 10] } } }]);
    await keyed.updateOne({ _id: 1 }, { $set: { 'list.$[big].ok': true } }, { arrayFilters: [{ 'big.n': { $gt: 3 } }] });
    await items.updateOne({ 'list.n': 1 }, { $inc: { 'list.$.n': 10 } });
    await items.updateOne({ $expr: { $eq: ['$a', '$$a'] } }, [{ $set: { c: '$$c' } }], { let: { a: 2, c: 'let' } });

    expect(await keyed.findOne({ _id: 1 })).toEqual({ _id: 1, a: 2, list: [{ n: 11 }, { n: 5, ok: true }], b: 20, c: 'let' });
  });

  it('should refuse what MongoDB refuses and leave the document', async () => {
    await keyed.insertOne({ _id: 1, text: 'x' });
    const refusals: [number, Document, Document?][] = [
      [66, { $set: { _id: 2 } }],
      [14, { $inc: { text: 1 } }],
      [28, { $set: { 'text.deep': 1 } }],
      [40, { $set: { a: 1 }, $inc: { a: 1 } }],
      [9, { $nope: { a: 1 } }],
      [9, { a: 1 }, { multi: true }],
      [2, { $set: { a: 1 } }, { hint: 'nope' }],
      [2, { $set: { 'a.$[x]': 1 } }],
    ];

    for (const [code, u, more] of refusals) {
      expect(await run({ update: name, updates: [{ q: { _id: 1 }, u, ...more }] })).toMatchObject({
        n: 0,
        writeErrors: [{ index: 0, code }],
      });
    }
    expect(await codeOf(run({ update: name, updates: [] }))).toBe(16);
    expect(await codeOf(run({ update: name, updates: [{ q: {}, u: {}, foo: 1 }] }))).toBe(40415);
    expect(await items.find().toArray()).toEqual([{ _id: 1, text: 'x' }]);
  });

  it('should number the errors and upserts of a bulk by its statements', async () => {
    const bulk: AnyBulkWriteOperation<Keyed>[] = [
      { updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 } } } },
      { updateOne: { filter: { _id: 2 }, update: { $inc: { text: 1 } } } },
      { updateOne: { filter: { _id: 3 }, update: { $set: { a: 1 } }, upsert: true } },
      { insertOne: { document: { _id: 1 } } },
      { deleteOne: { filter: { _id: 3 } } },
    ];
    const outcome = async (ordered: boolean): Promise<MongoBulkWriteError> => {
      await items.deleteMany({});
      await keyed.insertMany([{ _id: 1 }, { _id: 2, text: 'x' }]);
      return (await keyed.bulkWrite(bulk, { ordered }).catch((reason: unknown) => reason)) as MongoBulkWriteError;
    };

    const unordered = await outcome(false);
    expect(unordered).toBeInstanceOf(MongoBulkWriteError);
    // The driver sends an unordered bulk grouped by kind: errors come in the order of the groups.
    expect([unordered.writeErrors].flat().sort((a, b) => a.index - b.index)).toMatchObject([
      { index: 1, code: 14 },
      { index: 3, code: 11000 },
    ]);
    expect(unordered.result).toMatchObject({ modifiedCount: 1, matchedCount: 1, upsertedCount: 1, upsertedIds: { 2: 3 }, deletedCount: 1 });
    const ordered = await outcome(true);
    expect([ordered.writeErrors].flat()).toMatchObject([{ index: 1, code: 14 }]);
    expect(ordered.result).toMatchObject({ modifiedCount: 1, upsertedCount: 0, deletedCount: 0 });
  });

  it('should not meet a document again that its own change has moved', async () => {
    await items.createIndex({ n: 1 });
    await items.insertMany(Array.from({ length: 2_000 }, (_, n) => ({ n })));

    expect(await items.updateMany({ n: { $gte: 0 } }, { $inc: { n: 10_000 } })).toMatchObject({
      matchedCount: 2_000,
      modifiedCount: 2_000,
    });
    expect(await items.countDocuments({ n: { $gte: 10_000, $lt: 12_000 } })).toBe(2_000);
  });

  itEmbedded('should refuse collations by name', async () => {
    for (const command of [
      { update: name, updates: [{ q: {}, u: { $set: { a: 1 } }, collation: { locale: 'vi', strength: 1 } }] },
      { delete: name, deletes: [{ q: {}, limit: 0, collation: { locale: 'vi' } }] },
      { findAndModify: name, remove: true, collation: { locale: 'vi' } },
      { count: name, collation: { locale: 'vi' } },
      { distinct: name, key: 'a', collation: { locale: 'vi' } },
      { aggregate: name, pipeline: [], cursor: {}, collation: { locale: 'vi' } },
    ]) {
      expect(await refusal(run(command))).toMatchObject({ code: 238, message: expect.stringContaining('collation') });
    }
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/delete/
describe('delete', () => {
  it('should delete one or all', async () => {
    await items.insertMany([{ a: 1 }, { a: 1 }, { a: 1 }, { a: 2 }, { a: 3 }]);

    expect(await items.deleteOne({ a: 1 })).toMatchObject({ deletedCount: 1 });
    expect(await items.deleteMany({ a: 1 })).toMatchObject({ deletedCount: 2 });
    expect(await items.deleteMany({ a: 1 })).toMatchObject({ deletedCount: 0 });
    const bound = { q: { $expr: { $eq: ['$a', '$$a'] } }, limit: 0 };
    expect(await run({ delete: name, deletes: [bound, { q: { a: 9 }, limit: 1 }], let: { a: 2 } })).toEqual({ n: 1, ok: 1 });
    expect(await items.countDocuments()).toBe(1);
  });

  it('should refuse a limit that is neither 0 nor 1, and hints that are none', async () => {
    await items.insertOne({ a: 1 });

    expect(await codeOf(run({ delete: name, deletes: [{ q: {}, limit: 2 }] }))).toBe(9);
    expect(await run({ delete: name, deletes: [{ q: {}, limit: 0, hint: 'nope' }] })).toMatchObject({ n: 0, writeErrors: [{ code: 2 }] });
    expect(await items.countDocuments()).toBe(1);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/findAndModify/
describe('findAndModify', () => {
  beforeEach(async () => {
    await keyed.insertMany([3, 1, 2].map((n, i) => ({ _id: i + 1, n })));
  });

  it('should give the document before or after the change, chosen by sort', async () => {
    expect(await items.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: 1 } })).toEqual({ _id: 2, n: 1 });
    expect(await items.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: -1 }, returnDocument: 'after' })).toEqual({ _id: 2, n: 21 });
    expect(await keyed.findOneAndReplace({ _id: 1 }, { z: 1 }, { returnDocument: 'after', projection: { _id: 0 } })).toEqual({ z: 1 });
    expect(await items.findOneAndDelete({}, { sort: { _id: 1 } })).toEqual({ _id: 1, z: 1 });
    expect(await keyed.findOneAndDelete({ _id: 99 })).toBeNull();
    expect(await keyed.findOneAndUpdate({ _id: 3 }, [{ $set: { m: '$$m' } }], { let: { m: 5 }, returnDocument: 'after' })).toEqual({
      _id: 3,
      n: 2,
      m: 5,
    });
  });

  it('should tell an upsert, an update and a removal', async () => {
    const upsert = { findAndModify: name, query: { _id: 9 }, update: { $set: { a: 1 } }, upsert: true, new: true };

    expect(await run(upsert)).toEqual({ lastErrorObject: { n: 1, updatedExisting: false, upserted: 9 }, value: { _id: 9, a: 1 }, ok: 1 });
    expect(await run(upsert)).toMatchObject({ lastErrorObject: { n: 1, updatedExisting: true }, value: { _id: 9, a: 1 } });
    expect(await run({ findAndModify: name, query: { _id: 9 }, remove: true })).toEqual({
      lastErrorObject: { n: 1 },
      value: { _id: 9, a: 1 },
      ok: 1,
    });
    expect(await run({ findAndModify: name, query: { _id: 9 }, update: { $set: { a: 1 } } })).toEqual({
      lastErrorObject: { n: 0, updatedExisting: false },
      value: null,
      ok: 1,
    });
  });

  it('should refuse contradictory orders and taken keys', async () => {
    const update = { $set: { n: 1 } };
    for (const order of [{ remove: true, update }, { remove: true, new: true }, { remove: true, upsert: true }, {}]) {
      expect(await refusal(run({ findAndModify: name, query: {}, ...order }))).toMatchObject({ code: 9, codeName: 'FailedToParse' });
    }
    await items.createIndex({ n: 1 }, { unique: true });
    await expect(keyed.findOneAndUpdate({ _id: 1 }, update)).rejects.toMatchObject({
      code: 11000,
      keyPattern: { n: 1 },
      keyValue: { n: 1 },
    });
    expect(await codeOf(run({ findAndModify: name, update, hint: 'nope' }))).toBe(2);
  });
});
