import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, ObjectId, Timestamp, type Document } from 'mongodb';
import { describeEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let next = 0;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

async function stored(docs: readonly Document[]) {
  const items = sut.db.collection<any>(`c${++next}`);
  await items.insertMany(docs.map((doc, _id) => ({ _id, ...doc })));
  return items;
}

/** The positions of the documents that a filter finds. */
async function matching(filter: Document, docs: readonly Document[]): Promise<number[]> {
  return (await (await stored(docs)).find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
}

/** The document and the number of modified ones after an update; its `_id` is 0. */
async function updated(update: Document | Document[], doc: Document, filter: Document = {}, arrayFilters?: Document[]) {
  const items = await stored([doc]);
  const { modifiedCount } = await items.updateOne(filter, update, arrayFilters && { arrayFilters });
  return { after: await items.findOne({}), modifiedCount };
}

/** The code of the refusal of an update, which must leave the document as it was. */
async function refused(update: Document, doc: Document, arrayFilters?: Document[]): Promise<unknown> {
  const items = await stored([doc]);
  const { code } = await refusal(items.updateOne({}, update, arrayFilters && { arrayFilters }));
  expect(await items.findOne({})).toEqual({ _id: 0, ...doc });
  return code;
}

type Query = [deviation: string, filter: Document, docs: Document[], ids: number[]];
type Refusal = [deviation: string, update: Document, doc: Document, code: number, arrayFilters?: Document[]];

const find = async (...[, filter, docs, ids]: Query) => expect(await matching(filter, docs)).toEqual(ids);
const refuse = async (...[, update, doc, code, filters]: Refusal) => expect(await refused(update, doc, filters)).toBe(code);

const [big, decimal] = [Long.fromString('9007199254740993'), Decimal128.fromString('5.5')];

describe('where mingo and MongoDB differ: null', () => {
  it.each<Query>([
    ['an element without the field is null', { 'a.b': null }, [{ a: [{ b: 1 }, {}] }, { a: [{ b: 1 }] }], [0]],
    ['also by $in', { 'a.b': { $in: [null] } }, [{ a: [{ b: 1 }, {}] }, { a: [{ b: 1 }] }], [0]],
    ['$gte: null finds what is absent', { a: { $gte: null } }, [{}, { a: null }, { a: 1 }], [0, 1]],
    ['$lte: null finds what is absent', { a: { $lte: null } }, [{}, { a: null }, { a: 1 }], [0, 1]],
  ])('%s', find);
});

describe('where mingo and MongoDB differ: numbers', () => {
  it.each<Query>([
    ['long integers beyond 2^53 equal themselves only', { a: big }, [{ a: big }, { a: new Double(9007199254740992) }], [0]],
    ['long integers beyond 2^53 are numbers', { a: { $gt: 10 } }, [{ a: big }, { a: 9 }], [0]],
    ['decimals equal other numbers', { a: 5.5 }, [{ a: decimal }, { a: Decimal128.fromString('5.50') }, { a: '5.5' }], [0, 1]],
    ['decimals compare with other numbers', { a: { $lt: 10 } }, [{ a: decimal }, { a: Decimal128.fromString('10.1') }], [0]],
    ['5.0 equals 5', { a: new Int32(5) }, [{ a: new Double(5) }, { a: new Int32(5) }], [0, 1]],
  ])('%s', find);
});

describe('where mingo and MongoDB differ: objects and arrays', () => {
  it.each<Query>([
    ['equality minds the order of fields', { a: { x: 1, y: 2 } }, [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }], [0]],
    ['$gt compares fields in their order', { a: { $gt: { b: 1 } } }, [{ a: { c: 0, a: 0 } }, { a: { a: 9, z: 9 } }], [0]],
    ['$gt takes an array', { a: { $gt: [1, 2] } }, [{ a: [1, 3] }, { a: [1, 2] }, { a: 5 }], [0]],
    ['$in takes arrays', { a: { $in: [[1, 2]] } }, [{ a: [1, 2] }, { a: [[1, 2]] }, { a: 1 }], [0, 1]],
    ['$all finds a scalar', { a: { $all: [1] } }, [{ a: 1 }, { a: 2 }], [0]],
    ['$all finds a whole array', { a: { $all: [[1, 2]] } }, [{ a: [1, 2] }, { a: [[1, 2]] }, { a: [1] }], [0, 1]],
    ['$all: [null] finds null and absent', { a: { $all: [null] } }, [{ a: null }, {}, { a: [null] }, { a: 1 }], [0, 1, 2]],
    ['$size counts each array, not what a path reaches', { 'a.b': { $size: 2 } }, [{ a: [{ b: 1 }, { b: 2 }] }, { a: { b: [1, 2] } }], [1]],
  ])('%s', find);
});

describe('where mingo and MongoDB differ: text and binary', () => {
  const binary = (bytes: number[], subtype = 0) => ({ a: new Binary(Buffer.from(bytes), subtype) });

  it.each<Query>([
    ['text is ordered by UTF-8, not UTF-16', { a: { $gt: '\ufffd' } }, [{ a: '😀' }, { a: '\ufffc' }], [0]],
    ['binary data have a subtype', binary([1], 0), [binary([1], 0), binary([1], 5)], [0]],
    ['binary data are ordered by length first', { a: { $gt: binary([9]).a } }, [binary([1, 1]), binary([200]), binary([8])], [0, 1]],
  ])('%s', find);
});

describe('where mingo and MongoDB differ: $type', () => {
  const values = [new ObjectId(), new Binary(Buffer.from([1])), new Timestamp({ t: 1, i: 1 }), new Int32(1), new Double(1), Long.fromNumber(1), ['x', new Int32(1)]]; // prettier-ignore
  const docs = values.map((a) => ({ a }));

  it.each<Query>([
    ['objectId', { a: { $type: 'objectId' } }, docs, [0]],
    ['binData', { a: { $type: 'binData' } }, docs, [1]],
    ['timestamp', { a: { $type: 'timestamp' } }, docs, [2]],
    ['int, among elements too', { a: { $type: 'int' } }, docs, [3, 6]],
    ['double', { a: { $type: 'double' } }, docs, [4]],
    ['long', { a: { $type: 'long' } }, docs, [5]],
    ['elements of arrays', { a: { $type: 'string' } }, docs, [6]],
  ])('%s', find);

  it('an unknown alias is an error', async () => {
    expect(await refusal(matching({ a: { $type: 'integer' } }, docs))).toMatchObject({ code: 2 });
  });
});

describe('where mingo and MongoDB differ: regular expressions', () => {
  it.each<Query>([
    ['option x', { a: { $regex: 'a b # c', $options: 'x' } }, [{ a: 'ab' }, { a: 'a b' }], [0]],
    ['leading inline options', { a: new BSONRegExp('(?i)^AB') }, [{ a: 'abc' }, { a: 'b' }], [0]],
    ['a stored pattern equals itself', { a: /^x/ }, [{ a: /^x/ }, { a: /^x/i }, { a: 'xy' }], [0, 2]],
  ])('%s', find);
});

describe('where mingo and MongoDB differ: checks', () => {
  it.each<[deviation: string, filter: Document]>([
    ['$or of nothing is an error', { $or: [] }],
    ['$mod wants two numbers', { a: { $mod: [4] } }],
  ])('%s', async (_, filter) => {
    expect(await refusal(matching(filter, [{ a: 4 }]))).toMatchObject({ code: 2 });
  });

  it.each<Query>([
    ['$mod does not take text', { a: { $mod: [4, 3] } }, [{ a: '7' }, { a: 7 }], [1]],
    ['$mod cuts the fraction off', { a: { $mod: [4, 3] } }, [{ a: 7.9 }, { a: 8.1 }], [0]],
    ['$comment is taken', { a: 1, $comment: 'why' }, [{ a: 1 }, { a: 2 }], [0]],
  ])('%s', find);
});

describeEmbedded('where mingo and MongoDB differ: collation', () => {
  const collation = { locale: 'en', strength: 2 };

  it.each<[stage: string, run: () => Promise<unknown>]>([
    ['match', () => sut.db.collection('any').find({ a: 'x' }, { collation }).toArray()],
    [
      'group',
      () =>
        sut.db
          .collection('any')
          .aggregate([{ $group: { _id: '$a' } }], { collation })
          .toArray(),
    ],
    ['index', () => sut.db.collection('any').createIndex({ a: 1 }, { collation })],
  ])('is refused in %s', async (_, run) => {
    expect(await refusal(run())).toMatchObject({ code: 238 });
  });
});

describe('where mingo and MongoDB differ: update, wrong type', () => {
  it.each<Refusal>([
    ['$inc of null', { $inc: { a: 1 } }, { a: null }, 14],
    ['$inc of text', { $inc: { a: 1 } }, { a: '1' }, 14],
    ['$mul of null', { $mul: { a: 2 } }, { a: null }, 14],
    ['$mul of text', { $mul: { a: 2 } }, { a: '1' }, 14],
    ['$push on no array', { $push: { a: 1 } }, { a: 5 }, 2],
    ['$pull from no array', { $pull: { a: 1 } }, { a: 5 }, 2],
    ['$pop of no array', { $pop: { a: 1 } }, { a: 5 }, 14],
    ['$addToSet on no array', { $addToSet: { a: 1 } }, { a: 5 }, 2],
    ['$set through a scalar', { $set: { 'a.b': 1 } }, { a: 5 }, 28],
    ['$set through null', { $set: { 'a.b': 1 } }, { a: null }, 28],
  ])('%s', refuse);
});

describe('where mingo and MongoDB differ: update, absent', () => {
  it('$setOnInsert and upsert', async () => {
    const items = sut.db.collection<any>(`c${++next}`);
    const update = { $set: { b: 1 }, $setOnInsert: { c: 2 } };
    await items.updateOne({ _id: 1, a: 0 }, update, { upsert: true });
    expect(await items.findOne({})).toEqual({ _id: 1, a: 0, b: 1, c: 2 });
  });

  it('an update leaves $setOnInsert out', async () => {
    expect((await updated({ $set: { b: 1 }, $setOnInsert: { c: 2 } }, {})).after).toEqual({ _id: 0, b: 1 });
  });

  it('replacement', async () => {
    const items = await stored([{ a: 1, b: 2 }]);
    await items.replaceOne({}, { c: 3 });
    expect(await items.findOne({})).toEqual({ _id: 0, c: 3 });
  });

  it('$currentDate gives a timestamp', async () => {
    expect((await updated({ $currentDate: { t: { $type: 'timestamp' } } }, {})).after.t).toBeInstanceOf(Timestamp);
  });

  it('$replaceWith in a pipeline', async () => {
    expect((await updated([{ $replaceWith: '$in' }], { in: { x: 1 } })).after).toEqual({ _id: 0, x: 1 });
  });
});

describe('where mingo and MongoDB differ: update, result', () => {
  it.each<[deviation: string, update: Document, doc: Document, modified: number, fields?: string[]]>([
    ['5 to 5.0 is a change', { $set: { a: new Double(5) } }, { a: new Int32(5) }, 1],
    ['{x, y} to {y, x} is a change', { $set: { a: { y: 1, x: 1 } } }, { a: { x: 1, y: 1 } }, 1],
    ['_id may be set to itself', { $set: { _id: 0, a: 2 } }, { a: 1 }, 1],
    ['new fields come in lexicographic order', { $set: { z: 1, b: 1 }, $inc: { c: 1 } }, { m: 0 }, 1, ['_id', 'm', 'b', 'c', 'z']],
  ])('%s', async (...[, update, doc, modified, fields]) => {
    const { after, modifiedCount } = await updated(update, doc);
    expect(modifiedCount).toBe(modified);
    if (fields) expect(Object.keys(after)).toEqual(fields);
  });

  it('nothing is applied when a later operator fails', () => refuse('', { $set: { a: 1 }, $inc: { z: 1 } }, { z: 'x' }, 14));
});

describe('where mingo and MongoDB differ: $push and $addToSet', () => {
  const pairs = [{ x: 1, y: 2 }, { x: 0, y: 9 }]; // prettier-ignore

  it.each<[deviation: string, update: Document, doc: Document, a: unknown[]]>([
    ['$slice of a new field', { $push: { a: { $each: [1, 2, 3], $slice: -2 } } }, {}, [2, 3]],
    ['$sort of a new field', { $push: { a: { $each: [3, 1, 2], $sort: 1 } } }, {}, [1, 2, 3]],
    [
      'a second sort key',
      { $push: { a: { $each: pairs, $sort: { x: 1, y: -1 } } } },
      { a: [{ x: 1, y: 1 }] },
      [pairs[1], pairs[0], { x: 1, y: 1 }],
    ],
    ['$addToSet keeps duplicates that are there', { $addToSet: { a: 1 } }, { a: [1, 1] }, [1, 1]],
    ['$addToSet adds beside duplicates', { $addToSet: { a: 2 } }, { a: [1, 1] }, [1, 1, 2]],
  ])('%s', async (_, update, doc, a) => expect((await updated(update, doc)).after.a).toEqual(a));

  it('an unknown modifier is an error', () => refuse('', { $push: { a: { $each: [1], $first: 1 } } }, { a: [] }, 2));
});

describe('where mingo and MongoDB differ: $ and $[id]', () => {
  it.each<[deviation: string, update: Document, filter: Document, a: number[], arrayFilters?: Document[]]>([
    ['$ with two conditions on the array', { $set: { 'a.$': 0 } }, { a: { $gte: 1, $lte: 3 } }, [0, 2, 3]],
    ['$ inside $and', { $set: { 'a.$': 0 } }, { $and: [{ a: 2 }] }, [1, 0, 3]],
    ['$or in an array filter', { $set: { 'a.$[x]': 0 } }, {}, [0, 2, 0], [{ $or: [{ x: 1 }, { x: 3 }] }]],
  ])('%s', async (...[, update, filter, a, filters]) =>
    expect((await updated(update, { a: [1, 2, 3] }, filter, filters)).after.a).toEqual(a),
  );

  it.each<Refusal>([
    ['an array filter that nothing uses', { $set: { b: 1 } }, { a: [1] }, 9, [{ x: 1 }]],
    ['$[] of an absent array', { $set: { 'a.$[]': 1 } }, {}, 2, undefined],
  ])('%s', refuse);
});

describe('where mingo and MongoDB differ: projection', () => {
  it.each<[deviation: string, projection: Document, shown: Document]>([
    ['_id comes first', { a: 1, _id: 1 }, { _id: 0, a: [1, 2] }],
    ['fields come in the order of the document', { c: 1, a: 1 }, { _id: 0, a: [1, 2], c: 3 }],
    ['$slice alone keeps the other fields', { a: { $slice: 1 } }, { _id: 0, a: [1], b: 2, c: 3 }],
  ])('%s', async (_, projection, shown) => {
    const items = await stored([{ a: [1, 2], b: 2, c: 3 }]);
    expect(JSON.stringify(await items.findOne({}, { projection }))).toBe(JSON.stringify(shown));
  });
});
