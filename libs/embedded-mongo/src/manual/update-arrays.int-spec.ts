import { Double, Int32, type Document } from 'mongodb';
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

type Row = [update: Document, doc: Document, after: Document, modified?: 0 | 1];
type Refusal = [update: Document, doc: Document, code: number];

/** Compares the document, field order included, and whether it counted as modified. */
async function apply(update: Document, doc: Document, expected: Document, modified = 1): Promise<void> {
  const items = await stored(doc);
  const { modifiedCount } = await items.updateOne({ _id: 1 }, update);
  const { _id, ...after } = await items.findOne({});
  expect([_id, JSON.stringify(after), modifiedCount]).toEqual([1, JSON.stringify(expected), modified]);
}

/** Compares the code of a refusal; the document must be as before. */
async function refuse(update: Document, doc: Document, code: number): Promise<void> {
  const items = await stored(doc);
  expect(await refusal(items.updateOne({ _id: 1 }, update))).toMatchObject({ code });
  expect(await items.findOne({})).toEqual({ _id: 1, ...doc });
}

// https://www.mongodb.com/docs/v7.0/reference/operator/update/push/ (each, position, slice, sort)
describe('$push', () => {
  const quizzes = [
    { wk: 1, score: 10 },
    { wk: 2, score: 8 },
    { wk: 3, score: 5 },
    { wk: 4, score: 6 },
  ];
  const [wk1, wk2, wk3, wk4] = quizzes;

  it.each<Row>([
    [{ $push: { scores: 89 } }, { scores: [44, 78, 38, 80] }, { scores: [44, 78, 38, 80, 89] }],
    [{ $push: { scores: { $each: [90, 92, 85] } } }, { scores: [44] }, { scores: [44, 90, 92, 85] }],
    [{ $push: { scores: { $each: [50, 60, 70], $position: 0 } } }, { scores: [100] }, { scores: [50, 60, 70, 100] }],
    [{ $push: { scores: { $each: [20, 30], $position: 2 } } }, { scores: [50, 60, 70, 100] }, { scores: [50, 60, 20, 30, 70, 100] }],
    [
      { $push: { scores: { $each: [90, 80], $position: -2 } } },
      { scores: [50, 60, 20, 30, 70, 100] },
      { scores: [50, 60, 20, 30, 90, 80, 70, 100] },
    ],
    [{ $push: { scores: { $each: [80, 78, 86], $slice: -5 } } }, { scores: [40, 50, 60] }, { scores: [50, 60, 80, 78, 86] }],
    [{ $push: { scores: { $each: [100, 20], $slice: 3 } } }, { scores: [89, 90] }, { scores: [89, 90, 100] }],
    [{ $push: { scores: { $each: [], $slice: -3 } } }, { scores: [89, 70, 100, 20] }, { scores: [70, 100, 20] }],
    [{ $push: { tests: { $each: [40, 60], $sort: 1 } } }, { tests: [89, 70, 89, 50] }, { tests: [40, 50, 60, 70, 89, 89] }],
    [{ $push: { tests: { $each: [], $sort: -1 } } }, { tests: [89, 70, 100, 20] }, { tests: [100, 89, 70, 20] }],
    [
      {
        $push: {
          quizzes: {
            $each: [
              { wk: 5, score: 8 },
              { wk: 6, score: 7 },
              { wk: 7, score: 6 },
            ],
            $sort: { score: -1 },
            $slice: 3,
          },
        },
      },
      { quizzes },
      { quizzes: [wk1, wk2, { wk: 5, score: 8 }] },
    ],
    [{ $push: { quizzes: { $each: [], $sort: { score: 1 } } } }, { quizzes }, { quizzes: [wk3, wk4, wk2, wk1] }],
  ])('should apply %j to %j', apply);

  it.each<Row>([
    [{ $push: { a: [1, 2], 'b.c': 3 } }, { a: [0] }, { a: [0, [1, 2]], b: { c: [3] } }],
    [{ $push: { a: { $each: [3, 1, 2], $sort: 1, $slice: 2 } } }, {}, { a: [1, 2] }],
    [{ $push: { a: { $each: [], $sort: 1 } } }, {}, { a: [] }],
    [{ $push: { a: { $each: [] } } }, { a: [1] }, { a: [1] }, 0],
    [{ $push: { a: { $each: [9], $slice: 0 } } }, { a: [1] }, { a: [] }],
    [{ $push: { a: { $each: [9], $position: 99 } } }, { a: [1] }, { a: [1, 9] }],
    [{ $push: { a: { $each: [9], $position: -99 } } }, { a: [1] }, { a: [9, 1] }],
    [{ $push: { a: { $each: [4], $position: 0, $sort: -1, $slice: -2 } } }, { a: [1, 5] }, { a: [4, 1] }],
    [
      {
        $push: {
          a: {
            $each: [
              { x: 1, y: 2 },
              { x: 0, y: 9 },
            ],
            $sort: { x: 1, y: -1 },
          },
        },
      },
      { a: [{ x: 1, y: 1 }] },
      {
        a: [
          { x: 0, y: 9 },
          { x: 1, y: 2 },
          { x: 1, y: 1 },
        ],
      },
    ],
    [
      { $push: { a: { $each: [{ b: { c: 1 } }], $sort: { 'b.c': 1 } } } },
      { a: [{ b: { c: 2 } }, 7] },
      { a: [7, { b: { c: 1 } }, { b: { c: 2 } }] },
    ],
    [{ $push: { a: { $each: ['x', null, 5, { a: 1 }], $sort: 1 } } }, { a: [true] }, { a: [null, 5, 'x', { a: 1 }, true] }],
    [{ $push: { a: { x: 1 } } }, { a: [] }, { a: [{ x: 1 }] }],
  ])('should apply the modifiers in any combination: %j to %j', apply);

  it.each<Refusal>([
    [{ $push: { a: 1 } }, { a: 5 }, 2],
    [{ $push: { a: 1 } }, { a: null }, 2],
    [{ $push: { a: { $each: 5 } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $nope: 1 } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $slice: 'x' } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $slice: 1.5 } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $position: 'x' } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $sort: 2 } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $sort: 'x' } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $sort: {} } } }, { a: [] }, 2],
    [{ $push: { a: { $each: [1], $sort: { b: 3 } } } }, { a: [] }, 2],
    [{ $push: { 'a.b': 1 } }, { a: 1 }, 28],
    [{ $push: { a: 1, 'a.0': 2 } }, { a: [] }, 40],
    [{ $push: 5 }, { a: [] }, 9],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/addToSet/
