import { type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

/** What a pipeline makes of documents. */
async function run(docs: Document[], ...stages: Document[]): Promise<Document[]> {
  const items = sut.db.collection<any>('items');
  await items.deleteMany({});
  if (docs.length > 0) await items.insertMany(docs.map((doc) => ({ ...doc })));
  return items.aggregate(stages).toArray();
}

/** Refused before there is any document. */
const itRefuses = (rows: [stage: Document, code: number][]) =>
  it.each(rows)('should refuse %j with %i', async (stage, code) => {
    expect(await refusal(sut.db.collection('none').aggregate([stage]).toArray())).toMatchObject({ code });
  });

const SCORES = [
  { _id: 1, author: 'dave', score: 80, views: 100 },
  { _id: 2, author: 'dave', score: 85, views: 521 },
  { _id: 3, author: 'ahn', score: 60, views: 1000 },
  { _id: 4, author: 'li', score: 55, views: 5000 },
  { _id: 5, author: 'annT', score: 60, views: 50 },
  { _id: 6, author: 'li', score: 94, views: 999 },
  { _id: 7, author: 'ty', score: 95, views: 1000 },
];

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/match/
describe('$match', () => {
  it('should find as a query does', async () => {
    expect(await run(SCORES, { $match: { author: 'dave' } })).toEqual(SCORES.slice(0, 2));
    const either = { $match: { $or: [{ score: { $gt: 70, $lt: 90 } }, { views: { $gte: 1000 } }] } };
    expect(await run(SCORES, either, { $count: 'count' })).toEqual([{ count: 5 }]);
    expect(await run(SCORES, { $match: { $expr: { $gt: ['$score', '$views'] } } })).toEqual([SCORES[4]]);
    expect(await run(SCORES, { $match: {} })).toHaveLength(7);
  });

  itRefuses([
    [{ $match: 1 }, 15959],
    [{ $match: { a: { $nope: 1 } } }, 2],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/sort/
describe('$sort', () => {
  const restaurants = [
    { _id: 1, name: 'Central Park Cafe', borough: 'Manhattan' },
    { _id: 2, name: 'Rock A Feller Bar and Grill', borough: 'Queens' },
    { _id: 3, name: 'Empire State Pub', borough: 'Brooklyn' },
    { _id: 4, name: "Stan's Pizzaria", borough: 'Manhattan' },
    { _id: 5, name: "Jane's Deli", borough: 'Brooklyn' },
  ];
  const ids = (docs: Document[]) => docs.map(({ _id }) => _id as number);

  it('should sort by several fields, nothing first', async () => {
    expect(ids(await run(restaurants, { $sort: { borough: 1, _id: 1 } }))).toEqual([3, 5, 1, 4, 2]);
    expect(ids(await run(restaurants, { $sort: { borough: -1, name: 1 } }))).toEqual([2, 1, 4, 3, 5]);
    expect(ids(await run([{ _id: 1, a: 5 }, { _id: 2 }, { _id: 3, a: [] }], { $sort: { a: 1 } }))).toEqual([3, 2, 1]);
  });

  itRefuses([
    [{ $sort: 1 }, 15973],
    [{ $sort: { a: 'x' } }, 15974],
    [{ $sort: { a: 2 } }, 15975],
    [{ $sort: {} }, 15976],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/skip/ and limit/
describe('$skip and $limit', () => {
  const ids = async (...stages: Document[]) => (await run(SCORES, { $sort: { _id: 1 } }, ...stages)).map(({ _id }) => _id as number);

  it('should cut at both ends, in the order given', async () => {
    expect(await ids({ $limit: 5 })).toEqual([1, 2, 3, 4, 5]);
    expect(await ids({ $skip: 5 })).toEqual([6, 7]);
    expect(await ids({ $skip: 2 }, { $limit: 3 })).toEqual([3, 4, 5]);
    expect(await ids({ $limit: 3 }, { $skip: 2 })).toEqual([3]);
    expect(await ids({ $skip: 0 }, { $limit: 100 })).toHaveLength(7);
    expect(await ids({ $skip: 100 })).toEqual([]);
  });

  itRefuses([
    [{ $limit: 0 }, 15958],
    [{ $skip: -1 }, 5107200],
    [{ $skip: 'x' }, 5107200],
    [{ $skip: 1.5 }, 5107200],
  ]);

  it.each([-1, 'x', 1.5])('should refuse $limit: %j', async ($limit) => {
    expect((await refusal(sut.db.collection('none').aggregate([{ $limit }]).toArray())).message).toContain('$limit');
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/project/
describe('$project', () => {
  const book = { _id: 1, title: 'abc123', isbn: '0001122223334', author: { last: 'zzz', first: 'aaa' }, copies: 5 };

  it.each<[Document, Document]>([
    [
      { title: 1, author: 1 },
      { _id: 1, title: 'abc123', author: { last: 'zzz', first: 'aaa' } },
    ],
    [{ _id: 0, title: 1 }, { title: 'abc123' }],
    [
      { copies: 0, isbn: 0 },
      { _id: 1, title: 'abc123', author: { last: 'zzz', first: 'aaa' } },
    ],
    [
      { 'author.first': 0, isbn: 0, copies: 0 },
      { _id: 1, title: 'abc123', author: { last: 'zzz' } },
    ],
    [{ author: { last: 1 } }, { _id: 1, author: { last: 'zzz' } }],
    [
      { isbn: { prefix: { $substr: ['$isbn', 0, 3] }, check: { $substr: ['$isbn', 12, 1] } }, lastName: '$author.last' },
      { _id: 1, isbn: { prefix: '000', check: '4' }, lastName: 'zzz' },
    ],
    [{ _id: 0, myArray: ['$title', '$nope'] }, { myArray: ['abc123', null] }],
    [
      { title: '$$REMOVE', copies: { $literal: 1 } },
      { _id: 1, copies: 1 },
    ],
  ])('should project %j', async (spec, result) => {
    expect(await run([book], { $project: spec })).toEqual([result]);
  });

  it('should reach into arrays, and put _id first, new fields last', async () => {
    const [doc] = await run([{ b: 1, a: [{ x: 1, y: 2 }, 5, { y: 3 }], _id: 1 }], { $project: { n: '$b', a: { x: 1 }, b: 1 } });
    expect(JSON.stringify(doc)).toBe('{"_id":1,"b":1,"a":[{"x":1},{}],"n":1}');
  });

  itRefuses([
    [{ $project: 1 }, 15969],
    [{ $project: {} }, 51272],
    [{ $project: { a: {} } }, 51270],
    [{ $project: { a: 1, b: 0 } }, 31254],
    [{ $project: { a: 0, b: 1 } }, 31253],
    [{ $project: { a: 1, 'a.b': 1 } }, 31249],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/addFields/ and set/
describe.each(['$addFields', '$set'])('%s', (name) => {
  it('should add fields, also inside, and write over others', async () => {
    const maya = { _id: 1, student: 'Maya', homework: [10, 5, 10], extraCredit: 0 };
    const added = { [name]: { first: { $first: '$homework' }, homework: { $concatArrays: ['$homework', [7]] } } };
    expect(await run([maya], added)).toEqual([{ ...maya, homework: [10, 5, 10, 7], first: 10 }]);

    const vehicles = [
      { _id: 1, type: 'car', specs: { doors: 4, wheels: 4 } },
      { _id: 3, type: 'jet ski' },
    ];
    expect(await run(vehicles, { [name]: { 'specs.fuel_type': 'unleaded' } })).toEqual([
      { _id: 1, type: 'car', specs: { doors: 4, wheels: 4, fuel_type: 'unleaded' } },
      { _id: 3, type: 'jet ski', specs: { fuel_type: 'unleaded' } },
    ]);
    expect(await run([{ _id: 1, item: 'lemon', type: 'citrus' }], { [name]: { _id: '$item', item: 'fruit' } })).toEqual([
      { _id: 'lemon', item: 'fruit', type: 'citrus' },
    ]);
  });

  it('should take $$REMOVE as taking away, and missing as nothing to add', async () => {
    expect(await run([{ _id: 1, a: 1 }], { [name]: { a: '$$REMOVE', b: '$nope' } })).toEqual([{ _id: 1 }]);
  });

  itRefuses([
    [{ [name]: 1 }, 40272],
    [{ [name]: { a: { $nope: 1 } } }, 168],
    [{ [name]: { $a: 1 } }, 16410],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/unset/
describe('$unset', () => {
  const book = { _id: 1, title: 'Antelope Antics', author: { last: 'An', first: 'Auntie' }, copies: [{ warehouse: 'A', qty: 5 }] };

  it('should take fields away, also inside', async () => {
    expect(await run([book], { $unset: 'copies' })).toEqual([
      { _id: 1, title: 'Antelope Antics', author: { last: 'An', first: 'Auntie' } },
    ]);
    expect(await run([book], { $unset: ['title', 'author.first', 'copies.warehouse', 'nope'] })).toEqual([
      { _id: 1, author: { last: 'An' }, copies: [{ qty: 5 }] },
    ]);
  });

  itRefuses([
    [{ $unset: 1 }, 31002],
    [{ $unset: [] }, 31119],
    [{ $unset: ['a', 1] }, 31120],
    [{ $unset: '' }, 40352],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/replaceRoot/ and replaceWith/
describe('$replaceRoot and $replaceWith', () => {
  const people = [
    { _id: 1, name: 'Arlene', pets: { dogs: 2, cats: 1 } },
    { _id: 2, name: 'Sam', pets: { cats: 1, hamsters: 3 } },
    { _id: 3, name: 'Maria' },
  ];
  const both = (newRoot: unknown): Document[] => [{ $replaceRoot: { newRoot } }, { $replaceWith: newRoot }];

  it('should put another document in the place of each', async () => {
    for (const stage of both('$pets')) {
      expect(await run(people, { $match: { pets: { $exists: true } } }, stage)).toEqual([people[0]?.pets, people[1]?.pets]);
    }
    for (const stage of both({ $mergeObjects: [{ dogs: 0, cats: 0 }, '$pets'] })) {
      expect(await run(people.slice(2), stage)).toEqual([{ dogs: 0, cats: 0 }]);
    }
    for (const stage of both({ who: { $concat: ['$name', '!'] } })) {
      expect(await run(people.slice(2), stage)).toEqual([{ who: 'Maria!' }]);
    }
  });

  it('should refuse what is no document', async () => {
    for (const stage of [...both('$pets'), ...both('$name')]) {
      expect(await refusal(run(people, stage))).toMatchObject({ code: 40228 });
    }
  });

  itRefuses([
    [{ $replaceRoot: 1 }, 40229],
    [{ $replaceRoot: {} }, 40414],
    [{ $replaceRoot: { newRoot: '$a', root: 1 } }, 40415],
  ]);
});
