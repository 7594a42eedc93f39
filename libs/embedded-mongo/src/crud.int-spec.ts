import { Decimal128, Int32, Long, MongoBulkWriteError, ObjectId, type Collection, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from './server.fixture-spec.js';

/** The same collection, for documents with ids of their own. */
interface Keyed extends Document {
  _id: string | number | boolean | Date | ObjectId | Int32 | number[] | { a: number; b: number };
}

let sut: LiveServer;
let items: Collection;
let keyed: Collection<Keyed>;
let next = 0;

beforeAll(async () => {
  sut = await openServer();
});

beforeEach(() => {
  items = sut.db.collection(`items${++next}`);
  keyed = sut.db.collection<Keyed>(items.collectionName);
});

afterAll(() => sut.close());

describe('insert', () => {
  it('should keep every value as it was given, in order', async () => {
    const doc = {
      _id: new ObjectId(),
      z: new Int32(1),
      a: Long.fromString('9007199254740993'),
      d: Decimal128.fromString('1.10'),
      t: /x/i,
      n: null,
    };
    await items.insertOne(doc);
    const found = await items.findOne({ _id: doc._id }, { promoteValues: false });

    expect(Object.keys(found ?? {})).toEqual(['_id', 'z', 'a', 'd', 't', 'n']);
    expect(found?.['a']).toEqual(Long.fromString('9007199254740993'));
    expect(String(found?.['d'])).toBe('1.10');
  });

  it('should refuse a second document with the same _id', async () => {
    await keyed.insertOne({ _id: 7 });

    expect(await refusal(keyed.insertOne({ _id: 7 }))).toEqual({
      code: 11000,
      codeName: undefined,
      message: `E11000 duplicate key error collection: ${items.namespace} index: _id_ dup key: { _id: 7 }`,
    });
  });

  it('should stop an ordered bulk at the first error and pass over errors in an unordered one', async () => {
    const docs = [{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: 2 }, { _id: 3 }];
    const failures = async (ordered: boolean): Promise<number[]> => {
      await items.deleteMany({});
      const error = await keyed.insertMany(docs, { ordered }).catch((reason: unknown) => reason as MongoBulkWriteError);
      return error instanceof MongoBulkWriteError ? [error.writeErrors].flat().map(({ index }) => index) : [];
    };

    expect(await failures(true)).toEqual([1]);
    expect(await items.countDocuments()).toBe(1);
    expect(await failures(false)).toEqual([1, 3]);
    expect(await items.countDocuments()).toBe(3);
  });

  it('should refuse _id values that are arrays, and empty batches', async () => {
    expect(await refusal(keyed.insertOne({ _id: [1] }))).toMatchObject({ code: 53 });
    expect(await refusal(sut.db.command({ insert: items.collectionName, documents: [] }))).toMatchObject({
      code: 16,
      codeName: 'InvalidLength',
    });
  });

  it('should put _id first and make one where there is none', async () => {
    await sut.db.command({ insert: items.collectionName, documents: [{ a: 1, _id: 5 }, { a: 2 }] });
    const [first, second] = await items.find().toArray();

    expect(Object.keys(first ?? {})).toEqual(['_id', 'a']);
    expect(Object.keys(second ?? {})).toEqual(['_id', 'a']);
    expect(second?._id).toBeInstanceOf(ObjectId);
  });
});

describe('find', () => {
  it('should give batches, skip, limit and sort, and close the cursor at the end', async () => {
    await keyed.insertMany(Array.from({ length: 250 }, (_, i) => ({ _id: i, even: i % 2 === 0 })));

    expect(await items.find({}, { batchSize: 40 }).toArray()).toHaveLength(250);
    expect((await items.find({ even: true }).sort({ _id: -1 }).skip(2).limit(3).toArray()).map(({ _id }) => _id)).toEqual([244, 242, 240]);
    expect((await items.find({}).sort({ even: 1, _id: -1 }).limit(2).toArray()).map(({ _id }) => _id)).toEqual([249, 247]);
    expect(await items.find({}, { batchSize: 0 }).toArray()).toHaveLength(250);
    expect(await sut.db.collection('no such one').find().toArray()).toEqual([]);
  });

  it('should find by _id of any type and by document', async () => {
    const ids = [1, 'x', new Date(5), { a: 1, b: 2 }, new ObjectId(), true];
    await keyed.insertMany(ids.map((_id, i) => ({ _id, i })));

    for (const [i, _id] of ids.entries()) expect((await keyed.findOne({ _id }))?.['i']).toBe(i);
    expect(await items.findOne({ _id: { b: 2, a: 1 } })).toBeNull();
    expect((await items.findOne({ _id: new Int32(1) }))?.['i']).toBe(0);
  });

  it('should refuse to go on with a cursor that is dead or another collection’s', async () => {
    await items.insertMany([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const { cursor } = await sut.db.command({ find: items.collectionName, batchSize: 1 });
    const more = (collection: string): Promise<unknown> => sut.db.command({ getMore: Long.fromValue(cursor.id), collection });

    expect(await refusal(more('other'))).toMatchObject({ code: 13 });
    expect(await sut.db.command({ killCursors: items.collectionName, cursors: [Long.fromValue(cursor.id)] })).toMatchObject({
      cursorsNotFound: [],
      cursorsAlive: [],
      cursorsUnknown: [],
    });
    expect(await refusal(more(items.collectionName))).toMatchObject({ code: 43, codeName: 'CursorNotFound' });
  });

  it('should refuse negative numbers, wrong sorts and unknown hints', async () => {
    await items.insertOne({});

    expect(await refusal(sut.db.command({ find: items.collectionName, skip: -1 }))).toMatchObject({ code: 51024 });
    expect(await refusal(sut.db.command({ find: items.collectionName, sort: { a: 2 } }))).toMatchObject({ code: 15975 });
    expect(await refusal(items.find().hint('nope').toArray())).toMatchObject({ code: 2, codeName: 'BadValue' });
  });

  it('should cut batches at 16 MiB', async () => {
    await keyed.insertMany(Array.from({ length: 5 }, (_, _id) => ({ _id, text: 'x'.repeat(5 * 1024 * 1024) })));
    const { cursor } = await sut.db.command({ find: items.collectionName });

    expect(cursor.firstBatch.length).toBeLessThan(5);
    expect((await items.find({}).toArray()).map(({ _id }) => _id)).toEqual([0, 1, 2, 3, 4]);
  });

  it('should count and list distinct values', async () => {
    await items.insertMany([{ t: ['b', 'a'] }, { t: 'b' }, { t: 3 }, { t: 3.0 }, {}]);

    expect(await items.distinct('t')).toEqual([3, 'a', 'b']);
    expect(await items.distinct('t', { t: 'b' })).toEqual(['a', 'b']);
    expect(await items.countDocuments({ t: 'b' })).toBe(2);
    expect(await items.countDocuments({}, { skip: 1, limit: 3 })).toBe(3);
    expect(await items.estimatedDocumentCount()).toBe(5);
    expect(await sut.db.command({ count: items.collectionName, query: { t: 3 }, limit: 1 })).toEqual({ n: 1, ok: 1 });
  });
});

describe('update', () => {
  it('should tell matched from modified', async () => {
    await items.insertMany([{ a: 1 }, { a: 1, b: 1 }]);

    expect(await items.updateMany({ a: 1 }, { $set: { b: 1 } })).toMatchObject({ matchedCount: 2, modifiedCount: 1 });
    expect(await items.updateOne({ a: 9 }, { $set: { b: 1 } })).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 0 });
  });

  it('should upsert with the equalities of the filter', async () => {
    const result = await items.updateOne(
      { k: 'x', n: { $gt: 5 }, 'sub.a': 1 },
      { $set: { v: 1 }, $setOnInsert: { made: true } },
      { upsert: true },
    );

    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1 });
    expect(await items.findOne({ k: 'x' })).toEqual({ _id: result.upsertedId, k: 'x', sub: { a: 1 }, v: 1, made: true });
    expect(await keyed.updateOne({ _id: 'own' }, { $inc: { n: 2 } }, { upsert: true })).toMatchObject({ upsertedId: 'own' });
    expect(await keyed.replaceOne({ _id: 'own' }, { fresh: 1 }, { upsert: true })).toMatchObject({ modifiedCount: 1 });
    expect(await keyed.findOne({ _id: 'own' })).toEqual({ _id: 'own', fresh: 1 });
  });

  it('should update by pipeline, array filter and position', async () => {
    await keyed.insertOne({ _id: 1, a: 2, list: [{ n: 1 }, { n: 5 }] });
    await keyed.updateOne({ _id: 1 }, [{ $set: { b: { $multiply: ['$a', 10] } } }]);
    await keyed.updateOne({ _id: 1 }, { $set: { 'list.$[big].ok': true } }, { arrayFilters: [{ 'big.n': { $gt: 3 } }] });
    await items.updateOne({ 'list.n': 1 }, { $inc: { 'list.$.n': 10 } });

    expect(await keyed.findOne({ _id: 1 })).toEqual({ _id: 1, a: 2, list: [{ n: 11 }, { n: 5, ok: true }], b: 20 });
  });

  it('should refuse what MongoDB refuses and leave the document', async () => {
    await keyed.insertOne({ _id: 1, text: 'x' });

    expect(await refusal(keyed.updateOne({ _id: 1 }, { $set: { _id: 2 } }))).toMatchObject({ code: 66 });
    expect(await refusal(keyed.updateOne({ _id: 1 }, { $inc: { text: 1 } }))).toMatchObject({ code: 14 });
    expect(await refusal(keyed.updateOne({ _id: 1 }, { $set: { 'text.deep': 1 } }))).toMatchObject({ code: 28 });
    expect(await refusal(keyed.updateOne({ _id: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }))).toMatchObject({ code: 40 });
    expect(await keyed.findOne({})).toEqual({ _id: 1, text: 'x' });
  });

  it('should number the errors and upserts of a bulk by its statements', async () => {
    await keyed.insertMany([{ _id: 1 }, { _id: 2, text: 'x' }]);
    const error = await keyed
      .bulkWrite(
        [
          { updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 } } } },
          { updateOne: { filter: { _id: 2 }, update: { $inc: { text: 1 } } } },
          { updateOne: { filter: { _id: 3 }, update: { $set: { a: 1 } }, upsert: true } },
        ],
        { ordered: false },
      )
      .catch((reason: unknown) => reason as MongoBulkWriteError);

    expect(error).toBeInstanceOf(MongoBulkWriteError);
    if (!(error instanceof MongoBulkWriteError)) return;
    expect([error.writeErrors].flat()).toMatchObject([{ index: 1, code: 14 }]);
    expect(error.result).toMatchObject({ modifiedCount: 1, matchedCount: 1, upsertedCount: 1, upsertedIds: { 2: 3 } });
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
});