describe('$addToSet', () => {
  it.each<Row>([
    [{ $addToSet: { tags: 'accessories' } }, { tags: ['electronics', 'supplies'] }, { tags: ['electronics', 'supplies', 'accessories'] }],
    [{ $addToSet: { tags: 'camera' } }, { tags: ['camera'] }, { tags: ['camera'] }, 0],
    [
      { $addToSet: { tags: { $each: ['camera', 'electronics', 'accessories'] } } },
      { tags: ['electronics', 'supplies'] },
      { tags: ['electronics', 'supplies', 'camera', 'accessories'] },
    ],
    [{ $addToSet: { letters: ['c', 'd'] } }, { letters: ['a', 'b'] }, { letters: ['a', 'b', ['c', 'd']] }],
    [{ $addToSet: { a: { x: 1, y: 2 } } }, { a: [{ x: 1, y: 2 }] }, { a: [{ x: 1, y: 2 }] }, 0],
    [
      { $addToSet: { a: { y: 2, x: 1 } } },
      { a: [{ x: 1, y: 2 }] },
      {
        a: [
          { x: 1, y: 2 },
          { y: 2, x: 1 },
        ],
      },
    ],
    [{ $addToSet: { a: { $each: [2, 2, 3] } } }, { a: [1, 1] }, { a: [1, 1, 2, 3] }],
    [{ $addToSet: { a: { $each: [1, 1] }, 'b.c': 5 } }, {}, { a: [1], b: { c: [5] } }],
    [{ $addToSet: { a: { $each: [] } } }, {}, { a: [] }],
    [{ $addToSet: { a: new Double(1) } }, { a: [new Int32(1)] }, { a: [1] }, 0],
    [{ $addToSet: { a: null } }, { a: [0] }, { a: [0, null] }],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $addToSet: { a: 1 } }, { a: 5 }, 2],
    [{ $addToSet: { a: 1 } }, { a: null }, 2],
    [{ $addToSet: { a: { $each: 5 } } }, { a: [] }, 14],
    [{ $addToSet: { a: { $each: [1], $slice: 1 } } }, { a: [] }, 2],
    [{ $addToSet: { 'a.b': 1 } }, { a: 'x' }, 28],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/pop/
describe('$pop', () => {
  it.each<Row>([
    [{ $pop: { scores: -1 } }, { scores: [8, 9, 10] }, { scores: [9, 10] }],
    [{ $pop: { scores: 1 } }, { scores: [9, 10] }, { scores: [9] }],
    [{ $pop: { scores: 1 } }, { scores: [9] }, { scores: [] }],
    [{ $pop: { scores: 1, none: 1, 'o.none': -1 } }, { scores: [], o: {} }, { scores: [], o: {} }, 0],
    [{ $pop: { 'a.1.b': new Double(1) } }, { a: [0, { b: [1, 2] }] }, { a: [0, { b: [1] }] }],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $pop: { a: 1 } }, { a: 5 }, 14],
    [{ $pop: { a: 1 } }, { a: null }, 14],
    [{ $pop: { a: 2 } }, { a: [1] }, 9],
    [{ $pop: { a: 0 } }, { a: [1] }, 9],
    [{ $pop: { a: 'x' } }, { a: [1] }, 9],
    [{ $pop: { 'a.b': 1 } }, { a: 5 }, 28],
    [{ $pop: { 'a.b': 1 } }, { a: [1] }, 28],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/pull/ and …/pullAll/
describe('$pull and $pullAll', () => {
  const results = [
    { item: 'A', score: 5 },
    { item: 'B', score: 8 },
  ];
  const answers = [{ answers: [{ q: 1, a: 4 }, { q: 2, a: 6 }] }, { answers: [{ q: 1, a: 8 }, { q: 2, a: 9 }] }]; // prettier-ignore

  it.each<Row>([
    [
      { $pull: { fruits: { $in: ['apples', 'oranges'] } } },
      { fruits: ['apples', 'pears', 'oranges', 'grapes'] },
      { fruits: ['pears', 'grapes'] },
    ],
    [{ $pull: { votes: { $gte: 6 } } }, { votes: [3, 5, 6, 7, 7, 8] }, { votes: [3, 5] }],
    [{ $pull: { results: { score: 8, item: 'B' } } }, { results }, { results: [results[0]] }],
    [{ $pull: { results: { answers: { $elemMatch: { q: 2, a: { $gte: 8 } } } } } }, { results: answers }, { results: [answers[0]] }],
    [{ $pull: { a: 1 } }, { a: [1, 2, 1, [1], '1'] }, { a: [2, [1], '1'] }],
    [{ $pull: { a: [1] } }, { a: [1, [1], [1, 2]] }, { a: [1, [1, 2]] }],
    [{ $pull: { a: { b: 1 } } }, { a: [{ b: 1, c: 2 }, { b: [1] }, { b: 2 }, 5] }, { a: [{ b: 2 }, 5] }],
    [{ $pull: { a: /^x/ } }, { a: ['xy', 'yx', 5] }, { a: ['yx', 5] }],
    [{ $pull: { a: null } }, { a: [null, 0, {}] }, { a: [0, {}] }],
    [{ $pull: { a: { $ne: 1 } } }, { a: [1, 2, 1] }, { a: [1, 1] }],
    [{ $pull: { a: new Double(1) } }, { a: [new Int32(1), 2] }, { a: [2] }],
    [{ $pull: { a: 9, none: 1, 'o.none': 1 } }, { a: [1], o: {} }, { a: [1], o: {} }, 0],
    [{ $pullAll: { scores: [0, 5] } }, { scores: [0, 2, 5, 5, 1, 0] }, { scores: [2, 1] }],
    [
      { $pullAll: { a: [{ x: 1, y: 2 }, [1]] } },
      { a: [{ x: 1, y: 2 }, { y: 2, x: 1 }, { x: 1 }, [1], 1] },
      { a: [{ y: 2, x: 1 }, { x: 1 }, 1] },
    ],
    [{ $pullAll: { a: [] } }, { a: [1] }, { a: [1] }, 0],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $pull: { a: 1 } }, { a: 5 }, 2],
    [{ $pull: { a: { $gt: 1 } } }, { a: null }, 2],
    [{ $pull: { a: { b: { $nope: 1 } } } }, { a: [] }, 2],
    [{ $pull: { 'a.b': 1 } }, { a: 5 }, 28],
    [{ $pullAll: { a: 1 } }, { a: [1] }, 2],
    [{ $pullAll: { a: [1] } }, { a: 5 }, 2],
    [{ $pullAll: { 'a.b': [1] } }, { a: [1] }, 28],
    [{ $pull: { a: 1 }, $push: { a: 2 } }, { a: [1] }, 40],
  ])('should refuse %j of %j with %i', refuse);
});
