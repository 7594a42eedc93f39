import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, serialize } from 'bson';
import { RawDocument } from './document.js';
import { compileFilter, impliesPartial } from './matcher.js';

const matches = (filter: Record<string, unknown>, doc: Record<string, unknown>): boolean =>
  compileFilter(filter).matches(new RawDocument(serialize(doc)));
const oid = new ObjectId('0123456789abcdef01234567');
const big = Long.fromString('9007199254740993');

/** [filter, documents that match, documents that do not] */
const CASES: [Record<string, unknown>, Record<string, unknown>[], Record<string, unknown>[]][] = [
  [{ a: 5 }, [{ a: 5 }, { a: new Double(5) }, { a: [1, 5] }, { a: Decimal128.fromString('5.0') }], [{ a: '5' }, { a: [[5]] }, {}]],
  [{ a: null }, [{ a: null }, {}, { a: [1, null] }], [{ a: 0 }, { a: [] }, { a: [1] }]],
  [{ 'a.b': null }, [{ a: [{ b: 1 }, {}] }, { a: {} }, { a: 5 }, {}], [{ a: [] }, { a: [1, 2] }, { a: [{ b: 1 }] }]],
  [{ 'a.b': 1 }, [{ a: { b: 1 } }, { a: [{ b: 2 }, { b: [0, 1] }] }], [{ a: [[{ b: 1 }]] }, { 'a.b': 1 }]],
  [{ 'a.0': 7 }, [{ a: [7, 8] }, { a: { 0: 7 } }, { a: [{ 0: 7 }] }], [{ a: [8, 7] }, { a: [[7]] }]],
  [{ 'a.1.b': 4 }, [{ a: [5, { b: 4 }] }, { a: [5, [{ b: 4 }]] }], [{ a: [{ b: 4 }] }]],
  [{ a: { b: 1, c: 2 } }, [{ a: { b: 1, c: 2 } }, { a: [{ b: new Double(1), c: 2 }] }], [{ a: { c: 2, b: 1 } }, { a: { b: 1 } }]],
  [{ a: [1, 2] }, [{ a: [1, 2] }, { a: [[1, 2]] }], [{ a: [2, 1] }, { a: [1, 2, 3] }]],
  [{ a: {} }, [{ a: {} }], [{ a: { b: 1 } }, {}]],
  [{ a: big }, [{ a: big }], [{ a: Long.fromString('9007199254740992') }]],
  [{ a: { $eq: /x/ } }, [{ a: /x/ }], [{ a: 'x' }]],
  [{ a: { $ne: 1 } }, [{}, { a: 2 }, { a: '1' }], [{ a: 1 }, { a: [1, 2] }]],
  [{ a: { $gt: 5 } }, [{ a: 6 }, { a: big }, { a: [1, 9] }, { a: Infinity }], [{ a: 5 }, { a: '6' }, { a: NaN }, { a: null }]],
  [{ a: { $gt: 3, $lt: 5 } }, [{ a: 4 }, { a: [1, 9] }], [{ a: 3 }, { a: [1, 2] }]],
  [{ a: { $gte: null } }, [{ a: null }, {}], [{ a: 1 }]],
  [{ a: { $lt: null } }, [], [{ a: null }, {}, { a: 1 }]],
  [{ a: { $lte: NaN } }, [{ a: NaN }], [{ a: 1 }]],
  [{ a: { $lt: 'b' } }, [{ a: 'a' }, { a: 'B' }], [{ a: 1 }, { a: 'b' }]],
  [{ a: { $gt: '\uffff' } }, [{ a: '😀' }], [{ a: 'z' }]],
  [{ a: { $gt: [1] } }, [{ a: [2] }, { a: [1, 0] }], [{ a: [0, 5] }, { a: 2 }]],
  [{ a: { $gt: { b: 1 } } }, [{ a: { b: 2 } }, { a: { c: 1 } }], [{ a: { a: 9 } }]],
  [{ a: { $gt: new MinKey() } }, [{ a: 1 }, {}, { a: new MaxKey() }], [{ a: new MinKey() }]],
  [{ a: { $lt: new Date(5) } }, [{ a: new Date(4) }], [{ a: 4 }, { a: new Date(5) }]],
  [{ a: { $in: [1, /^x/i, null] } }, [{ a: 1 }, { a: 'Xy' }, {}, { a: ['q', 'x'] }], [{ a: 2 }, { a: 'yx' }]],
  [{ a: { $in: [[1, 2]] } }, [{ a: [1, 2] }], [{ a: 1 }]],
  [{ a: { $in: [] } }, [], [{}, { a: 1 }]],
  [{ a: { $nin: [1, null] } }, [{ a: 2 }], [{ a: 1 }, {}, { a: [1] }]],
  [{ a: { $exists: true } }, [{ a: null }, { a: [] }], [{}]],
  [{ 'a.b': { $exists: false } }, [{}, { a: [] }, { a: [{ c: 1 }] }], [{ a: [{ b: 1 }, {}] }]],
  [{ a: { $type: 'int' } }, [{ a: new Int32(1) }, { a: [new Int32(1)] }], [{ a: new Double(1) }, {}]],
  [{ a: { $type: ['objectId', 5] } }, [{ a: oid }, { a: new Binary(Buffer.from('x')) }], [{ a: 'x' }]],
  [{ a: { $type: 'array' } }, [{ a: [] }], [{ a: 1 }]],
  [{ a: { $type: 'number' } }, [{ a: big }, { a: Decimal128.fromString('1') }], [{ a: '1' }]],
  [{ a: { $regex: '^b.d$', $options: 's' } }, [{ a: 'b\nd' }, { a: 'bxd\n' }], [{ a: 'abxd' }]],
  [{ a: /^việt/i }, [{ a: 'VIỆT nam' }], [{ a: 'viet' }]],
  [{ a: new BSONRegExp('(?i)ab c', 'x') }, [{ a: 'ABC' }], [{ a: 'ab c' }]],
  [{ a: new BSONRegExp('^\\w+\\-[[:digit:]]{2}$', '') }, [{ a: 'x-12' }], [{ a: 'x-1' }, { a: 'é-12' }]],
  [{ a: new BSONRegExp('^b', 'm') }, [{ a: 'a\nb' }], [{ a: 'a\rb' }]],
  [{ a: { $mod: [4, 0] } }, [{ a: 8 }, { a: 8.9 }, { a: Long.fromString('9007199254740992') }], [{ a: 7.9 }, { a: '8' }, { a: NaN }]],
  [{ a: { $all: [1, 2] } }, [{ a: [2, 1, 3] }], [{ a: [1] }, { a: 1 }]],
  [{ a: { $all: [1] } }, [{ a: 1 }], [{ a: 2 }]],
  [{ a: { $all: [[1]] } }, [{ a: [1] }, { a: [[1]] }], [{ a: 1 }]],
  [{ a: { $all: [] } }, [], [{ a: [] }, { a: 1 }]],
  [{ a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } }, [{ a: [{ b: 2 }, { b: 1 }] }], [{ a: [{ b: 1 }] }]],
  [{ a: { $elemMatch: { $gt: 1, $lt: 5 } } }, [{ a: [0, 3] }], [{ a: [0, 9] }, { a: 3 }, { a: [[3]] }]],
  [{ a: { $elemMatch: { b: 1, c: { $gt: 1 } } } }, [{ a: [{ b: 1, c: 2 }] }], [{ a: [{ b: 1 }, { c: 2 }] }, { a: { b: 1, c: 2 } }]],
  [{ a: { $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } } }, [{ a: [{ b: 2 }] }], [{ a: [{ b: 3 }] }]],
  [{ 'a.b': { $size: 2 } }, [{ a: { b: [1, 2] } }, { a: [{ b: [1] }, { b: [1, 2] }] }], [{ a: [{ b: 1 }, { b: 2 }] }]],
  [{ a: { $bitsAllSet: [1, 5] } }, [{ a: 50 }, { a: new Binary(Buffer.from([0x22])) }, { a: -1 }], [{ a: 2 }, { a: 50.5 }]],
  [{ a: { $bitsAnyClear: 3 } }, [{ a: 1 }], [{ a: 3 }, { a: 'x' }]],
  [{ a: { $bitsAllClear: 4 } }, [{ a: 3 }], [{ a: 4 }]],
  [{ a: { $bitsAnySet: new Binary(Buffer.from([1])) } }, [{ a: 1 }], [{ a: 2 }]],
  [{ a: { $not: { $gt: 5 } } }, [{ a: 5 }, {}, { a: 'x' }], [{ a: 6 }, { a: [1, 6] }]],
  [{ a: { $not: /x/ } }, [{ a: 'y' }, {}], [{ a: 'x' }]],
  [{ $or: [{ a: 1 }, { b: 1 }] }, [{ b: 1 }], [{ c: 1 }]],
  [{ $nor: [{ a: 1 }, { b: 1 }] }, [{ c: 1 }], [{ b: 1 }]],
  [{ $and: [{ a: 1 }, { b: 1 }], $comment: 'x' }, [{ a: 1, b: 1 }], [{ a: 1 }]],
  [{ $expr: { $gt: ['$a', '$b'] } }, [{ a: 2, b: 1 }, { a: 'x', b: 9 }, { a: 1 }], [{ a: 1, b: 1 }, { b: 1 }]],
  [{ a: { $comment: 'x', $eq: 1 } }, [{ a: 1 }], [{ a: 2 }]],
];

