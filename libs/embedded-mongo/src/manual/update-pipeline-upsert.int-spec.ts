import { ObjectId, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let next = 0;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

const empty = () => sut.db.collection<any>(`c${++next}`);

async function stored(doc: Document) {
  const items = empty();
  await items.insertOne({ _id: 1, ...doc });
  return items;
}

// https://www.mongodb.com/docs/v7.0/tutorial/update-documents-with-aggregation-pipeline/
describe('pipelines', () => {
  const member = { member: 'abc123', status: 'A', points: 2, misc1: 'note to self: confirm status', misc2: 'Need to activate' };

  it.each<[pipeline: Document[], doc: Document, after: Document, modified?: 0 | 1]>([
    [[{ $set: { test3: 98 } }], { test1: 95, test2: 92, test3: 90 }, { test1: 95, test2: 92, test3: 98 }],
    [
      [{ $set: { status: 'Modified', comments: ['$misc1', '$misc2'] } }, { $unset: ['misc1', 'misc2'] }],
      member,
      { member: 'abc123', status: 'Modified', points: 2, comments: [member.misc1, member.misc2] },
    ],
    [
      [{ $replaceRoot: { newRoot: { $mergeObjects: [{ quiz1: 0, quiz2: 0, test1: 0 }, '$$ROOT'] } } }],
      { quiz2: 100, test1: 98 },
      { quiz1: 0, quiz2: 100, test1: 98 },
    ],
    [[{ $set: { quizzes: { $concatArrays: ['$quizzes', [8, 6]] } } }], { quizzes: [4, 6, 7] }, { quizzes: [4, 6, 7, 8, 6] }],
    [
      [{ $addFields: { tempsF: { $map: { input: '$tempsC', as: 'celsius', in: { $add: [{ $multiply: ['$$celsius', 9 / 5] }, 32] } } } } }],
      { tempsC: [4, 12, 17] },
      { tempsC: [4, 12, 17], tempsF: [39.2, 53.6, 62.6] },
    ],
    [[{ $replaceWith: '$inner' }], { inner: { x: 1 }, y: 2 }, { x: 1 }],
    [[{ $project: { a: 1, sum: { $add: ['$a', '$b'] } } }], { a: 1, b: 2 }, { a: 1, sum: 3 }],
    [[{ $project: { a: 0 } }], { a: 1, b: 2 }, { b: 2 }],
    [[{ $set: { a: '$b', b: '$a' } }], { a: 1, b: 2 }, { a: 2, b: 1 }],
    [[{ $set: { a: '$none', b: '$$REMOVE' } }], { a: 1, b: 2, c: 3 }, { c: 3 }],
    [[{ $set: { 'l.x': 1 } }], { l: [{ y: 1 }, 5] }, { l: [{ y: 1, x: 1 }, { x: 1 }] }],
    [[{ $set: { a: 1, _id: 1 } }], { a: 1 }, { a: 1 }, 0],
    [[{ $set: { a: { $literal: '$b' } } }], {}, { a: '$b' }],
  ])('should apply %j to %j', async (pipeline, doc, expected, modified = 1) => {
    const items = await stored(doc);
    const result = await items.updateOne({ _id: 1 }, pipeline);
    expect(result).toMatchObject({ matchedCount: 1, modifiedCount: modified });
    expect(await items.findOne({})).toEqual({ _id: 1, ...expected });
  });

  it('should know the time and the variables of let', async () => {
    const items = empty();
    await items.insertMany([{ _id: 1, flavor: 'chocolate' }, { _id: 2, flavor: 'cherry' }]); // prettier-ignore
    const filter = { $expr: { $eq: ['$flavor', '$$targetFlavor'] } };
    const update = [{ $set: { flavor: '$$newFlavor', at: '$$NOW' } }];
    await items.updateMany(filter, update, { let: { targetFlavor: 'cherry', newFlavor: 'orange' } });

    expect(await items.findOne({ _id: 1 })).toEqual({ _id: 1, flavor: 'chocolate' });
    expect(await items.findOne({ _id: 2 })).toEqual({ _id: 2, flavor: 'orange', at: expect.any(Date) });
  });

  it.each<[pipeline: Document[], code: number]>([
    [[{ $match: { a: 1 } }], 72],
    [[{ $group: { _id: 1 } }], 72],
    [[{ $set: { b: 1 } }, { $sort: { a: 1 } }], 72],
    [[{ $nope: 1 }], 40324],
    [[{ $lookup: { from: 'x', localField: 'a', foreignField: 'b', as: 'c' } }], 72],
    [[{ $set: { b: 1 }, $unset: 'a' }], 40323],
    [[{ $set: 5 }], 40272],
    [[{ $set: { b: { $nope: 1 } } }], 168],
    [[{ $unset: 5 }], 31002],
    [[{ $replaceWith: '$a' }], 40228],
    [[{ $set: { _id: 2 } }], 66],
    [[{ $replaceWith: { _id: 2 } }], 66],
    [[{ $set: { b: '$$nope' } }], 17276],
  ])('should refuse %j with %i', async (pipeline, code) => {
    const items = await stored({ a: 1 });
    expect(await refusal(items.updateOne({ _id: 1 }, pipeline))).toMatchObject({ code });
    expect(await items.findOne({})).toEqual({ _id: 1, a: 1 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/method/db.collection.replaceOne/
describe('replacement', () => {
  it.each<[replacement: Document, after: Document, modified: 0 | 1]>([
    [{ name: 'Central Pork Cafe', Borough: 'Manhattan' }, { _id: 1, name: 'Central Pork Cafe', Borough: 'Manhattan' }, 1],
    [{ x: 1, y: 2 }, { _id: 1, x: 1, y: 2 }, 0],
    [{ y: 2, x: 1 }, { _id: 1, y: 2, x: 1 }, 1],
    [{ z: 1, _id: 1 }, { _id: 1, z: 1 }, 1],
    [{}, { _id: 1 }, 1],
    [{ a: { $b: 1 } }, { _id: 1, a: { $b: 1 } }, 1],
  ])('should replace by %j', async (replacement, after, modified) => {
    const items = await stored({ x: 1, y: 2 });
    expect(await items.replaceOne({ _id: 1 }, replacement)).toMatchObject({ matchedCount: 1, modifiedCount: modified });
    expect(JSON.stringify(await items.findOne({}))).toBe(JSON.stringify(after));
  });

  it.each<[replacement: Document, code: number]>([
    [{ _id: 2, z: 1 }, 66],
    [{ z: 1, $set: { a: 1 } }, 52],
    [{ z: 1, $b: 1 }, 52],
  ])('should refuse %j with %i', async (replacement, code) => {
    const items = await stored({ x: 1 });
    expect(await refusal(items.replaceOne({ _id: 1 }, replacement))).toMatchObject({ code });
    expect(await items.findOne({})).toEqual({ _id: 1, x: 1 });
  });

  it('should be of one document only', async () => {
    const { collectionName } = await stored({ x: 1 });
    const reply = await sut.db.command({ update: collectionName, updates: [{ q: {}, u: { y: 1 }, multi: true }] });
    expect(reply).toMatchObject({ n: 0, writeErrors: [{ index: 0, code: 9 }] });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/method/db.collection.updateOne/#std-label-updateOne-upsert
describe('upsert', () => {
  it.each<[filter: Document, seed: Document]>([
    [{ x: 1 }, { x: 1 }],
    [{ x: { $eq: 1 } }, { x: 1 }],
    [{ x: { $in: [1] } }, { x: 1 }],
    [{ x: { $all: [1] } }, { x: 1 }],
    [{ $and: [{ x: 1 }, { y: { $eq: 2 } }] }, { x: 1, y: 2 }],
    [{ $or: [{ x: 1 }] }, { x: 1 }],
    [{ x: [1, 2] }, { x: [1, 2] }],
    [{ x: { y: { $gt: 1 } } }, { x: { y: { $gt: 1 } } }],
    [{ 'x.y': 1, 'x.z': 2 }, { x: { y: 1, z: 2 } }],
    [{ x: null }, { x: null }],
    [{ x: { $eq: /abc/ } }, { x: /abc/ }],
    [{ x: 1, y: { $gt: 5 } }, { x: 1 }],
    [{ x: { $gt: 1 } }, {}],
    [{ x: { $ne: 1 } }, {}],
    [{ x: { $in: [1, 2] } }, {}],
    [{ x: { $elemMatch: { $eq: 1 } } }, {}],
    [{ x: { $exists: true } }, {}],
    [{ x: { $not: { $eq: 1 } } }, {}],
    [{ x: /abc/ }, {}],
    [{ $or: [{ x: 1 }, { y: 2 }] }, {}],
    [{ $nor: [{ x: 1 }] }, {}],
  ])('should start from what %j says equals', async (filter, seed) => {
    const items = empty();
    const result = await items.updateOne(filter, { $set: { a: 1 } }, { upsert: true });

    expect(result).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 1, upsertedId: expect.any(ObjectId) });
    expect(await items.findOne({})).toEqual({ _id: result.upsertedId, ...seed, a: 1 });
  });

  it.each<[filter: Document, update: Document | Document[], after: Document]>([
    [{ _id: 1 }, { $set: { item: 'apple' }, $setOnInsert: { defaultQty: 100 } }, { _id: 1, defaultQty: 100, item: 'apple' }],
    [{ z: 1, _id: 5, b: 2 }, { $set: { m: 3, c: 4 } }, { _id: 5, b: 2, z: 1, c: 4, m: 3 }],
    [{}, { $setOnInsert: { a: 1, _id: 7 } }, { _id: 7, a: 1 }],
    [{ '_id.x': 1, '_id.y': 2 }, { $set: { a: 1 } }, { _id: { x: 1, y: 2 }, a: 1 }],
    [
      { _id: 1, x: 4 },
      { $inc: { x: 1, n: 2 }, $mul: { f: 3 }, $max: { g: 9 } },
      { _id: 1, x: 5, f: 0, g: 9, n: 2 },
    ],
    [
      { _id: 1, l: [1] },
      { $push: { l: 2, k: 3 }, $unset: { none: 1 } },
      { _id: 1, l: [1, 2], k: [3] },
    ],
    [{ _id: 1, myArray: [5, 8] }, { $set: { 'myArray.$[]': 10 } }, { _id: 1, myArray: [10, 10] }],
    [{ _id: 1, x: 1 }, [{ $set: { y: { $add: ['$x', 1] } } }], { _id: 1, x: 1, y: 2 }],
    [{ _id: 1 }, { $set: {} }, { _id: 1 }],
  ])('should insert for %j with %j', async (filter, update, after) => {
    const items = empty();
    expect(await items.updateOne(filter, update, { upsert: true })).toMatchObject({ upsertedCount: 1, upsertedId: after['_id'] });
    expect(JSON.stringify(await items.findOne({}))).toBe(JSON.stringify(after));
  });

  it('should give a replacement the _id of the filter and nothing else', async () => {
    const items = empty();
    await items.replaceOne({ _id: 9, x: 1, $and: [{ y: 2 }] }, { fresh: 1 }, { upsert: true });
    await items.replaceOne({ x: 5 }, { _id: 10, fresh: 2 }, { upsert: true });
    expect(await items.find().toArray()).toEqual([{ _id: 9, fresh: 1 }, { _id: 10, fresh: 2 }]); // prettier-ignore
  });

  it('should update where there is a match', async () => {
    const items = await stored({ x: 1 });
    const update = { $set: { a: 1 }, $setOnInsert: { b: 1 } };
    expect(await items.updateMany({ x: 1 }, update, { upsert: true })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 1,
      upsertedCount: 0,
    });
    expect(await items.find().toArray()).toEqual([{ _id: 1, x: 1, a: 1 }]);
  });

  it.each<[filter: Document, update: Document, code: number]>([
    [{ x: { $all: [1, 2] } }, { $set: { a: 1 } }, 54],
    [{ $and: [{ x: 1 }, { x: 2 }] }, { $set: { a: 1 } }, 54],
    [{ x: 1, 'x.y': 1 }, { $set: { a: 1 } }, 54],
    [{ x: { y: 1 }, 'x.z': 1 }, { $set: { a: 1 } }, 54],
    [{ _id: 1 }, { $set: { _id: 2 } }, 66],
    [{ x: 5 }, { $set: { 'x.y': 1 } }, 28],
    [{ x: 'text' }, { $inc: { x: 1 } }, 14],
    [{ _id: 1 }, { $set: { 'a.$[]': 1 } }, 2],
    [{ $expr: { $eq: ['$a', 1] } }, { $set: { a: 1 } }, 224],
    [{ $or: [{ a: 1 }, { $expr: '$a' }] }, { $set: { a: 1 } }, 224],
  ])('should refuse %j with %j by %i and insert nothing', async (filter, update, code) => {
    const items = empty();
    expect(await refusal(items.updateOne(filter, update, { upsert: true }))).toMatchObject({ code });
    expect(await items.countDocuments()).toBe(0);
  });

  it('should refuse a replacement with another _id than the filter’s', async () => {
    expect(await refusal(empty().replaceOne({ _id: 1 }, { _id: 2 }, { upsert: true }))).toMatchObject({ code: 66 });
  });
});
