import { Decimal128, Double, Int32, Long, Timestamp, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

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

/** The type and value of field `v` after an update. */
async function typed(doc: Document, update: Document): Promise<string> {
  const items = await stored(doc);
  await items.updateOne({ _id: 1 }, update);
  const { v } = await items.findOne({}, { promoteValues: false });
  return `${v.constructor.name} ${v}`;
}

type Row = [update: Document, doc: Document, after: Document, modified?: 0 | 1];
type Refusal = [update: Document, doc: Document, code: number];

/** Compares the document, field order included, and whether it counted as modified. */
async function apply(update: Document, doc: Document, expected: Document, modified = 1): Promise<void> {
  const items = await stored(doc);
  const { matchedCount, modifiedCount } = await items.updateOne({ _id: 1 }, update);
  const { _id, ...after } = await items.findOne({});
  expect([_id, JSON.stringify(after), matchedCount, modifiedCount]).toEqual([1, JSON.stringify(expected), 1, modified]);
}

/** Compares the code of a refusal; the document must be as before. */
async function refuse(update: Document, doc: Document, code: number): Promise<void> {
  const items = await stored(doc);
  const before = await items.findOne({}, { promoteValues: false });
  expect(await refusal(items.updateOne({ _id: 1 }, update))).toMatchObject({ code });
  expect(await items.findOne({}, { promoteValues: false })).toEqual(before);
}

const [MAX_LONG, decimal] = [Long.MAX_VALUE, Decimal128.fromString('0.1')];

// https://www.mongodb.com/docs/v7.0/reference/operator/update/set/
describe('$set', () => {
  const details = { model: '14QQ', make: 'Clothes Corp' };

  it.each<Row>([
    [{ $set: { quantity: 500, tags: ['coats'] } }, { quantity: 250, details, tags: [] }, { quantity: 500, details, tags: ['coats'] }],
    [{ $set: { 'details.make': 'Kustom Kidz' } }, { details, n: 1 }, { details: { model: '14QQ', make: 'Kustom Kidz' }, n: 1 }],
    [
      { $set: { 't.1': 'rain gear', 'r.0.rating': 2 } },
      { t: ['a', 'b'], r: [{ rating: 4 }] },
      { t: ['a', 'rain gear'], r: [{ rating: 2 }] },
    ],
    [{ $set: {} }, { a: 1 }, { a: 1 }, 0],
    [{ $set: { a: 1 } }, { a: 1 }, { a: 1 }, 0],
    [{ $set: { a: 2, 'b.c': 3 } }, { a: 1, z: 0 }, { a: 2, z: 0, b: { c: 3 } }],
    [{ $set: { 'a.3': 4 } }, { a: [1] }, { a: [1, null, null, 4] }],
    [{ $set: { 'a.0': 1 } }, {}, { a: { 0: 1 } }],
    [{ $set: { a: { y: 1, x: 2 } } }, { a: { x: 2, y: 1 } }, { a: { y: 1, x: 2 } }],
    [{ $set: { z: 1, b: 2, aa: 3, Z: 4 } }, { m: 0 }, { m: 0, Z: 4, aa: 3, b: 2, z: 1 }],
    [{ $set: { _id: 1, a: 1 } }, {}, { a: 1 }],
    [{ $set: { a: { $b: 1 } } }, {}, { a: { $b: 1 } }],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $set: { 'a.b': 1 } }, { a: [1] }, 28],
    [{ $set: { a: 1, 'a.b': 1 } }, {}, 40],
    [{ $set: { a: 1 }, $inc: { a: 1 } }, {}, 40],
    [{ $set: { 'a..b': 1 } }, {}, 56],
    [{ $set: { $b: 1 } }, {}, 52],
    [{ $set: { _id: 2 } }, {}, 66],
    [{ $set: { 'a.1500001': 1 } }, { a: [] }, 34],
    [{ $set: 5 }, {}, 9],
    [{ $nope: { a: 1 } }, {}, 9],
    [{ $set: { a: 1 }, b: 1 }, {}, 9],
    [{ $set: { a: 1 }, $inc: { z: 1 } }, { z: 'x' }, 14],
  ])('should refuse %j of %j with %i', refuse);

  it('should count a change of the number type or of the field order as one', async () => {
    expect(await typed({ v: new Int32(5) }, { $set: { v: new Double(5) } })).toBe('Double 5');
    const items = await stored({ v: new Int32(5), o: { x: 1, y: 1 } });
    const modified = async ($set: Document) => (await items.updateOne({}, { $set })).modifiedCount;
    const counts = [await modified({ v: new Double(5) }), await modified({ v: new Double(5) }), await modified({ v: Long.fromNumber(5) })];
    expect(counts).toEqual([1, 0, 1]);
    expect([await modified({ o: { y: 1, x: 1 } }), await modified({ o: { y: 1, x: 1 } })]).toEqual([1, 0]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/unset/
describe('$unset', () => {
  it.each<Row>([
    [{ $unset: { quantity: '', instock: '' } }, { item: 'chisel', quantity: 4, instock: true }, { item: 'chisel' }],
    [{ $unset: { 'a.b': 1, 'l.0': 1 } }, { a: { b: 1, c: 2 }, l: [1, 2] }, { a: { c: 2 }, l: [null, 2] }],
    [{ $unset: { x: 1, 'a.b': 1, 'l.b': 1, 'l.9': 1, 'y.z': 1 } }, { a: 5, l: [1] }, { a: 5, l: [1] }, 0],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $unset: { _id: 1 } }, {}, 66],
    [{ $unset: { a: 1 }, $set: { 'a.b': 1 } }, {}, 40],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/inc/ and …/mul/
describe('$inc and $mul', () => {
  it.each<Row>([
    [{ $inc: { quantity: -2, 'metrics.orders': 1 } }, { quantity: 10, metrics: { orders: 2 } }, { quantity: 8, metrics: { orders: 3 } }],
    [{ $mul: { price: 1.25, quantity: 2 } }, { item: 'Hats', price: 10.5, quantity: 25 }, { item: 'Hats', price: 13.125, quantity: 50 }],
    [{ $inc: { b: 2, 'a.x': 1 } }, {}, { a: { x: 1 }, b: 2 }],
    [{ $inc: { a: 0 } }, { a: 5 }, { a: 5 }, 0],
  ])('should apply %j to %j', apply);

  it.each<[before: unknown, update: Document, after: string]>([
    [new Int32(1), { $inc: { v: new Int32(1) } }, 'Int32 2'],
    [new Int32(2147483647), { $inc: { v: new Int32(1) } }, 'Long 2147483648'],
    [new Int32(1), { $inc: { v: Long.fromNumber(1) } }, 'Long 2'],
    [Long.fromNumber(1), { $inc: { v: new Double(0.5) } }, 'Double 1.5'],
    [new Double(1), { $inc: { v: new Int32(1) } }, 'Double 2'],
    [Long.fromString('9007199254740993'), { $inc: { v: 1 } }, 'Long 9007199254740994'],
    [new Int32(10), { $mul: { v: Long.fromNumber(1) } }, 'Long 10'],
    [new Int32(65536), { $mul: { v: new Int32(65536) } }, 'Long 4294967296'],
    [new Int32(3), { $mul: { v: new Double(1) } }, 'Double 3'],
    [undefined, { $mul: { v: new Int32(7) } }, 'Int32 0'],
    [undefined, { $mul: { v: Long.fromNumber(7) } }, 'Long 0'],
    [undefined, { $mul: { v: new Double(7) } }, 'Double 0'],
    [undefined, { $inc: { v: Long.fromNumber(7) } }, 'Long 7'],
  ])('should keep the wider type: %s, %j', async (v, update, after) => {
    expect(await typed(v === undefined ? {} : { v }, update)).toBe(after);
  });

  it.each<Refusal>([
    [{ $inc: { a: 1 } }, { a: 'x' }, 14],
    [{ $inc: { a: '1' } }, { a: 1 }, 14],
    [{ $inc: { a: 1 } }, { a: MAX_LONG }, 2],
    [{ $mul: { a: 2 } }, { a: 'x' }, 14],
    [{ $mul: { a: 2 } }, { a: MAX_LONG }, 2],
    [{ $inc: { 'a.b': 1 } }, { a: 1 }, 28],
    [{ $inc: { _id: 1 } }, {}, 66],
  ])('should refuse %j of %j with %i', refuse);

  itEmbedded.each<[update: Document, doc: Document]>([
    [{ $inc: { a: decimal } }, { a: 1 }],
    [{ $inc: { a: 1 } }, { a: decimal }],
    [{ $inc: { a: decimal } }, {}],
    [{ $mul: { a: decimal } }, { a: 1 }],
    [{ $mul: { a: 2 } }, { a: decimal }],
    [{ $mul: { a: decimal } }, {}],
  ])('should refuse decimals: %j of %j', async (update, doc) => refuse(update, doc, 238));
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/min/ and …/max/
describe('$min and $max', () => {
  const [old, young] = [new Date('2013-09-15'), new Date('2013-10-01')];

  it.each<Row>([
    [{ $min: { lowScore: 150 } }, { highScore: 800, lowScore: 200 }, { highScore: 800, lowScore: 150 }],
    [{ $min: { lowScore: 250 } }, { highScore: 800, lowScore: 200 }, { highScore: 800, lowScore: 200 }, 0],
    [{ $max: { highScore: 950 } }, { highScore: 800 }, { highScore: 950 }],
    [{ $max: { highScore: 870 } }, { highScore: 950 }, { highScore: 950 }, 0],
    [
      { $min: { at: old }, $max: { to: old } },
      { at: young, to: young, n: [0] },
      { at: old, to: young, n: [0] },
    ],
    [{ $min: { a: 1 }, $max: { 'b.c': 2 } }, {}, { a: 1, b: { c: 2 } }],
    [{ $max: { b: 'x' } }, { b: 5 }, { b: 'x' }],
    [{ $max: { a: [1] } }, { a: { z: 9 } }, { a: [1] }],
    [{ $max: { a: new Double(5) }, $min: { b: new Double(5) } }, { a: new Int32(5), b: new Int32(5) }, { a: 5, b: 5 }, 0],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $min: { a: 1 }, $max: { a: 2 } }, {}, 40],
    [{ $min: { _id: 0 } }, {}, 66],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/rename/
describe('$rename', () => {
  it.each<Row>([
    [{ $rename: { nmae: 'name' } }, { alias: ['x'], nmae: { first: 'g' } }, { alias: ['x'], name: { first: 'g' } }],
    [{ $rename: { 'name.first': 'name.fname' } }, { name: { first: 'g', last: 'w' } }, { name: { last: 'w', fname: 'g' } }],
    [{ $rename: { a: 'b' } }, { a: 1, b: 2, c: 3 }, { b: 1, c: 3 }],
    [{ $rename: { 'a.x': 'b.y' } }, { a: { x: 1 } }, { a: {}, b: { y: 1 } }],
    [{ $rename: { none: 'x', 'o.none': 'y', 'l.9': 'z' } }, { o: {}, l: [] }, { o: {}, l: [] }, 0],
  ])('should apply %j to %j', apply);

  it.each<Refusal>([
    [{ $rename: { a: 'a' } }, { a: 1 }, 2],
    [{ $rename: { a: 'a.b' } }, { a: 1 }, 2],
    [{ $rename: { 'a.b': 'a' } }, { a: { b: 1 } }, 2],
    [{ $rename: { 'l.0': 'b' } }, { l: [1] }, 2],
    [{ $rename: { a: 'l.x' } }, { a: 1, l: [] }, 2],
    [{ $rename: { 'l.$[]': 'b' } }, { l: [1] }, 2],
    [{ $rename: { a: 'b' }, $set: { b: 1 } }, { a: 1 }, 40],
    [{ $rename: { 'a.b': 'c' } }, { a: 5 }, 28],
    [{ $rename: { 'a.b': 'c' } }, { a: [{ b: 1 }] }, 28],
    [{ $rename: { a: '' } }, { a: 1 }, 56],
    [{ $rename: { _id: 'b' } }, {}, 66],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/currentDate/
describe('$currentDate', () => {
  it('should set dates and timestamps', async () => {
    const items = await stored({ lastModified: new Date(0), status: 'a' });
    const update = {
      $currentDate: { lastModified: true, 'cancellation.date': { $type: 'timestamp' }, on: { $type: 'date' } },
      $set: { status: 'D' },
    };
    await items.updateOne({}, update as Document);
    const { lastModified, cancellation, on, status } = await items.findOne({});

    expect([lastModified, on].map((date) => date instanceof Date && date.getTime() > 1_600_000_000_000)).toEqual([true, true]);
    expect(cancellation.date).toBeInstanceOf(Timestamp);
    expect(status).toBe('D');
  });

  it.each<Refusal>([
    [{ $currentDate: { a: { $type: 'year' } } }, {}, 2],
    [{ $currentDate: { a: { $type: 'date', b: 1 } } }, {}, 2],
    [{ $currentDate: { 'a.b': true } }, { a: 1 }, 28],
  ])('should refuse %j of %j with %i', refuse);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/update/bit/
describe('$bit', () => {
  it.each<Row>([
    [{ $bit: { expdata: { and: new Int32(10) } } }, { expdata: new Int32(13) }, { expdata: 8 }],
    [{ $bit: { expdata: { or: new Int32(5) } } }, { expdata: new Int32(3) }, { expdata: 7 }],
    [{ $bit: { expdata: { xor: new Int32(5) } } }, { expdata: new Int32(1) }, { expdata: 4 }],
    [{ $bit: { a: { or: 4, and: 6 } } }, { a: 3 }, { a: 6 }],
    [{ $bit: { a: { or: 5 } } }, {}, { a: 5 }],
  ])('should apply %j to %j', apply);

  it('should widen to a long', async () => {
    expect(await typed({ v: new Int32(1) }, { $bit: { v: { or: Long.fromNumber(2) } } })).toBe('Long 3');
    expect(await typed({ v: Long.fromNumber(-1) }, { $bit: { v: { and: new Int32(7) } } })).toBe('Long 7');
  });

  it.each<Refusal>([
    [{ $bit: { a: { and: 1 } } }, { a: 1.5 }, 2],
    [{ $bit: { a: { not: 1 } } }, { a: 1 }, 2],
    [{ $bit: { a: {} } }, { a: 1 }, 2],
  ])('should refuse %j of %j with %i', refuse);
});