describe('delete', () => {
  it('should delete one or all', async () => {
    await items.insertMany([{ a: 1 }, { a: 1 }, { a: 1 }, { a: 2 }]);

    expect(await items.deleteOne({ a: 1 })).toMatchObject({ deletedCount: 1 });
    expect(await items.deleteMany({ a: 1 })).toMatchObject({ deletedCount: 2 });
    expect(await items.deleteMany({ a: 1 })).toMatchObject({ deletedCount: 0 });
    expect(await items.countDocuments()).toBe(1);
  });

  it('should refuse a statement without a limit', async () => {
    expect(await refusal(sut.db.command({ delete: items.collectionName, deletes: [{ q: {} }] }))).toMatchObject({ code: 40414 });
  });
});

describe('findAndModify', () => {
  beforeEach(async () => {
    await keyed.insertMany([
      { _id: 1, n: 3 },
      { _id: 2, n: 1 },
      { _id: 3, n: 2 },
    ]);
  });

  it('should give the document before or after the change, chosen by sort', async () => {
    expect(await items.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: 1 } })).toEqual({ _id: 2, n: 1 });
    expect(await items.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: -1 }, returnDocument: 'after' })).toEqual({ _id: 2, n: 21 });
    expect(await keyed.findOneAndReplace({ _id: 1 }, { z: 1 }, { returnDocument: 'after', projection: { _id: 0 } })).toEqual({ z: 1 });
    expect(await items.findOneAndDelete({}, { sort: { _id: 1 } })).toEqual({ _id: 1, z: 1 });
    expect(await keyed.findOneAndDelete({ _id: 99 })).toBeNull();
  });

  it('should tell an upsert from an update', async () => {
    const upserted = await keyed.findOneAndUpdate(
      { _id: 9 },
      { $set: { a: 1 } },
      { upsert: true, returnDocument: 'after', includeResultMetadata: true },
    );

    expect(upserted).toMatchObject({ lastErrorObject: { n: 1, updatedExisting: false, upserted: 9 }, value: { _id: 9, a: 1 } });
    expect(await sut.db.command({ findAndModify: items.collectionName, query: { _id: 99 }, update: { $set: { a: 1 } } })).toEqual({
      lastErrorObject: { n: 0, updatedExisting: false },
      value: null,
      ok: 1,
    });
  });

  it('should refuse contradictory orders', async () => {
    const run = (extra: object): Promise<unknown> => sut.db.command({ findAndModify: items.collectionName, query: {}, ...extra });

    expect(await refusal(run({ remove: true, update: { $set: { a: 1 } } }))).toMatchObject({ code: 9, codeName: 'FailedToParse' });
    expect(await refusal(run({ remove: true, new: true }))).toMatchObject({ code: 9 });
    expect(await refusal(run({}))).toMatchObject({ code: 9 });
  });
});

describe('write concern', () => {
  it('should take j and majority, and refuse more members than there are', async () => {
    await items.insertOne({ a: 1 }, { writeConcern: { w: 'majority', journal: true } });

    expect(await items.countDocuments()).toBe(1);
    expect(await refusal(items.insertOne({ a: 1 }, { writeConcern: { w: 2 } }))).toMatchObject({ code: 2 });
  });

  itEmbedded('should refuse collations by name', async () => {
    const statement = { q: {}, u: { $set: { a: 1 } }, collation: { locale: 'vi', strength: 1 } };

    expect(await refusal(sut.db.command({ update: items.collectionName, updates: [statement] }))).toMatchObject({ code: 238 });
  });
});
