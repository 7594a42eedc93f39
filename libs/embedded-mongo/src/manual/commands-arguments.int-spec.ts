import { Long, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;

const run = (command: Document): Promise<Document> => sut.db.command(command);

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

// https://www.mongodb.com/docs/v7.0/reference/error-codes/
describe('every command', () => {
  it('should be known by its exact name', async () => {
    const no = { code: 59, codeName: 'CommandNotFound' };
    expect(await refusal(run({ noSuchThing: 1 }))).toEqual({ ...no, message: "no such command: 'noSuchThing'" });
    for (const name of ['Insert', 'FIND', '$eval', 'constructor', '__proto__x'])
      expect(await refusal(run({ [name]: 1 }))).toMatchObject(no);
  });

  it.each([
    { find: 'c' },
    { count: 'c' },
    { distinct: 'c', key: 'a' },
    { aggregate: 'c', pipeline: [], cursor: {} },
    { insert: 'c', documents: [{}] },
    { update: 'c', updates: [{ q: {}, u: {} }] },
    { delete: 'c', deletes: [{ q: {}, limit: 0 }] },
    { findAndModify: 'c', remove: true },
    { getMore: Long.fromNumber(1), collection: 'c' },
    { killCursors: 'c', cursors: [] },
    { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] },
    { listIndexes: 'c' },
    { dropIndexes: 'c', index: 'a' },
  ] as Document[])('should refuse unknown fields (%o)', async (command) => {
    const { code, message } = await refusal(run({ ...command, foo: 1 }));

    expect(code).toBe(40415);
    expect(message).toContain(`${Object.keys(command)[0]}.foo`);
  });

  it.each([
    [{ insert: 'c' }, 'documents'],
    [{ update: 'c' }, 'updates'],
    [{ update: 'c', updates: [{ u: {} }] }, 'q'],
    [{ update: 'c', updates: [{ q: {} }] }, 'u'],
    [{ delete: 'c' }, 'deletes'],
    [{ delete: 'c', deletes: [{ q: {} }] }, 'limit'],
    [{ aggregate: 'c', cursor: {} }, 'pipeline'],
    [{ distinct: 'c' }, 'key'],
    [{ getMore: Long.fromNumber(1) }, 'collection'],
    [{ killCursors: 'c' }, 'cursors'],
    [{ createIndexes: 'c' }, 'indexes'],
    [{ dropIndexes: 'c' }, 'index'],
  ] as [Document, string][])('should miss what it needs (%o)', async (command, field) => {
    const { code, message } = await refusal(run(command));

    expect(code).toBe(40414);
    expect(message).toContain(field);
  });

  it.each([
    { find: 'c', filter: 'x' },
    { find: 'c', limit: 'x' },
    { find: 'c', singleBatch: 'x' },
    { count: 'c', query: 1 },
    { distinct: 'c', key: 1 },
    { aggregate: 'c', pipeline: {}, cursor: {} },
    { aggregate: 'c', pipeline: [1], cursor: {} },
    { insert: 'c', documents: 'x' },
    { insert: 'c', documents: [1] },
    { insert: 'c', documents: [{}], ordered: 'x' },
    { update: 'c', updates: {} },
    { update: 'c', updates: [{ q: 1, u: {} }] },
    { delete: 'c', deletes: [{ q: 1, limit: 0 }] },
    { findAndModify: 'c', query: 1, remove: true },
    { getMore: 1, collection: 'c' },
    { killCursors: 'c', cursors: 1 },
    { createIndexes: 'c', indexes: 1 },
    { dropIndexes: 'c', index: 1 },
  ] as Document[])('should refuse wrong types (%o)', async (command) => {
    expect(await refusal(run(command))).toMatchObject({ code: 14, codeName: 'TypeMismatch' });
  });

  it('should end at its time limit', async () => {
    const items = sut.db.collection('slow');
    await items.insertMany(Array.from({ length: 8_000 }, (_, i) => ({ i, text: `${i % 7}` })));
    const slow = items.aggregate([{ $sort: { text: 1, i: -1 } }, { $group: { _id: '$i' } }, { $sort: { _id: 1 } }], { maxTimeMS: 1 });

    expect(await refusal(slow.toArray())).toMatchObject({ code: 50, codeName: 'MaxTimeMSExpired' });
    expect(await items.aggregate([{ $limit: 1 }], { maxTimeMS: 60_000 }).toArray()).toHaveLength(1);
  });
});