const REFUSED: [Record<string, unknown>, number][] = [
  [{ $or: [] }, 2],
  [{ $and: {} }, 2],
  [{ $foo: 1 }, 2],
  [{ a: { $foo: 1 } }, 2],
  [{ a: { $gt: 1, b: 2 } }, 2],
  [{ a: { $gt: /x/ } }, 2],
  [{ a: { $ne: /x/ } }, 2],
  [{ a: { $in: 5 } }, 2],
  [{ a: { $in: [{ $gt: 1 }] } }, 2],
  [{ a: { $not: {} } }, 2],
  [{ a: { $not: 5 } }, 2],
  [{ a: { $all: 5 } }, 2],
  [{ a: { $elemMatch: 5 } }, 2],
  [{ a: { $size: -1 } }, 2],
  [{ a: { $mod: [0, 1] } }, 2],
  [{ a: { $mod: [1] } }, 2],
  [{ a: { $type: 'nope' } }, 2],
  [{ a: { $type: 'toString' } }, 2],
  [{ a: { $options: 'i' } }, 2],
  [{ a: { $regex: 5 } }, 2],
  [{ a: { $regex: 'a', $options: 'g' } }, 51108],
  [{ a: { $regex: 'a(' } }, 51091],
  [{ a: { $regex: '(?>a)b' } }, 51091],
  [{ a: { $bitsAllSet: -1 } }, 9],
  [{ $where: 'true' }, 238],
  [{ $expr: '$$nope' }, 17276],
];

