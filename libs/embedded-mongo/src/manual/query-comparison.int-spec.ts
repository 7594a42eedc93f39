import { Decimal128, Double, Long, MaxKey, MinKey, ObjectId, type Document } from 'mongodb';
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

// https://www.mongodb.com/docs/v7.0/reference/operator/query/eq/
describe('$eq and implicit equality', () => {
  const inventory = [
    { _id: 1, item: { name: 'ab', code: '123' }, qty: 15, tags: ['A', 'B', 'C'] },
    { _id: 2, item: { name: 'cd', code: '123' }, qty: 20, tags: ['B'] },
    { _id: 3, item: { name: 'ij', code: '456' }, qty: 25, tags: ['A', 'B'] },
    { _id: 4, item: { name: 'xy', code: '456' }, qty: 30, tags: ['B', 'A'] },
    { _id: 5, item: { name: 'mn', code: '000' }, qty: 20, tags: [['A', 'B'], 'C'] },
  ];
  const companies = [
    { _id: '001', company: 'MongoDB' },
    { _id: '002', company: 'MongoDB2' },
  ];

  it.each<Row>([
    [{ qty: { $eq: 20 } }, [2, 5]],
    [{ qty: 20 }, [2, 5]],
    [{ 'item.name': { $eq: 'ab' } }, [1]],
    [{ tags: { $eq: 'B' } }, [1, 2, 3, 4]],
    [{ tags: { $eq: ['A', 'B'] } }, [3, 5]],
    [{ tags: ['A', 'B'] }, [3, 5]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, inventory)).toEqual(ids);
  });

  it('should tell a regular expression from equality with one', async () => {
    expect(await matching({ company: 'MongoDB' }, companies)).toEqual(['001']);
    expect(await matching({ company: { $eq: 'MongoDB' } }, companies)).toEqual(['001']);
    expect(await matching({ company: /MongoDB/ }, companies)).toEqual(['001', '002']);
    expect(await matching({ company: { $eq: /MongoDB/ } }, companies)).toEqual([]);
  });

  // https://www.mongodb.com/docs/v7.0/tutorial/query-embedded-documents/
  const sizes = [
    { item: 'journal', size: { h: 14, w: 21, uom: 'cm' } },
    { item: 'notebook', size: { h: 8.5, w: 11, uom: 'in' } },
    { item: 'paper', size: { h: 8.5, w: 11, uom: 'in' } },
  ];

  it('should compare documents whole, in their field order', async () => {
    expect(await matching({ size: { h: 14, w: 21, uom: 'cm' } }, sizes)).toEqual([0]);
    expect(await matching({ size: { w: 21, h: 14, uom: 'cm' } }, sizes)).toEqual([]);
    expect(await matching({ size: { h: 14, w: 21 } }, sizes)).toEqual([]);
    expect(await matching({ 'size.uom': 'in' }, sizes)).toEqual([1, 2]);
  });

  it('should reach into arrays of documents, by position too, but not through two arrays', async () => {
    const docs = [
      { a: [{ b: 1 }, { b: [2, 3] }] },
      { a: { b: 2 } },
      { a: [[{ b: 2 }]] },
      { a: [{ b: 2 }, 7] },
      { 'x.y': 1, a: { 1: 7 } },
      { a: [1, [7]] },
    ];
    expect(await matching({ 'a.b': 2 }, docs)).toEqual([0, 1, 3]);
    expect(await matching({ 'a.1': 7 }, docs)).toEqual([3, 4]);
    expect(await matching({ 'a.0.b': 2 }, docs)).toEqual([2, 3]);
  });
});

