import { type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
  for (const [name, docs] of Object.entries(COLLECTIONS)) await sut.db.collection<any>(name).insertMany(docs.map((doc) => ({ ...doc })));
});

afterAll(() => sut.close());

const COLLECTIONS: Record<string, Document[]> = {
  orders: [{ _id: 1, item: 'almonds', price: 12, quantity: 2 }, { _id: 2, item: 'pecans', price: 20, quantity: 1 }, { _id: 3 }], // prettier-ignore
  inventory: [
    { _id: 1, sku: 'almonds', description: 'product 1', instock: 120 },
    { _id: 2, sku: 'bread', description: 'product 2', instock: 80 },
    { _id: 3, sku: 'cashews', description: 'product 3', instock: 60 },
    { _id: 4, sku: 'pecans', description: 'product 4', instock: 70 },
    { _id: 5, sku: null, description: 'Incomplete' },
    { _id: 6 },
  ],
  classes: [
    { _id: 1, title: 'Reading is ...', enrollmentlist: ['giraffe2', 'pandabear', 'artie'] },
    { _id: 2, title: 'But Writing ...', enrollmentlist: ['giraffe1', 'artie'] },
  ],
  members: ['artie', 'giraffe', 'giraffe1', 'panda', 'pandabear', 'giraffe2'].map((name, i) => ({ _id: i + 1, name })),
  stock: [
    { _id: 1, item: 'almonds', ordered: 2 },
    { _id: 2, item: 'pecans', ordered: 1 },
    { _id: 3, item: 'cookies', ordered: 60 },
  ],
  warehouses: [
    { _id: 1, stock_item: 'almonds', warehouse: 'A', instock: 120 },
    { _id: 2, stock_item: 'pecans', warehouse: 'A', instock: 80 },
    { _id: 3, stock_item: 'almonds', warehouse: 'B', instock: 60 },
    { _id: 4, stock_item: 'cookies', warehouse: 'B', instock: 40 },
    { _id: 5, stock_item: 'cookies', warehouse: 'A', instock: 80 },
  ],
  restaurants: [
    { _id: 1, name: 'American Steak House', food: ['filet', 'sirloin'], beverages: ['beer', 'wine'] },
    { _id: 2, name: 'Honest John Pizza', food: ['cheese pizza', 'pepperoni pizza'], beverages: ['soda'] },
  ],
  meals: [
    { _id: 1, item: 'filet', restaurant_name: 'American Steak House' },
    { _id: 2, item: 'cheese pizza', restaurant_name: 'Honest John Pizza', drink: 'lemonade' },
    { _id: 3, item: 'cheese pizza', restaurant_name: 'Honest John Pizza', drink: 'soda' },
  ],
  suppliers: ['Texas', 'Colorado', 'Rhode Island'].map((state, i) => ({ _id: i + 1, state })),
  depots: ['California', 'Colorado', 'Florida'].map((state, i) => ({ _id: i + 1, state, region: 'x' })),
  artwork: [
    { _id: 1, title: 'The Pillars of Society', price: 199.99, tags: ['painting', 'satire', 'Expressionism', 'caricature'] },
    { _id: 2, title: 'Melancholy III', price: 280, tags: ['woodcut', 'Expressionism'] },
    { _id: 3, title: 'Dancer', price: 76.04, tags: ['oil', 'Surrealism', 'painting'] },
    { _id: 4, title: 'The Great Wave off Kanagawa', price: 167.3, tags: ['woodblock', 'ukiyo-e'] },
    { _id: 5, title: 'The Persistence of Memory', price: 483, tags: ['Surrealism', 'painting', 'oil'] },
    { _id: 6, title: 'Composition VII', price: 385, tags: ['oil', 'painting', 'abstract'] },
    { _id: 7, title: 'The Scream', tags: ['Expressionism', 'painting', 'oil'] },
    { _id: 8, title: 'Blue Flower', price: 118.42, tags: ['abstract', 'painting'] },
  ],
};