describe(compileFilter, () => {
  it.each(CASES)('should match %j', (filter, yes, no) => {
    for (const doc of yes) expect({ doc, matches: matches(filter, doc) }).toEqual({ doc, matches: true });
    for (const doc of no) expect({ doc, matches: matches(filter, doc) }).toEqual({ doc, matches: false });
  });

  it.each(REFUSED)('should refuse %j', (filter, code) => {
    expect(() => compileFilter(filter)).toThrow(expect.objectContaining({ code }));
  });

  it('should tell which array element matched', () => {
    const index = (filter: Record<string, unknown>, doc: Record<string, unknown>) =>
      compileFilter(filter).arrayIndex(new RawDocument(serialize(doc)));
    expect(index({ a: 7 }, { a: [5, 7] })).toBe(1);
    expect(index({ x: 1, 'a.b': 2 }, { x: 1, a: [{ b: 1 }, { b: 2 }] })).toBe(1);
    expect(index({ $and: [{ a: { $elemMatch: { b: 2, c: 3 } } }] }, { a: [{ b: 2 }, { b: 2, c: 3 }] })).toBe(1);
    expect(index({ a: 7 }, { a: 7 })).toBeUndefined();
    expect(index({ a: 8 }, { a: [5] })).toBeUndefined();
  });

  it('should give the planner what must hold of each path', () => {
    const { constraints } = compileFilter({
      a: 1,
      $and: [{ b: { $gt: 2, $lte: 9 } }, { c: /^ab\.c/ }],
      d: { $in: [1, 2] },
      e: { $exists: true },
      f: { $ne: 1 },
      $or: [{ g: 1 }],
    });
    expect(constraints).toEqual([
      { path: 'a', eq: [1] },
      { path: 'b', lower: { value: 2, inclusive: false }, upper: { value: 9, inclusive: true } },
      { path: 'c', prefix: 'ab.c' },
      { path: 'd', eq: [1, 2] },
      { path: 'e', exists: true },
    ]);
    expect(compileFilter({ a: [1], b: /^a|b/, c: /^a/i, d: { $in: [/x/] }, e: { $gt: new MinKey() } }).constraints).toEqual([]);
    expect(compileFilter({ a: /^abc*/ }).constraints).toEqual([{ path: 'a', prefix: 'ab' }]);
  });
});

describe(impliesPartial, () => {
  const implied = (query: Record<string, unknown>, partial: Record<string, unknown>) =>
    impliesPartial(compileFilter(query).constraints, partial);

  it('should accept only queries that stay inside the index', () => {
    expect(implied({ email: 'x' }, { email: { $exists: true } })).toBe(true);
    expect(implied({ email: null }, { email: { $exists: true } })).toBe(false);
    expect(implied({ other: 1 }, { email: { $exists: true } })).toBe(false);
    expect(implied({ s: 'running', t: 1 }, { s: 'running' })).toBe(true);
    expect(implied({ s: { $in: ['running', 'done'] } }, { s: 'running' })).toBe(false);
    expect(implied({ n: { $gt: 5 } }, { n: { $gte: 5 } })).toBe(true);
    expect(implied({ n: { $gte: 5 } }, { n: { $gt: 5 } })).toBe(false);
    expect(implied({ n: { $gt: 'a' } }, { n: { $gt: 5 } })).toBe(false);
    expect(implied({ n: 7 }, { n: { $gt: 5, $lt: 8 } })).toBe(true);
  });
});

describe('names', () => {
  it('should see through DBRef fields and names that objects inherit', () => {
    expect(matches({ 'r.$id': 7 }, { r: { $ref: 'c', $id: 7 } })).toBe(true);
    expect(matches({ constructor: { $exists: true } }, { a: 1 })).toBe(false);
    expect(matches({ 'a.toString': null }, { a: {} })).toBe(true);
  });
});
