import { Decimal128, Double, Long, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
const known = new Map<readonly Document[], string>();

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

/** The `_id`s (their positions, where they have none) of the documents that a filter finds. */
async function matching(filter: Document, docs: readonly Document[]): Promise<unknown[]> {
  const name = known.get(docs) ?? `c${known.size}`;
  const items = sut.db.collection<any>(name);
  if (!known.has(docs)) await items.insertMany(docs.map((doc, _id) => ({ _id, ...doc })));
  known.set(docs, name);
  return (await items.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
}

const refuse = (filter: Document) => refusal(sut.db.collection('none').find(filter).toArray());

type Row = [filter: Document, ids: unknown[]];

// https://www.mongodb.com/docs/v7.0/reference/operator/query/all/
describe('$all', () => {
  const inventory = [
    {
      _id: 'xyz',
      tags: ['school', 'book', 'bag', 'headphone', 'appliance'],
      qty: [
        { size: 'S', num: 10, color: 'blue' },
        { size: 'M', num: 45, color: 'blue' },
        { size: 'L', num: 100, color: 'green' },
      ],
    },
    {
      _id: 'abc',
      tags: ['appliance', 'school', 'book'],
      qty: [
        { size: '6', num: 100, color: 'green' },
        { size: '6', num: 50, color: 'blue' },
        { size: '8', num: 100, color: 'brown' },
      ],
    },
    {
      _id: 'efg',
      tags: ['school', 'book'],
      qty: [
        { size: 'S', num: 10, color: 'blue' },
        { size: 'M', num: 100, color: 'blue' },
        { size: 'L', num: 100, color: 'green' },
      ],
    },
    { _id: 'ijk', tags: ['electronics', 'school'], qty: [{ size: 'M', num: 100, color: 'green' }] },
  ];
  const plain = [{ v: 50 }, { v: [50, 60] }, { v: [[50, 60], 1] }, { v: [] }, {}, { v: [null] }, { v: ['ab', 'cd'] }];

  it.each<Row>([
    [{ tags: { $all: ['appliance', 'school', 'book'] } }, ['abc', 'xyz']],
    [{ qty: { $all: [{ $elemMatch: { size: 'M', num: { $gt: 50 } } }, { $elemMatch: { num: 100, color: 'green' } }] } }, ['efg', 'ijk']],
    [{ 'qty.num': { $all: [100] } }, ['abc', 'efg', 'ijk', 'xyz']],
    [{ 'qty.num': { $all: [10, 45] } }, ['xyz']],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, inventory)).toEqual(ids);
  });

  it.each<Row>([
    [{ v: { $all: [50] } }, [0, 1]],
    [{ v: { $all: [50, 50] } }, [0, 1]],
    [{ v: { $all: [50, 60] } }, [1]],
    [{ v: { $all: [[50, 60]] } }, [1, 2]],
    [{ v: { $all: [] } }, []],
    [{ v: { $all: [null] } }, [4, 5]],
    [{ v: { $all: [/^a/, /d$/] } }, [6]],
    [{ v: { $not: { $all: [50] } } }, [2, 3, 4, 5, 6]],
  ])('should take scalars, whole arrays and patterns: %j', async (filter, ids) => {
    expect(await matching(filter, plain)).toEqual(ids);
  });

  it.each<Document>([
    { v: { $all: 5 } },
    { v: { $all: { a: 1 } } },
    { v: { $all: [{ $gt: 1 }] } },
    { v: { $all: [{ $elemMatch: { a: 1 } }, 5] } },
    { v: { $all: [5, { $elemMatch: { a: 1 } }] } },
    { v: { $all: [{ $elemMatch: 5 }] } },
  ])('should refuse %j', async (filter) => {
    expect(await refuse(filter)).toMatchObject({ code: 2, codeName: 'BadValue' });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/elemMatch/
describe('$elemMatch', () => {
  const scores = [
    { _id: 1, results: [82, 85, 88] },
    { _id: 2, results: [75, 88, 89] },
  ];
  const survey = [
    { _id: 1, results: [{ product: 'abc', score: 10 }, { product: 'xyz', score: 5 }] }, // prettier-ignore
    { _id: 2, results: [{ product: 'abc', score: 8 }, { product: 'xyz', score: 7 }] }, // prettier-ignore
    { _id: 3, results: [{ product: 'abc', score: 7 }, { product: 'xyz', score: 8 }] }, // prettier-ignore
    { _id: 4, results: [{ product: 'abc', score: 7 }, { product: 'def', score: 8 }] }, // prettier-ignore
    { _id: 5, results: { product: 'xyz', score: 7 } },
  ];
  const nested = [{ v: [[1, 5], [9]] }, { v: [3] }, { v: 3 }, { v: [{ w: [1, 5] }] }, { v: [] }, { v: ['abc'] }];

  it('should find the manual’s scores', async () => {
    expect(await matching({ results: { $elemMatch: { $gte: 80, $lt: 85 } } }, scores)).toEqual([1]);
    expect(await matching({ results: { $gte: 80, $lt: 85 } }, scores)).toEqual([1, 2]);
  });

  it.each<Row>([
    [{ results: { $elemMatch: { product: 'xyz', score: { $gte: 8 } } } }, [3]],
    [{ results: { $elemMatch: { product: 'xyz' } } }, [1, 2, 3]],
    [{ 'results.product': 'xyz' }, [1, 2, 3, 5]],
    [{ results: { $elemMatch: { product: { $ne: 'xyz' } } } }, [1, 2, 3, 4]],
    [{ 'results.product': { $ne: 'xyz' } }, [4]],
    [{ results: { $not: { $elemMatch: { product: 'xyz' } } } }, [4, 5]],
    [{ results: { $elemMatch: { $or: [{ product: 'def' }, { score: 5 }] } } }, [1, 4]],
    [{ results: { $elemMatch: { $nor: [{ product: 'abc' }, { product: 'xyz' }] } } }, [4]],
    [{ results: { $elemMatch: { $and: [{ product: 'abc' }, { score: { $lt: 8 } }] } } }, [3, 4]],
    [{ results: { $elemMatch: {} } }, [1, 2, 3, 4]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, survey)).toEqual(ids);
  });

  it.each<Row>([
    [{ v: { $elemMatch: { $elemMatch: { $gt: 4, $lt: 9 } } } }, [0]],
    [{ v: { $elemMatch: { $eq: 3 } } }, [1]],
    [{ v: { $elemMatch: { $eq: [9] } } }, [0]],
    [{ v: { $elemMatch: { w: { $elemMatch: { $gt: 4 } } } } }, [3]],
    [{ v: { $elemMatch: { $not: { $gte: 3 } } } }, [0, 3, 5]],
    [{ v: { $elemMatch: { $in: [/^a/, 3] } } }, [1, 5]],
    [{ v: { $elemMatch: { $regex: 'C', $options: 'i' } } }, [5]],
    [{ v: { $elemMatch: { 0: 9 } } }, [0]],
  ])('should go into arrays in arrays only where asked: %j', async (filter, ids) => {
    expect(await matching(filter, nested)).toEqual(ids);
  });

  it.each<Document>([
    { v: { $elemMatch: 5 } },
    { v: { $elemMatch: [1] } },
    { v: { $elemMatch: /x/ } },
    { v: { $elemMatch: { $gt: 1, b: 2 } } },
    { v: { $elemMatch: { $expr: true } } },
    { $elemMatch: { a: 1 } },
  ])('should refuse %j', async (filter) => {
    expect(await refuse(filter)).toMatchObject({ code: 2, codeName: 'BadValue' });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/size/
describe('$size', () => {
  const docs = [
    { field: ['red', 'green'] },
    { field: ['apple', 'lime'] },
    { field: 'fruit' },
    { field: ['orange', 'lemon', 'grapefruit'] },
    { field: [] },
    { field: [['a', 'b']] },
    { field: [{ in: [1] }, { in: [1, 2] }] },
    { field: { in: [1, 2] } },
  ];

  it.each<Row>([
    [{ field: { $size: 2 } }, [0, 1, 6]],
    [{ field: { $size: 1 } }, [5]],
    [{ field: { $size: 0 } }, [4]],
    [{ field: { $size: new Double(3) } }, [3]],
    [{ field: { $size: Long.fromNumber(3) } }, [3]],
    [{ field: { $size: Decimal128.fromString('3.0') } }, [3]],
    [{ 'field.in': { $size: 2 } }, [6, 7]],
    [{ 'field.0': { $size: 2 } }, [5]],
    [{ field: { $not: { $size: 2 } } }, [2, 3, 4, 5, 7]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, docs)).toEqual(ids);
  });

  it.each([-1, 1.5, '2', NaN, null, { $gt: 1 }])('should refuse %j', async (size) => {
    expect(await refuse({ field: { $size: size } })).toMatchObject({ code: 2, codeName: 'BadValue' });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/mod/
describe('$mod', () => {
  const inventory = [
    { _id: 1, item: 'abc123', qty: 0 },
    { _id: 2, item: 'xyz123', qty: 5 },
    { _id: 3, item: 'ijk123', qty: 12 },
  ];
  const others = [
    { v: 7.9 },
    { v: '8' },
    { v: [1, 8] },
    { v: NaN },
    { v: Infinity },
    { v: -7 },
    { v: Long.fromString('9007199254740995') },
    { v: Decimal128.fromString('11.5') },
    { v: 1e300 },
  ];

  it.each<Row>([
    [{ qty: { $mod: [4, 0] } }, [1, 3]],
    [{ qty: { $mod: [4.0, 0] } }, [1, 3]],
    [{ qty: { $mod: [4.5, 0] } }, [1, 3]],
    [{ qty: { $mod: [4.99, 0] } }, [1, 3]],
    [{ qty: { $mod: [-4, -0] } }, [1, 3]],
    [{ qty: { $mod: [4, 1.9] } }, [2]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, inventory)).toEqual(ids);
  });

  it.each<Row>([
    [{ v: { $mod: [4, 3] } }, [0, 6, 7]],
    [{ v: { $mod: [4, -3] } }, [5]],
    [{ v: { $mod: [4, 0] } }, [2]],
    [{ v: { $not: { $mod: [4, 3] } } }, [1, 2, 3, 4, 5, 8]],
  ])('should take numbers only, cut towards zero, with the sign of the dividend: %j', async (filter, ids) => {
    expect(await matching(filter, others)).toEqual(ids);
  });

  it.each([[[4]], [[]], [[4, 1, 2, 3]], [[0, 1]], [[0.5, 1]], [['4', 0]], [[4, NaN]], [[Infinity, 0]], [4], [{ a: 1 }]])(
    'should refuse %j',
    async (operand) => {
      expect(await refuse({ v: { $mod: operand } })).toMatchObject({ code: 2, codeName: 'BadValue' });
    },
  );
});
