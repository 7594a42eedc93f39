import { Binary, BSONRegExp, Decimal128, Long, MaxKey, MinKey, ObjectId, Timestamp, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

/**
 * What mingo 7 answers otherwise than MongoDB 7 in the stages of aggregations, one test each: MongoDB's answer, or the refusal where the embedded database has
 * none. The stored documents are the smallest that tell them apart.
 */

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
  await sut.db.collection<any>('foreign').insertMany([
    { _id: 1, k: 'a', tags: ['x', 'y'] },
    { _id: 2, k: 'b', tags: 'x' },
    { _id: 3, k: 'b', tags: ['y'] },
  ]);
});

afterAll(() => sut.close());

async function run(docs: Document[], stages: Document[], options: Document = {}): Promise<Document[]> {
  const items = sut.db.collection<any>('items');
  await items.deleteMany({});
  if (docs.length > 0) await items.insertMany(docs.map((doc) => ({ ...doc })));
  return items.aggregate(stages, options).toArray();
}

const refused = (...stages: Document[]) => refusal(run([{ _id: 1, d: new Date(0), n: 1 }], stages));

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/lookup/
describe('where mingo and MongoDB differ: $lookup', () => {
  const fields = { from: 'foreign', localField: 'k', foreignField: 'k' };

  it('should run a pipeline over the matched documents only', async () => {
    const lookup = { ...fields, pipeline: [{ $match: { tags: 'x' } }, { $project: { _id: 1 } }], as: 'f' };
    expect(await run([{ _id: 1, k: 'b' }], [{ $lookup: lookup }])).toEqual([{ _id: 1, k: 'b', f: [{ _id: 2 }] }]);
  });

  it('should write to a dotted path', async () => {
    const lookup = { ...fields, as: 'o.f' };
    expect(await run([{ _id: 1, k: 'a', o: { z: 1 } }], [{ $lookup: lookup }, { $project: { o: { z: 1, f: { _id: 1 } } } }])).toEqual([
      { _id: 1, o: { z: 1, f: [{ _id: 1 }] } },
    ]);
  });

  it('should not look into arrays by $expr', async () => {
    const pipeline = [{ $match: { $expr: { $eq: ['$tags', '$$t'] } } }, { $project: { _id: 1 } }];
    expect(await run([{ _id: 1, t: 'x' }], [{ $lookup: { from: 'foreign', let: { t: '$t' }, pipeline, as: 'f' } }])).toEqual([
      { _id: 1, t: 'x', f: [{ _id: 2 }] },
    ]);
  });

  it('should give each document joined documents of its own', async () => {
    const stages = [{ $lookup: { ...fields, as: 'j' } }, { $unwind: '$j' }, { $set: { 'j.o': '$_id' } }, { $sort: { _id: 1 } }];
    const joined = await run([1, 2].map((_id) => ({ _id, k: 'a' })), stages); // prettier-ignore
    expect(joined.map(({ j }) => (j as Document)['o'] as unknown)).toEqual([1, 2]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/group/
describe('where mingo and MongoDB differ: $group', () => {
  const group = async (accumulator: Document, ...values: unknown[]): Promise<unknown> => {
    const docs = values.map((v) => (v === undefined ? {} : { v }));
    return (await run(docs, [{ $group: { _id: null, r: accumulator } }], { promoteLongs: false }))[0]?.['r'];
  };

  it('should not push null for what is missing', async () => {
    expect(await group({ $push: '$v' }, 1, undefined, null)).toEqual([1, null]);
  });

  it('should not add null to a set for what is missing', async () => {
    expect(await group({ $addToSet: '$v' }, 1, undefined)).toEqual([1]);
  });

  it('should sum longs beyond 2^53', async () => {
    const sum = await group({ $sum: '$v' }, Long.fromString('9007199254740993'), Long.fromString('9007199254740993'), 1);
    expect(sum).toStrictEqual(Long.fromString('18014398509481987'));
  });

  itEmbedded('should refuse $top, and not give an array', async () => {
    const found = await refused({ $group: { _id: null, r: { $top: { sortBy: { n: 1 }, output: '$n' } } } });
    expect(found).toMatchObject({ code: 238 });
    expect(found.message).toContain('$top');
  });

  it('should refuse a field that is no accumulator', async () => {
    expect(await refused({ $group: { _id: null, x: '$v' } })).toMatchObject({ code: 40234 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation-pipeline/
describe('where mingo and MongoDB differ: stages', () => {
  it('should give no document for a $count of nothing', async () => {
    expect(await run([], [{ $count: 'n' }])).toEqual([]);
  });

  it('should put a boundary into the bucket it begins', async () => {
    const bucket = { groupBy: '$v', boundaries: [0, 10, 20], output: { v: { $push: '$v' } } };
    expect(await run([{ v: 0 }, { v: 10 }], [{ $bucket: bucket }])).toEqual([{ _id: 0, v: [0] }, { _id: 10, v: [10] }]); // prettier-ignore
  });

  it('should refuse a $limit of 0', async () => {
    expect(await refused({ $limit: 0 })).toMatchObject({ code: 15958 });
  });

  it("should keep '' when unwinding", async () => {
    expect(
      await run(
        [
          { _id: 1, a: ['', 'x'] },
          { _id: 2, a: '' },
        ],
        [{ $unwind: '$a' }],
      ),
    ).toEqual([
      { _id: 1, a: '' },
      { _id: 1, a: 'x' },
      { _id: 2, a: '' },
    ]);
  });

  it('should $set into each document of an array', async () => {
    expect(await run([{ _id: 1, a: [{ x: 1 }, { x: 2 }, 3] }], [{ $set: { 'a.y': 9 } }])).toEqual([
      { _id: 1, a: [{ x: 1, y: 9 }, { x: 2, y: 9 }, { y: 9 }] }, // prettier-ignore
    ]);
  });

  it('should $set by a nested object into what is there', async () => {
    expect(await run([{ _id: 1, o: { x: 1, p: { y: 1 } } }], [{ $set: { o: { z: 2, p: { w: 3 } } } }])).toEqual([
      { _id: 1, o: { x: 1, p: { y: 1, w: 3 }, z: 2 } },
    ]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/bson-type-comparison-order/
describe('where mingo and MongoDB differ: $sort', () => {
  const order = async (values: unknown[], direction: 1 | -1): Promise<unknown[]> =>
    (await run(values.map((v, _id) => ({ _id, v })), [{ $sort: { v: direction, _id: 1 } }])).map(({ _id }) => _id as number); // prettier-ignore

  it('should sort arrays by their smallest upwards, by their largest downwards', async () => {
    const arrays = [[1, 9], [5], [2, 3]]; // prettier-ignore
    expect(await order(arrays, 1)).toEqual([0, 2, 1]);
    expect(await order(arrays, -1)).toEqual([0, 1, 2]);
  });

  it('should put every type in its place', async () => {
    const ascending = [
      new MinKey(), null, Decimal128.fromString('-1.5'), 0, Decimal128.fromString('0.5'), Long.fromNumber(1), 'a', { a: 1 },
      new Binary(Buffer.from('a')), new ObjectId('000000000000000000000001'), false, true, new Date(0), new Timestamp({ t: 1, i: 1 }),
      new BSONRegExp('a'), new MaxKey(),
    ]; // prettier-ignore
    const ids = ascending.map((_, i) => i);
    const shuffled = ids.map((i) => (i * 7) % ids.length);
    const found = await order(shuffled.map((i) => ascending[i]), 1); // prettier-ignore
    expect(found.map((i) => shuffled[i as number])).toEqual(ids);
  });

  it('should put NaN before all numbers', async () => {
    expect(await order([1, NaN, -Infinity, 0], 1)).toEqual([1, 2, 3, 0]);
    expect(await order([1, NaN, -Infinity, 0], -1)).toEqual([0, 3, 2, 1]);
  });
});