const run = (name: string, ...stages: Document[]): Promise<Document[]> => sut.db.collection(name).aggregate(stages).toArray();
const itRefuses = (rows: [stage: Document, code: number][]) =>
  it.each(rows)('should refuse %j with %i', async (stage, code) => {
    expect(await refusal(run('none', stage))).toMatchObject({ code });
  });
const ids = (docs: unknown): number[] => (docs as { _id: number }[]).map(({ _id }) => _id).sort((a, b) => a - b);

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/lookup/
describe('$lookup', () => {
  const bySku = { from: 'inventory', localField: 'item', foreignField: 'sku', as: 'inventory_docs' };

  it('should join by equality, taking missing for null', async () => {
    const joined = await run('orders', { $lookup: bySku }, { $sort: { _id: 1 } });
    expect(joined[0]).toEqual({ ...COLLECTIONS['orders']?.[0], inventory_docs: [COLLECTIONS['inventory']?.[0]] });
    expect(joined.map((doc) => ids(doc['inventory_docs']))).toEqual([[1], [4], [5, 6]]);
  });

  it('should join each element of an array', async () => {
    const lookup = { from: 'members', localField: 'enrollmentlist', foreignField: 'name', as: 'enrollee_info' };
    const joined = await run('classes', { $lookup: lookup }, { $sort: { _id: 1 } });
    expect(joined.map((doc) => ids(doc['enrollee_info']))).toEqual([[1, 5, 6], [1, 3]]); // prettier-ignore
  });

  it('should join by a pipeline with variables', async () => {
    const conditions = [{ $eq: ['$stock_item', '$$order_item'] }, { $gte: ['$instock', '$$order_qty'] }];
    const lookup = {
      from: 'warehouses',
      let: { order_item: '$item', order_qty: '$ordered' },
      pipeline: [{ $match: { $expr: { $and: conditions } } }, { $project: { stock_item: 0, _id: 0 } }, { $sort: { warehouse: 1 } }],
      as: 'stockdata',
    };
    expect((await run('stock', { $lookup: lookup }, { $sort: { _id: 1 } })).map((doc) => doc['stockdata'] as unknown)).toEqual([
      [{ warehouse: 'A', instock: 120 }, { warehouse: 'B', instock: 60 }], // prettier-ignore
      [{ warehouse: 'A', instock: 80 }],
      [{ warehouse: 'A', instock: 80 }],
    ]);
  });

  it('should join by a pipeline of its own, and one below it', async () => {
    const inner = { from: 'members', pipeline: [{ $match: { name: '$$unread' } }], as: 'none' };
    const lookup = { from: 'suppliers', pipeline: [{ $match: { state: 'Texas' } }, { $lookup: inner }], as: 's' };
    expect(await run('classes', { $lookup: lookup }, { $project: { s: 1, _id: 0 } })).toEqual([
      { s: [{ _id: 1, state: 'Texas', none: [] }] },
      { s: [{ _id: 1, state: 'Texas', none: [] }] },
    ]);
  });

  it('should run a pipeline on what is equal', async () => {
    const matches = { $match: { $expr: { $in: ['$$orders_drink', '$beverages'] } } };
    const lookup = { from: 'restaurants', localField: 'restaurant_name', foreignField: 'name', let: { orders_drink: '$drink' } };
    const joined = await run('meals', { $lookup: { ...lookup, pipeline: [matches], as: 'matches' } }, { $sort: { _id: 1 } });
    expect(joined.map((doc) => ids(doc['matches']))).toEqual([[], [], [2]]);
  });

  it('should join nothing from a collection there is not', async () => {
    expect(await run('stock', { $lookup: { ...bySku, from: 'none' } }, { $match: { inventory_docs: [] } })).toHaveLength(3);
  });

  itRefuses([
    [{ $lookup: 1 }, 9],
    [{ $lookup: { from: 'x', localField: 'a', foreignField: 'b' } }, 9],
    [{ $lookup: { localField: 'a', foreignField: 'b', as: 'c' } }, 9],
    [{ $lookup: { from: 'x', localField: 'a', as: 'c' } }, 9],
    [{ $lookup: { from: 'x', as: 'c' } }, 9],
    [{ $lookup: { from: 'x', localField: 1, foreignField: 'b', as: 'c' } }, 9],
    [{ $lookup: { ...bySku, on: 1 } }, 9],
    [{ $lookup: { from: 'x', pipeline: [{ $nope: 1 }], as: 'c' } }, 40324],
    [{ $lookup: { from: 'x', pipeline: [{ $match: { $expr: '$$nope' } }], as: 'c' } }, 17276],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/unionWith/
describe('$unionWith', () => {
  const state = { $project: { state: 1, _id: 0 } };

  it('should add what another collection has', async () => {
    const union = await run('suppliers', state, { $unionWith: { coll: 'depots', pipeline: [state] } });
    const states = ['Texas', 'Colorado', 'Rhode Island', 'California', 'Colorado', 'Florida'];
    expect(union).toEqual(states.map((name) => ({ state: name })));
    expect(await run('suppliers', { $unionWith: 'depots' }, { $group: { _id: '$state' } }, { $count: 'n' })).toEqual([{ n: 5 }]);
    expect(await run('suppliers', { $unionWith: 'none' }, { $count: 'n' })).toEqual([{ n: 3 }]);
    expect(await run('none', { $unionWith: 'suppliers' }, { $count: 'n' })).toEqual([{ n: 3 }]);
  });

  itRefuses([
    [{ $unionWith: 1 }, 9],
    [{ $unionWith: {} }, 9],
    [{ $unionWith: { coll: 'x', from: 'y' } }, 40415],
    [{ $unionWith: { coll: 'x', pipeline: [{ $nope: 1 }] } }, 40324],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/facet/
describe('$facet', () => {
  it('should give several answers at once', async () => {
    const bucket = { groupBy: '$price', boundaries: [0, 150, 200, 300, 400], default: 'Other', output: { titles: { $push: '$title' } } };
    const facet = {
      categorizedByTags: [{ $unwind: '$tags' }, { $sortByCount: '$tags' }, { $limit: 3 }],
      categorizedByPrice: [{ $match: { price: { $exists: 1 } } }, { $bucket: bucket }],
      none: [{ $match: { _id: 9 } }],
      all: [],
    };
    const [answer] = await run('artwork', { $sort: { _id: 1 } }, { $facet: facet });
    expect(answer).toEqual({
      categorizedByTags: [{ _id: 'painting', count: 6 }, { _id: 'oil', count: 4 }, { _id: 'Expressionism', count: 3 }], // prettier-ignore
      categorizedByPrice: [
        { _id: 0, titles: ['Dancer', 'Blue Flower'] },
        { _id: 150, titles: ['The Pillars of Society', 'The Great Wave off Kanagawa'] },
        { _id: 200, titles: ['Melancholy III'] },
        { _id: 300, titles: ['Composition VII'] },
        { _id: 'Other', titles: ['The Persistence of Memory'] },
      ],
      none: [],
      all: COLLECTIONS['artwork'],
    });
    expect(await run('none', { $facet: { n: [{ $count: 'n' }] } })).toEqual([{ n: [] }]);
  });

  itRefuses([
    [{ $facet: {} }, 40169],
    [{ $facet: 1 }, 40169],
    [{ $facet: { a: 1 } }, 40170],
    [{ $facet: { a: [1] } }, 40171],
    [{ $facet: { a: [{ $facet: { b: [] } }] } }, 40600],
    [{ $facet: { a: [{ $nope: 1 }] } }, 40324],
  ]);

  itEmbedded('should refuse what is left out, by name', async () => {
    expect(await refusal(run('artwork', { $facet: { a: [{ $bucketAuto: { groupBy: '$a', buckets: 2 } }] } }))).toMatchObject({ code: 238 });
  });
});
