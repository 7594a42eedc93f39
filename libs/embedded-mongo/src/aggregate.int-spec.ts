import type { Collection } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from './server.fixture-spec.js';

let sut: LiveServer;
let orders: Collection;

beforeAll(async () => {
  sut = await openServer();
  orders = sut.db.collection('orders');
  await orders.createIndex({ customer: 1, at: -1 });
  await orders.insertMany(
    Array.from({ length: 60 }, (_, i) => ({
      _id: i as never,
      customer: i % 3,
      at: new Date(2024, 0, i + 1),
      price: i,
      tags: i % 2 ? ['odd'] : ['even', 'all'],
    })),
  );
  await sut.db.collection('customers').insertMany([0, 1, 2, 3].map((_id) => ({ _id: _id as never, name: `c${_id}` })));
});

afterAll(() => sut.close());

describe('aggregate', () => {
  it('should count, also where there is nothing', async () => {
    expect(await orders.countDocuments({})).toBe(60);
    expect(await orders.countDocuments({ customer: 1 })).toBe(20);
    expect(await orders.aggregate([{ $match: { customer: 9 } }, { $count: 'n' }]).toArray()).toEqual([]);
    expect(await sut.db.collection('nothing').countDocuments({})).toBe(0);
    expect(await orders.aggregate([{ $group: { _id: null, n: { $sum: 1 } } }]).toArray()).toEqual([{ _id: null, n: 60 }]);
  });

  it('should match, sort, skip and limit by an index', async () => {
    const pipeline = [{ $match: { customer: 1 } }, { $sort: { at: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { price: 1 } }];

    expect(await orders.aggregate(pipeline).toArray()).toEqual([
      { _id: 55, price: 55 },
      { _id: 52, price: 52 },
    ]);
    const explained = await sut.db.command({ explain: { aggregate: 'orders', pipeline, cursor: {} }, verbosity: 'queryPlanner' });
    expect(JSON.stringify(explained)).toContain('customer_1_at_-1');
    expect(JSON.stringify(explained)).not.toContain('"SORT"');
  });

  it('should group, join and unwind over batches', async () => {
    const pipeline = [
      { $unwind: '$tags' },
      { $group: { _id: { customer: '$customer', tag: '$tags' }, n: { $sum: 1 }, top: { $max: '$price' } } },
      { $lookup: { from: 'customers', localField: '_id.customer', foreignField: '_id', as: 'who' } },
      { $project: { _id: 0, name: { $first: '$who.name' }, tag: '$_id.tag', n: 1, top: 1 } },
      { $sort: { name: 1, tag: 1 } },
    ];
    const rows = await orders.aggregate(pipeline, { batchSize: 2 }).toArray();

    expect(rows).toHaveLength(9);
    expect(rows[0]).toEqual({ name: 'c0', tag: 'all', n: 10, top: 54 });
  });

  it('should take variables from let', async () => {
    const pipeline = [{ $match: { $expr: { $eq: ['$price', '$$wanted'] } } }, { $project: { _id: 1 } }];

    expect(await orders.aggregate(pipeline, { let: { wanted: 7 } }).toArray()).toEqual([{ _id: 7 }]);
  });

  it('should give several answers at once by $facet', async () => {
    const [answer] = await orders
      .aggregate([
        { $facet: { total: [{ $count: 'n' }], cheapest: [{ $sort: { price: 1 } }, { $limit: 1 }, { $project: { price: 1, _id: 0 } }] } },
      ])
      .toArray();

    expect(answer).toEqual({ total: [{ n: 60 }], cheapest: [{ price: 0 }] });
  });

  it('should refuse malformed pipelines by MongoDB’s numbers', async () => {
    expect(await refusal(orders.aggregate([{ $nonsense: 1 }]).toArray())).toMatchObject({ code: 40324 });
    expect(await refusal(orders.aggregate([{ $limit: 0 }]).toArray())).toMatchObject({ code: 15958 });
    expect(await refusal(orders.aggregate([{ $match: 1 as never }]).toArray())).toMatchObject({ code: 15959 });
    expect(await refusal(sut.db.command({ aggregate: 'orders', pipeline: [] }))).toMatchObject({ code: 9 });
    expect(await refusal(orders.aggregate([{ $group: { _id: null, x: '$price' } }]).toArray())).toMatchObject({ code: 40234 });
  });

  itEmbedded('should refuse what it does not have by name', async () => {
    for (const stage of [{ $out: 'x' }, { $merge: 'x' }, { $graphLookup: {} }, { $geoNear: {} }]) {
      expect((await refusal(orders.aggregate([stage]).toArray())).message).toContain(Object.keys(stage)[0]);
    }
    for (const filter of [{ $where: 'true' }, { $text: { $search: 'x' } }, { at: { $near: [0, 0] } }]) {
      expect((await refusal(orders.find(filter as never).toArray())).message).toMatch(/\$where|\$text|\$near/);
    }
  });
});
