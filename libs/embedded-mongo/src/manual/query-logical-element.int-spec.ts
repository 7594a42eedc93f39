import {
  Binary,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type CollationOptions,
  type Document,
} from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

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

const inventory = [
  { item: 'a', price: 0.99, qty: 15, sale: true },
  { item: 'b', price: 1.99, qty: 25, sale: false },
  { item: 'c', price: 1.99, qty: 10, sale: true },
  { item: 'd', price: 0.5, qty: 60 },
  { item: 'e', qty: 5 },
];

// https://www.mongodb.com/docs/v7.0/reference/operator/query-logical/
describe('$and, $or, $nor and $not', () => {
  it.each<Row>([
    [{ $and: [{ price: { $ne: 1.99 } }, { price: { $exists: true } }] }, [0, 3]],
    [{ $and: [{ $or: [{ qty: { $lt: 10 } }, { qty: { $gt: 50 } }] }, { $or: [{ sale: true }, { price: { $lt: 5 } }] }] }, [3]],
    [{ $or: [{ qty: { $lt: 20 } }, { price: 1.99 }] }, [0, 1, 2, 4]],
    [{ $nor: [{ price: 1.99 }, { qty: { $lt: 20 } }, { sale: true }] }, [3]],
    [{ $nor: [{ price: 1.99 }, { price: { $exists: false } }] }, [0, 3]],
    [{ price: { $not: { $gt: 1.0 } } }, [0, 3, 4]],
    [{ item: { $not: /^[ab]/ } }, [2, 3, 4]],
    [{ item: { $not: { $regex: '^[ab]' } } }, [2, 3, 4]],
    [{ qty: { $not: { $gt: 10, $lt: 60 } } }, [2, 3, 4]],
    [{ price: { $not: { $not: { $gt: 1.0 } } } }, [1, 2]],
    [{ price: { $not: { $eq: 1.99 }, $exists: true } }, [0, 3]],
    [{ $and: [{ $and: [{ $nor: [{ qty: 5 }] }] }] }, [0, 1, 2, 3]],
    [{}, [0, 1, 2, 3, 4]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, inventory)).toEqual(ids);
  });

  it.each<Document>([
    { $and: [] },
    { $and: {} },
    { $and: [5] },
    { $or: [] },
    { $or: ['a'] },
    { $nor: [] },
    { $nor: [null] },
    { a: { $not: 5 } },
    { a: { $not: {} } },
    { a: { $and: [{ $gt: 1 }] } },
  ])('should refuse %j', async (filter) => {
    expect(await refuse(filter)).toMatchObject({ code: 2, codeName: 'BadValue' });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/exists/
describe('$exists', () => {
  const spices = [
    { saffron: 5, cinnamon: 5, mustard: null },
    { saffron: 3, cinnamon: null, mustard: 8 },
    { saffron: null, cinnamon: 3, mustard: 9 },
    { saffron: 1, cinnamon: 2, mustard: 3 },
    { saffron: 2, mustard: 5 },
    { cinnamon: 2 },
    { jars: [{ lid: 1 }, {}], empty: [] },
  ];

  it.each<Row>([
    [{ saffron: { $exists: true } }, [0, 1, 2, 3, 4]],
    [{ cinnamon: { $exists: false } }, [4, 6]],
    [{ saffron: { $exists: true, $nin: [1, 2] } }, [0, 1, 2]],
    [{ mustard: { $exists: 0 } }, [5, 6]],
    [{ mustard: { $exists: 'yes' } }, [0, 1, 2, 3, 4]],
    [{ 'jars.lid': { $exists: true } }, [6]],
    [{ 'jars.lid': { $exists: false } }, [0, 1, 2, 3, 4, 5]],
    [{ 'empty.lid': { $exists: true } }, []],
    [{ empty: { $exists: true } }, [6]],
  ])('should find by %j', async (filter, ids) => {
    expect(await matching(filter, spices)).toEqual(ids);
  });

  it('should be refused at the top level', async () => {
    expect(await refuse({ $exists: true })).toMatchObject({ code: 2 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/type/
describe('$type', () => {
  const addressBook = [
    { address: '2030 Martian Way', zipCode: '90698345' },
    { address: '156 Lunar Place', zipCode: new Int32(43339374) },
    { address: '2324 Pluto Place', zipCode: Long.fromNumber(3921412) },
    { address: '55 Saturn Ring', zipCode: new Int32(88602117) },
    { address: '104 Venus Drive', zipCode: ['834847278', '1893289032'] },
  ];
  const types = [
    new Double(1),
    'x',
    {},
    [],
    new Binary(Buffer.from([1])),
    new ObjectId(),
    true,
    new Date(),
    null,
    /x/,
    new Code('x'),
    new Int32(1),
    new Timestamp({ t: 1, i: 1 }),
    Long.fromNumber(1),
    Decimal128.fromString('1'),
    new MinKey(),
    new MaxKey(),
  ].map((v) => ({ v }));

  it('should find the manual’s addresses', async () => {
    expect(await matching({ zipCode: { $type: 2 } }, addressBook)).toEqual([0, 4]);
    expect(await matching({ zipCode: { $type: 'string' } }, addressBook)).toEqual([0, 4]);
    expect(await matching({ zipCode: { $type: 'number' } }, addressBook)).toEqual([1, 2, 3]);
    expect(await matching({ zipCode: { $type: 'array' } }, addressBook)).toEqual([4]);
    expect(await matching({ zipCode: { $type: ['long', 2] } }, addressBook)).toEqual([0, 2, 4]);
    expect(await matching({ none: { $type: 'null' } }, addressBook)).toEqual([]);
  });

  const aliases = 'double string object array binData objectId bool date null regex javascript int timestamp long decimal minKey maxKey';
  const codes = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 16, 17, 18, 19, -1, 127];

  it.each(aliases.split(' ').map((alias, position) => [alias, codes[position], position] as const))(
    'should know %s and %i',
    async (alias, code, position) => {
      expect(await matching({ v: { $type: alias } }, types)).toEqual([position]);
      expect(await matching({ v: { $type: code } }, types)).toEqual([position]);
    },
  );

  it.each([
    ['nope', 2],
    [20, 2],
    [0, 2],
    [1.5, 2],
    [[], 9],
    [true, 14],
    [{}, 14],
  ])('should refuse $type: %j with %i', async (operand, code) => {
    expect(await refuse({ v: { $type: operand } })).toMatchObject({ code });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/expr/
describe('$expr', () => {
  const budget = [
    { _id: 1, category: 'food', budget: 400, spent: 450 },
    { _id: 2, category: 'drinks', budget: 100, spent: 150 },
    { _id: 3, category: 'clothes', budget: 100, spent: 50 },
    { _id: 4, category: 'misc', budget: 500, spent: 300 },
    { _id: 5, category: 'travel', budget: 200, spent: 650 },
  ];

  it('should compare fields of a document', async () => {
    expect(await matching({ $expr: { $gt: ['$spent', '$budget'] } }, budget)).toEqual([1, 2, 5]);
    expect(await matching({ $expr: { $eq: ['$none', null] } }, budget)).toEqual([]);
    expect(await matching({ $expr: '$spent', category: 'misc' }, budget)).toEqual([4]);
  });

  it.each<[Document, number]>([
    [{ $expr: '$$nope' }, 17276],
    [{ $expr: { $nope: 1 } }, 168],
    [{ a: { $expr: true } }, 2],
  ])('should refuse %j with %i', async (filter, code) => {
    expect(await refuse(filter)).toMatchObject({ code });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/query/comment/
describe('$comment', () => {
  it('should change nothing', async () => {
    expect(await matching({ qty: { $lt: 20 }, $comment: 'why' }, inventory)).toEqual([0, 2, 4]);
    expect(await matching({ qty: { $lt: 20, $comment: 'why' } }, inventory)).toEqual([0, 2, 4]);
  });
});

describe('operators that are not there', () => {
  // The list of https://www.mongodb.com/docs/v7.0/reference/operator/query/ less what the contract has.
  const square = { type: 'Polygon', coordinates: [[[0, 0], [3, 6], [6, 1], [0, 0]]] }; // prettier-ignore
  itEmbedded.each<[string, Document]>([
    ['$bitsAllSet', { a: { $bitsAllSet: 1 } }],
    ['$bitsAllClear', { a: { $bitsAllClear: [1, 5] } }],
    ['$bitsAnySet', { a: { $bitsAnySet: new Binary(Buffer.from([1])) } }],
    ['$bitsAnyClear', { a: { $not: { $bitsAnyClear: 35 } } }],
    ['$where', { $where: 'this.a' }],
    ['$text', { $text: { $search: 'coffee' } }],
    ['$jsonSchema', { $or: [{ $jsonSchema: { required: ['a'] } }] }],
    ['$sampleRate', { $sampleRate: 0.5 }],
    ['$near', { a: { $near: [1, 2], $maxDistance: 3 } }],
    ['$nearSphere', { a: { $nearSphere: [1, 2] } }],
    ['$geoWithin', { a: { $geoWithin: { $geometry: square } } }],
    ['$geoIntersects', { a: { $geoIntersects: { $geometry: square } } }],
    ['$bitsAllSet', { a: { $elemMatch: { $bitsAllSet: 1 } } }],
    ['$geoWithin', { a: { $elemMatch: { b: { $geoWithin: { $geometry: square } } } } }],
  ])('should refuse %s by name', async (name, filter) => {
    const { code, message } = await refuse(filter);
    expect({ code, message }).toEqual({ code: 238, message: expect.stringContaining(name) });
    expect(message).toContain('not supported by the embedded database');
  });

  it.each<Document>([{ $foo: 1 }, { a: { $foo: 1 } }, { $gt: 1 }, { a: { $gte: 1, $nope: 2 } }, { a: { $elemMatch: { $foo: 1 } } }])(
    'should refuse the unknown operator of %j',
    async (filter) => {
      expect(await refuse(filter)).toMatchObject({ code: 2, codeName: 'BadValue' });
    },
  );

  // https://www.mongodb.com/docs/v7.0/reference/collation/
  const collated = (collation: CollationOptions) => sut.db.collection('none').find({ a: 'x' }, { collation }).toArray();

  it('should take the simple collation', async () => {
    expect(await collated({ locale: 'simple' })).toEqual([]);
  });

  itEmbedded('should refuse any other', async () => {
    expect(await refusal(collated({ locale: 'vi', strength: 1 }))).toMatchObject({ code: 238 });
  });
});
