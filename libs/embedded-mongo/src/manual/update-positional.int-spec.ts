import { Long, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let next = 0;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

async function stored(doc: Document) {
  const items = sut.db.collection<any>(`c${++next}`);
  await items.insertOne({ _id: 1, ...doc });
  return items;
}

/** [filter, update, document, document after] */
type Row = [filter: Document, update: Document, doc: Document, after: Document];
type Filtered = [arrayFilters: Document[], update: Document, doc: Document, after: Document];

async function apply(filter: Document, update: Document, doc: Document, after: Document, arrayFilters?: Document[]): Promise<void> {
  const items = await stored(doc);
  const { matchedCount } = await items.updateOne(filter, update, arrayFilters && { arrayFilters });
  expect(matchedCount).toBe(1);
  expect(await items.findOne({})).toEqual({ _id: 1, ...after });
}

async function refuse(filter: Document, update: Document, doc: Document, code: number, arrayFilters?: Document[]): Promise<void> {
  const items = await stored(doc);
  expect(await refusal(items.updateOne(filter, update, arrayFilters && { arrayFilters }))).toMatchObject({ code });
  expect(await items.findOne({})).toEqual({ _id: 1, ...doc });
}

const graded = { grades: [{ grade: 80, mean: 75, std: 8 }, { grade: 85, mean: 90, std: 5 }, { grade: 85, mean: 85, std: 8 }] }; // prettier-ignore

// https://www.mongodb.com/docs/v7.0/reference/operator/update/positional/
describe('$', () => {
  it.each<Row>([
    [{ _id: 1, grades: 80 }, { $set: { 'grades.$': 82 } }, { grades: [85, 80, 80] }, { grades: [85, 82, 80] }],
    [
      { 'grades.grade': 85 },
      { $set: { 'grades.$.std': 6 } },
      graded,
      { grades: [graded.grades[0], { grade: 85, mean: 90, std: 6 }, graded.grades[2]] },
    ],
    [
      { grades: { $elemMatch: { grade: { $lte: 90 }, mean: { $gt: 80 } } } },
      { $set: { 'grades.$.std': 6 } },
      graded,
      { grades: [graded.grades[0], { grade: 85, mean: 90, std: 6 }, graded.grades[2]] },
    ],
    [{ activity_ids: 1, deans_list: 2021 }, { $set: { 'deans_list.$': 2022 } }, { activity_ids: [1, 2], deans_list: [2021, 2020] }, { activity_ids: [1, 2], deans_list: [2022, 2020] }], // prettier-ignore
    [{ a: { $gt: 1, $lt: 9 } }, { $inc: { 'a.$': 10 } }, { a: [5, 1] }, { a: [15, 1] }],
    [{ a: { $in: [2, 3] } }, { $set: { 'b.$': 'x' } }, { a: [1, 2, 3], b: [4, 5, 6] }, { a: [1, 2, 3], b: [4, 'x', 6] }],
    [{ $and: [{ a: 1 }, { a: 3 }] }, { $set: { 'a.$': 0 } }, { a: [1, 2, 3] }, { a: [1, 2, 0] }],
    [{ $and: [{ _id: 1 }, { 'a.b': 2 }] }, { $unset: { 'a.$.b': 1 } }, { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, {}] }],
    [{ $or: [{ a: 2 }] }, { $set: { 'a.$': 0 } }, { a: [1, 2] }, { a: [1, 0] }],
    [{ a: 2, $or: [{ a: 1 }, { _id: 5 }] }, { $set: { 'a.$': 0 } }, { a: [1, 2] }, { a: [1, 0] }],
    [{ a: /^x/ }, { $set: { 'a.$': 'y' } }, { a: ['a', 'xa', 'xb'] }, { a: ['a', 'y', 'xb'] }],
    [{ 'a.b': 2 }, { $push: { 'a.$.c': 9 } }, { a: [{ b: 1 }, { b: 2, c: [8] }] }, { a: [{ b: 1 }, { b: 2, c: [8, 9] }] }],
    [{ 'a.b.c': 3 }, { $set: { 'a.$.ok': 1 } }, { a: [{ b: [{ c: 1 }] }, { b: [{ c: 2 }, { c: 3 }] }] }, { a: [{ b: [{ c: 1 }] }, { b: [{ c: 2 }, { c: 3 }], ok: 1 }] }], // prettier-ignore
    [{ 'a.1': 5 }, { $set: { b: 1 } }, { a: [4, 5] }, { a: [4, 5], b: 1 }],
  ])('should stand for the element that %j matched in %j', (...row) => apply(...row));

  it.each<[filter: Document, update: Document, doc: Document, code: number]>([
    [{ _id: 1 }, { $set: { 'a.$': 1 } }, { a: [1] }, 2],
    [{ a: 5 }, { $set: { 'a.$': 1 } }, { a: 5 }, 2],
    [{ a: { $ne: 9 } }, { $set: { 'a.$': 1 } }, { a: [1] }, 2],
    [{ a: { $not: { $gt: 5 } } }, { $set: { 'a.$': 1 } }, { a: [1] }, 2],
    [{ $nor: [{ a: 9 }] }, { $set: { 'a.$': 1 } }, { a: [1] }, 2],
    [{ $or: [{ a: 1 }, { b: 5 }] }, { $set: { 'a.$': 1 } }, { a: [1] }, 2],
    [{ a: [1] }, { $set: { 'a.$': 1 } }, { a: [1] }, 2],
    [{ a: 1 }, { $set: { $: 1 } }, { a: [1] }, 2],
    [{ a: 1 }, { $set: { '$.a': 1 } }, { a: [1] }, 2],
    [{ 'a.b': 1 }, { $set: { 'a.$.b.$': 1 } }, { a: [{ b: [1] }] }, 2],
    [{ a: 1 }, { $set: { 'a.$': 2, 'a.0': 3 } }, { a: [1] }, 40],
    [{ a: 1 }, { $set: { 'a.$.b': 2 } }, { a: [1] }, 28],
  ])('should refuse by %j %j of %j with %i', (...row) => refuse(...row));

  it('should not be used by an upsert that inserts', async () => {
    const items = sut.db.collection<any>(`c${++next}`);
    expect(await refusal(items.updateOne({ a: 1 }, { $set: { 'a.$': 2 } }, { upsert: true }))).toMatchObject({ code: 2 });
    expect(await items.countDocuments()).toBe(0);
  });

  it('should be found anew for each document', async () => {
    const items = sut.db.collection<any>(`c${++next}`);
    await items.insertMany([{ _id: 1, a: [7, 8] }, { _id: 2, a: [8, 7] }, { _id: 3, a: [9] }]); // prettier-ignore
    expect(await items.updateMany({ a: 7 }, { $set: { 'a.$': 0 } })).toMatchObject({ matchedCount: 2, modifiedCount: 2 });
    expect((await items.find().sort({ _id: 1 }).toArray()).map(({ a }) => a)).toEqual([[0, 8], [8, 0], [9]]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/positional-all/
describe('$[]', () => {
  it.each<Row>([
    [{}, { $inc: { 'grades.$[]': 10 } }, { grades: [85, 82, 80] }, { grades: [95, 92, 90] }],
    [{ grades: { $ne: 100 } }, { $inc: { 'grades.$[]': 10 } }, { grades: [85, 82] }, { grades: [95, 92] }],
    [
      {},
      { $inc: { 'grades.$[].std': -2 } },
      { grades: [{ grade: 80, std: 8 }, { grade: 85, std: 5 }] },
      { grades: [{ grade: 80, std: 6 }, { grade: 85, std: 3 }] },
    ], // prettier-ignore
    [{}, { $mul: { 'a.$[].$[]': 2 } }, { a: [[1, 2], [3]] }, { a: [[2, 4], [6]] }],
    [{}, { $set: { 'a.$[].b.$[].c': 1 } }, { a: [{ b: [{}, { c: 5 }] }, { b: [] }] }, { a: [{ b: [{ c: 1 }, { c: 1 }] }, { b: [] }] }],
    [{}, { $unset: { 'a.$[]': 1 } }, { a: [1, 2] }, { a: [null, null] }],
    [{}, { $pull: { 'a.$[].b': 1 } }, { a: [{ b: [1, 2] }, { b: [1] }] }, { a: [{ b: [2] }, { b: [] }] }],
    [{}, { $set: { 'a.$[]': 1 } }, { a: [] }, { a: [] }],
  ])('should stand for all elements: %j, %j of %j', (...row) => apply(...row));

  it.each<[filter: Document, update: Document, doc: Document, code: number]>([
    [{}, { $set: { 'a.$[]': 1 } }, {}, 2],
    [{}, { $set: { 'a.$[]': 1 } }, { a: 5 }, 2],
    [{}, { $set: { 'a.$[]': 1 } }, { a: { 0: 1 } }, 2],
    [{}, { $set: { 'a.$[].b': 1 } }, { a: [5] }, 28],
    [{}, { $set: { '$[]': 1 } }, { a: [5] }, 2],
    [{}, { $inc: { 'a.$[]': 1 } }, { a: [1, 'x'] }, 14],
    [{}, { $set: { 'a.$[]': 1, 'a.0': 2 } }, { a: [5] }, 40],
  ])('should refuse by %j %j of %j with %i', (...row) => refuse(...row));
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/positional-filtered/
describe('$[identifier]', () => {
  const wide = { grades: [{ grade: 80, mean: 75, std: 6 }, { grade: 85, mean: 90, std: 4 }, { grade: 85, mean: 85, std: 6 }] }; // prettier-ignore
  const nested = { grades: [{ type: 'quiz', questions: [10, 8, 5] }, { type: 'exam', questions: [25, 23] }] }; // prettier-ignore

  it.each<Filtered>([
    [[{ element: { $gte: 100 } }], { $set: { 'grades.$[element]': 100 } }, { grades: [95, 102, 90, 150] }, { grades: [95, 100, 90, 100] }],
    [[{ 'elem.grade': { $gte: 85 } }], { $set: { 'grades.$[elem].mean': 100 } }, wide, { grades: wide.grades.map((each, i) => (i > 0 ? { ...each, mean: 100 } : each)) }],
    [[{ 'elem.grade': { $gte: 80 }, 'elem.std': { $gt: 5 } }], { $inc: { 'grades.$[elem].std': -1 } }, wide, { grades: wide.grades.map((each, i) => (i === 1 ? each : { ...each, std: 5 })) }],
    [[{ 't.type': 'quiz' }, { score: { $gte: 8 } }], { $inc: { 'grades.$[t].questions.$[score]': 2 } }, nested, { grades: [{ type: 'quiz', questions: [12, 10, 5] }, nested.grades[1]] }],
    [[{ score: { $gte: 8 } }], { $inc: { 'grades.$[].questions.$[score]': 2 } }, nested, { grades: [{ type: 'quiz', questions: [12, 10, 5] }, { type: 'exam', questions: [27, 25] }] }],
    [[{ $or: [{ 'e.n': 1 }, { 'e.n': { $gt: 2 } }] }], { $unset: { 'a.$[e].n': 1 } }, { a: [{ n: 1 }, { n: 2 }, { n: 3 }] }, { a: [{}, { n: 2 }, {}] }],
    [[{ $and: [{ x: { $gt: 1 } }, { x: { $lt: 3 } }] }], { $set: { 'a.$[x]': 0 } }, { a: [1, 2, 3] }, { a: [1, 0, 3] }],
    [[{ x: { $not: { $eq: 1 } } }], { $set: { 'a.$[x]': 0 } }, { a: [1, 2] }, { a: [1, 0] }],
    [[{ x: 1 }, { y: 2 }], { $set: { 'a.$[x]': 'x', 'a.$[y]': 'y' } }, { a: [1, 2, 3] }, { a: ['x', 'y', 3] }],
    [[{ x: 1 }], { $set: { 'a.$[x].b': 1, 'a.$[x].c': 2 } }, { a: [{}, 2] }, { a: [{}, 2] }],
    [[{ x: 9 }], { $set: { 'a.$[x]': 0 } }, { a: [1] }, { a: [1] }],
    [[{ x: /^a/ }], { $set: { 'a.$[x]': 0 } }, { a: ['ab', 'b'] }, { a: [0, 'b'] }],
    [[{ x: Long.fromNumber(1) }], { $set: { 'a.$[x]': 0 } }, { a: [1, 2] }, { a: [0, 2] }],
  ])('should stand for the elements %j finds: %j of %j', (filters, update, doc, after) => apply({}, update, doc, after, filters)); // prettier-ignore

  it.each<[arrayFilters: Document[], update: Document, doc: Document, code: number]>([
    [[], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 2],
    [[{ y: 1 }], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 2],
    [[{ x: 1 }], { $set: { b: 1 } }, { a: [1] }, 9],
    [[{ x: 1 }, { y: 1 }], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 9],
    [[{ x: 1, y: 1 }], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 9],
    [[{ x: 1 }, { x: 2 }], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 9],
    [[{}], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 9],
    [[{ X: 1 }], { $set: { 'a.$[X]': 1 } }, { a: [1] }, 2],
    [[{ 'x-y': 1 }], { $set: { 'a.$[x-y]': 1 } }, { a: [1] }, 2],
    [[{ x: { $nope: 1 } }], { $set: { 'a.$[x]': 1 } }, { a: [1] }, 2],
    [[{ x: 1 }], { $set: { 'a.$[x]': 1 } }, {}, 2],
    [[{ x: 1 }], { $set: { 'a.$[x]': 1 } }, { a: 5 }, 2],
    [[{ x: 1 }], { $set: { 'a.$[x]': 1, 'a.0': 2 } }, { a: [1] }, 40],
    [[{ x: 1 }, { y: { $lt: 5 } }], { $set: { 'a.$[x]': 1, 'a.$[y]': 2 } }, { a: [1] }, 40],
  ])('should refuse with %j %j of %j with %i', (filters, update, doc, code) => refuse({}, update, doc, code, filters));

  it('should not go with a pipeline', async () => {
    const items = await stored({ a: [1] });
    const options = { arrayFilters: [{ x: 1 }] };
    expect(await refusal(items.updateOne({}, [{ $set: { b: 1 } }], options))).toMatchObject({ code: 9 });
  });
});