// https://www.mongodb.com/docs/v7.0/tutorial/query-for-null-fields/
describe('null', () => {
  const docs = [{ item: null }, {}, { item: 5 }, { item: [null, 1] }, { item: [] }];

  it.each<Row>([
    [{ item: null }, [0, 1, 3]],
    [{ item: { $eq: null } }, [0, 1, 3]],
    [{ item: { $ne: null } }, [2, 4]],
    [{ item: { $type: 10 } }, [0, 3]],
    [{ item: { $exists: false } }, [1]],
    [{ item: { $in: [null] } }, [0, 1, 3]],
    [{ item: { $gte: null } }, [0, 1, 3]],
    [{ item: { $lte: null } }, [0, 1, 3]],
    [{ item: { $gt: null } }, []],
    [{ item: { $lt: null } }, []],
    [{ 'item.x': null }, [0, 1, 2]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, docs)).toEqual(ids);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/gt/ (gte, lt, lte, ne)
describe('$gt, $gte, $lt, $lte and $ne', () => {
  const inventory = [
    { item: 'nuts', quantity: 30, carrier: { name: 'Shipit', fee: 3 } },
    { item: 'bolts', quantity: 50, carrier: { name: 'Shipit', fee: 4 } },
    { item: 'washers', quantity: 10, carrier: { name: 'Shipit', fee: 1 } },
  ];

  it.each<Row>([
    [{ quantity: { $gt: 20 } }, [0, 1]],
    [{ quantity: { $gte: 30 } }, [0, 1]],
    [{ quantity: { $gt: 30 } }, [1]],
    [{ quantity: { $lt: 20 } }, [2]],
    [{ quantity: { $lte: 10 } }, [2]],
    [{ quantity: { $lt: 10 } }, []],
    [{ quantity: { $gt: 10, $lt: 50 } }, [0]],
    [{ 'carrier.fee': { $gt: 2 } }, [0, 1]],
    [{ quantity: { $ne: 20 } }, [0, 1, 2]],
    [{ quantity: { $ne: 10 } }, [0, 1]],
    [{ 'carrier.fee': { $ne: 1 } }, [0, 1]],
    [{ missing: { $ne: 1 } }, [0, 1, 2]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, inventory)).toEqual(ids);
  });

  const oid = new ObjectId('0123456789abcdef01234567');
  const mixed = [
    { v: 5 },
    { v: '5' },
    { v: new Date(5) },
    { v: true },
    { v: oid },
    { v: [1, 9] },
    { v: NaN },
    { v: {} },
    {},
    { v: new MinKey() },
    { v: new MaxKey() },
    { v: Long.fromString('9007199254740993') },
    { v: Decimal128.fromString('5.0') },
  ];

  it.each<Row>([
    [{ v: { $gt: 4 } }, [0, 5, 11, 12]],
    [{ v: { $lte: 5 } }, [0, 5, 12]],
    [{ v: { $gte: '' } }, [1]],
    [{ v: { $lt: new Date(6) } }, [2]],
    [{ v: { $gte: false } }, [3]],
    [{ v: { $gt: new ObjectId('000000000000000000000000') } }, [4]],
    [{ v: { $gte: NaN } }, [6]],
    [{ v: { $lt: NaN } }, []],
    [{ v: { $gte: {} } }, [7]],
    [{ v: {} }, [7]],
    [{ v: { $gt: new MinKey() } }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]],
    [{ v: { $lt: new MaxKey() } }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]],
    [{ v: { $gt: new Double(9007199254740992) } }, [11]],
    [{ v: { $gte: 5, $lte: 5 } }, [0, 5, 12]],
    [{ v: { $gt: 1, $lt: 9 } }, [0, 5, 12]],
    [{ v: { $gt: [1] } }, [5]],
    [{ v: { $gt: [1, 9] } }, []],
    [{ v: { $ne: 9 } }, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]],
  ])('should compare within the type of the operand: %j', async (filter, ids) => {
    expect(await matching(filter, mixed)).toEqual(ids);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/in/ (nin)
describe('$in and $nin', () => {
  const inventory = [
    { item: 'Pens', quantity: 350, tags: ['school', 'office'] },
    { item: 'Erasers', quantity: 15, tags: ['school', 'home'] },
    { item: 'Maps', tags: ['office', 'storage'] },
    { item: 'Books', quantity: 5, tags: ['school', 'storage', 'home'] },
  ];

  it.each<Row>([
    [{ quantity: { $in: [5, 15] } }, [1, 3]],
    [{ tags: { $in: ['home', 'school'] } }, [0, 1, 3]],
    [{ tags: { $in: [/^be/, /^st/] } }, [2, 3]],
    [{ quantity: { $nin: [5, 15] } }, [0, 2]],
    [{ tags: { $nin: ['school'] } }, [2]],
    [{ tags: { $nin: [/^st/] } }, [0, 1]],
    [{ quantity: { $in: [] } }, []],
    [{ quantity: { $nin: [] } }, [0, 1, 2, 3]],
    [{ quantity: { $in: [null, '5'] } }, [2]],
    [{ tags: { $in: [['school', 'office'], 'storage'] } }, [0, 2, 3]],
    [{ quantity: { $in: [Decimal128.fromString('5.00'), Long.fromNumber(350)] } }, [0, 3]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, inventory)).toEqual(ids);
  });
});

describe('malformed comparisons', () => {
  it.each<[Document, number]>([
    [{ a: { $gt: /x/ } }, 2],
    [{ a: { $gte: /x/ } }, 2],
    [{ a: { $lt: /x/ } }, 2],
    [{ a: { $lte: /x/ } }, 2],
    [{ a: { $ne: /x/ } }, 2],
    [{ a: { $in: 5 } }, 2],
    [{ a: { $in: { b: 1 } } }, 2],
    [{ a: { $in: [{ $gt: 1 }] } }, 2],
    [{ a: { $in: [{ $regex: '^a' }] } }, 2],
    [{ a: { $nin: 'x' } }, 2],
    [{ a: { $nin: [{ $eq: 1 }] } }, 2],
    [{ a: { $eq: 1, b: 2 } }, 2],
  ])('should be refused: %j', async (filter, code) => {
    expect(await refuse(filter)).toMatchObject({ code, codeName: 'BadValue' });
  });
});
