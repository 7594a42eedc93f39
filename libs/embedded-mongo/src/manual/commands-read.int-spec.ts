import { Long, type Collection, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

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

// https://www.mongodb.com/docs/v7.0/reference/command/count/ and distinct/
describe('count and distinct', () => {
  beforeEach(async () => {
    await items.insertMany([{ t: ['b', 'a'] }, { t: 'b' }, { t: 3 }, { t: 3.0 }, {}]);
  });

  it('should count, with skip and limit', async () => {
    expect(await items.countDocuments({ t: 'b' })).toBe(2);
    expect(await items.countDocuments({}, { skip: 1, limit: 3 })).toBe(3);
    expect(await items.estimatedDocumentCount()).toBe(5);
    expect(await run({ count: name, query: { t: 3 }, limit: 1 })).toEqual({ n: 1, ok: 1 });
    expect(await run({ count: name, limit: -2 })).toEqual({ n: 2, ok: 1 });
    expect(await run({ count: name, skip: 4, limit: 9, hint: '_id_' })).toEqual({ n: 1, ok: 1 });
    expect(await run({ count: 'nothing' })).toEqual({ n: 0, ok: 1 });
    expect(await codeOf(run({ count: name, skip: -1 }))).toBe(51024);
    expect(await codeOf(run({ count: name, query: { t: 3 }, hint: 'nope' }))).toBe(2);
  });

  it('should give each value once, arrays element by element', async () => {
    const sorted = async (filter?: Document): Promise<unknown[]> => (await items.distinct('t', filter ?? {})).map(String).sort();

    expect(await sorted()).toEqual(['3', 'a', 'b']);
    expect(await sorted({ t: 'b' })).toEqual(['a', 'b']);
    expect(await items.distinct('no.such.path')).toEqual([]);
    expect(await run({ distinct: 'nothing', key: 'a' })).toMatchObject({ values: [], ok: 1 });
    expect(await codeOf(run({ distinct: name, key: 't', query: { $nope: 1 } }))).toBe(2);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/command/aggregate/
describe('aggregate', () => {
  const aggregate = (more: Document): Promise<Document> => run({ aggregate: name, pipeline: [{ $match: {} }], cursor: {}, ...more });

  beforeEach(async () => {
    await keyed.insertMany(Array.from({ length: 150 }, (_, _id) => ({ _id, n: 149 - _id })));
  });

  it('should answer by cursors of the size that is asked for', async () => {
    expect((await aggregate({}))['cursor'].firstBatch).toHaveLength(101);
    const { cursor } = await aggregate({ cursor: { batchSize: 0 } });
    expect(cursor).toMatchObject({ ns: items.namespace, firstBatch: [] });
    expect((await run({ getMore: Long.fromValue(cursor.id), collection: name }))['cursor']).toMatchObject({
      id: 0,
      nextBatch: { length: 150 },
    });
    expect((await aggregate({ cursor: { batchSize: 200 }, allowDiskUse: true }))['cursor']).toMatchObject({
      id: 0,
      firstBatch: { length: 150 },
    });
    expect(await items.aggregate([], { batchSize: 7 }).toArray()).toHaveLength(150);
    expect(
      await sut.db
        .collection('nothing')
        .aggregate([{ $match: {} }])
        .toArray(),
    ).toEqual([]);
  });

  it('should take variables, a hint and the wish to explain', async () => {
    await items.createIndex({ n: 1 });
    const pipeline = [{ $match: { $expr: { $lt: ['$n', '$$n'] } } }];

    expect(await items.aggregate(pipeline, { let: { n: 2 }, hint: 'n_1' }).toArray()).toEqual(
      [149, 148].map((_id) => ({ _id, n: 149 - _id })),
    );
    expect(JSON.stringify(await run({ aggregate: name, pipeline: [{ $match: { n: 1 } }], explain: true }))).toContain('n_1');
    expect(await codeOf(aggregate({ hint: 'nope' }))).toBe(2);
  });

  it('should refuse orders without a cursor, and stages that are none', async () => {
    expect(await codeOf(run({ aggregate: name, pipeline: [] }))).toBe(9);
    expect(await codeOf(aggregate({ cursor: 1 }))).toBe(14);
    expect(await codeOf(aggregate({ cursor: { batchSize: -1 } }))).toBe(51024);
    expect(await codeOf(aggregate({ cursor: { foo: 1 } }))).toBe(40415);
    expect(await codeOf(aggregate({ pipeline: [{ $nope: 1 }] }))).toBe(40324);
    expect(await codeOf(aggregate({ pipeline: [{ $match: {}, $limit: 1 }] }))).toBe(40323);
    expect(await codeOf(run({ aggregate: 1, pipeline: [{ $match: {} }], cursor: {} }))).toBe(sut.isOurs ? 238 : 73);
  });
});
