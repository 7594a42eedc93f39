import { Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'bson';
import { RawDocument, typeOf } from './document.js';
import { compileUpdate, upsertSeed } from './updater.js';

type Doc = Record<string, unknown>;
const now = new Date('2024-05-06T07:08:09.123Z');

function update(
  doc: Doc,
  spec: Doc | Doc[],
  more: { arrayFilters?: Doc[]; arrayIndex?: number; isInsert?: boolean; variables?: Doc } = {},
): Doc {
  const before = RawDocument.fromTyped(doc).bytes.toString('hex');
  const compiled = compileUpdate(spec, { now, arrayFilters: more.arrayFilters, ...(more.variables && { variables: more.variables }) });
  try {
    return compiled.apply(doc, { arrayIndex: more.arrayIndex, isInsert: more.isInsert ?? false });
  } finally {
    expect(RawDocument.fromTyped(doc).bytes.toString('hex')).toBe(before);
  }
}

/** As a client would see it. */
const plain = (doc: Doc): unknown => JSON.parse(JSON.stringify(doc));

const CASES: [name: string, doc: Doc, spec: Doc, after: Doc, more?: Parameters<typeof update>[2]][] = [
  ['$set', { _id: 1, a: 1 }, { $set: { a: 2, 'b.c': 3 } }, { _id: 1, a: 2, b: { c: 3 } }],
  ['$set into arrays', { _id: 1, a: [1] }, { $set: { 'a.3': 4, 'a.0': 9 } }, { _id: 1, a: [9, null, null, 4] }],
  ['$set keeps the place of a field', { _id: 1, a: 1, b: 2 }, { $set: { a: { x: 1 } } }, { _id: 1, a: { x: 1 }, b: 2 }],
  [
    'new fields in lexicographic order',
    { _id: 1 },
    { $set: { z: 1, b: 1, 'a.10': 1, 'a.9': 1 } },
    { _id: 1, a: { 9: 1, 10: 1 }, b: 1, z: 1 },
  ],
  [
    '$unset',
    { _id: 1, a: 1, b: [1, 2], c: { d: 1 }, e: 5 },
    { $unset: { a: '', 'b.0': 1, 'c.d': 1, 'x.y': 1, 'e.f': 1 } },
    { _id: 1, b: [null, 2], c: {}, e: 5 },
  ],
  ['$inc', { _id: 1, a: 1 }, { $inc: { a: 2, b: -1, 'c.d': 1.5 } }, { _id: 1, a: 3, b: -1, c: { d: 1.5 } }],
  ['$mul', { _id: 1, a: 3 }, { $mul: { a: 1.5, b: 7 } }, { _id: 1, a: 4.5, b: 0 }],
  [
    '$min and $max',
    { _id: 1, a: 5, b: 5, c: 'x' },
    { $min: { a: 3, b: 7, n: 1 }, $max: { c: 9, m: 1 } },
    { _id: 1, a: 3, b: 5, c: 'x', m: 1, n: 1 },
  ],
  ['$rename', { _id: 1, a: 1, b: 2 }, { $rename: { a: 'c.d', nope: 'x' } }, { _id: 1, b: 2, c: { d: 1 } }],
  ['$rename over an existing field', { _id: 1, a: 1, b: 2 }, { $rename: { a: 'b' } }, { _id: 1, b: 1 }],
  ['$setOnInsert of an update', { _id: 1 }, { $setOnInsert: { a: 1 }, $set: { b: 1 } }, { _id: 1, b: 1 }],
  ['$setOnInsert of an insert', { x: 1 }, { $setOnInsert: { _id: 7, a: 1 } }, { _id: 7, x: 1, a: 1 }, { isInsert: true }],
  ['$currentDate', { _id: 1 }, { $currentDate: { a: true } }, { _id: 1, a: now.toISOString() }],
  ['$push', { _id: 1, a: [1] }, { $push: { a: [2], b: 3 } }, { _id: 1, a: [1, [2]], b: [3] }],
  ['$push $each $position', { _id: 1, a: [1, 4] }, { $push: { a: { $each: [2, 3], $position: 1 } } }, { _id: 1, a: [1, 2, 3, 4] }],
  ['$push $position from the end', { _id: 1, a: [1, 4] }, { $push: { a: { $each: [3], $position: -1 } } }, { _id: 1, a: [1, 3, 4] }],
  ['$push $sort $slice', { _id: 1, a: [3, 1] }, { $push: { a: { $each: [2], $sort: -1, $slice: 2 } } }, { _id: 1, a: [3, 2] }],
  ['$push to a missing field with $slice', { _id: 1 }, { $push: { a: { $each: [1, 2, 3], $slice: -2 } } }, { _id: 1, a: [2, 3] }],
  [
    '$push sorted by two fields',
    { _id: 1, a: [{ x: 1, y: 1 }] },
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
    { _id: 1, a: [{ x: 0, y: 9 }, { x: 1, y: 2 }, { x: 1, y: 1 }] }, // prettier-ignore
  ],
  ['$addToSet', { _id: 1, a: [1, 1] }, { $addToSet: { a: { $each: [1, 2, 2] }, b: { x: 1 } } }, { _id: 1, a: [1, 1, 2], b: [{ x: 1 }] }],
  ['$addToSet by field order', { _id: 1, a: [{ x: 1, y: 2 }] }, { $addToSet: { a: { y: 2, x: 1 } } }, { _id: 1, a: [{ x: 1, y: 2 }, { y: 2, x: 1 }] }], // prettier-ignore
  ['$pop', { _id: 1, a: [1, 2, 3], b: [1, 2] }, { $pop: { a: 1, b: -1, c: 1 } }, { _id: 1, a: [1, 2], b: [2] }],
  ['$pull a value', { _id: 1, a: [1, 2, 1, [1]] }, { $pull: { a: 1 } }, { _id: 1, a: [2, [1]] }],
  ['$pull by operators', { _id: 1, a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { _id: 1, a: [1] }],
  ['$pull by a document', { _id: 1, a: [{ b: 1, c: 2 }, { b: 2 }, 5] }, { $pull: { a: { b: 1 } } }, { _id: 1, a: [{ b: 2 }, 5] }], // prettier-ignore
  ['$pull by a regex', { _id: 1, a: ['ab', 'b'] }, { $pull: { a: /^a/ } }, { _id: 1, a: ['b'] }],
  ['$pullAll', { _id: 1, a: [1, 2, 3, 1] }, { $pullAll: { a: [1, 3] } }, { _id: 1, a: [2] }],
  ['$bit', { _id: 1, a: 13 }, { $bit: { a: { and: 10, or: 1 }, b: { xor: 3 } } }, { _id: 1, a: 9, b: 3 }],
  ['$', { _id: 1, a: [{ b: 1 }, { b: 2 }] }, { $set: { 'a.$.b': 9 } }, { _id: 1, a: [{ b: 1 }, { b: 9 }] }, { arrayIndex: 1 }],
  ['$[]', { _id: 1, a: [1, 2] }, { $inc: { 'a.$[]': 10 } }, { _id: 1, a: [11, 12] }],
  ['nested $[]', { _id: 1, a: [{ b: [1] }, { b: [2, 3] }] }, { $mul: { 'a.$[].b.$[]': 2 } }, { _id: 1, a: [{ b: [2] }, { b: [4, 6] }] }], // prettier-ignore
  ['$[id]', { _id: 1, a: [1, 5, 9] }, { $set: { 'a.$[x]': 0 } }, { _id: 1, a: [1, 0, 0] }, { arrayFilters: [{ x: { $gte: 5 } }] }],
  [
    '$[id] with $or and a path',
    { _id: 1, a: [{ n: 1 }, { n: 2 }, { n: 3 }] },
    { $unset: { 'a.$[e].n': 1 } },
    { _id: 1, a: [{}, { n: 2 }, {}] },
    { arrayFilters: [{ $or: [{ 'e.n': 1 }, { 'e.n': 3 }] }] },
  ],
  ['_id set to itself', { _id: 1 }, { $set: { _id: 1 } }, { _id: 1 }],
  ['replacement', { _id: 1, a: 1 }, { b: 2 }, { _id: 1, b: 2 }],
  ['replacement with its own _id', { _id: 1, a: 1 }, { b: 2, _id: 1 }, { _id: 1, b: 2 }],
  ['replacement by nothing', { _id: 1, a: 1 }, {}, { _id: 1 }],
];

const REFUSED: [name: string, code: number, doc: Doc, spec: Doc | Doc[], more?: Parameters<typeof update>[2]][] = [
  ['unknown operators', 9, {}, { $foo: { a: 1 } }],
  ['fields beside operators', 9, {}, { $set: { a: 1 }, b: 1 }],
  ['operators after fields', 52, {}, { b: 1, $set: { a: 1 } }],
  ['an operator without fields', 9, {}, { $set: 5 }],
  ['operators in a replacement', 52, {}, { a: 1, $x: 1 }],
  ['the same path twice', 40, {}, { $set: { a: 1 }, $inc: { a: 1 } }],
  ['a path and its parent', 40, {}, { $set: { a: 1, 'a.b': 1 } }],
  ['$rename onto a changed path', 40, {}, { $set: { a: 1 }, $rename: { a: 'b' } }],
  ['the same element twice', 40, { a: [1] }, { $set: { 'a.$[x]': 1, 'a.0': 2 } }, { arrayFilters: [{ x: 1 }] }],
  ['empty names', 56, {}, { $set: { 'a..b': 1 } }],
  ['names with a dollar', 52, {}, { $set: { 'a.$b': 1 } }],
  ['$set through a scalar', 28, { a: 5 }, { $set: { 'a.b': 1 } }],
  ['$set through null', 28, { a: null }, { $set: { 'a.b': 1 } }],
  ['$set by name into an array', 28, { a: [1] }, { $set: { 'a.b': 1 } }],
  ['a far position', 2, { a: [] }, { $set: { 'a.9999999': 1 } }],
  ['$inc of text', 14, { a: 'x' }, { $inc: { a: 1 } }],
  ['$inc of null', 14, { a: null }, { $inc: { a: 1 } }],
  ['$inc by text', 14, {}, { $inc: { a: '1' } }],
  ['$inc beyond a long', 2, { a: Long.MAX_VALUE }, { $inc: { a: 1 } }],
  ['$mul of text', 14, { a: 'x' }, { $mul: { a: 1 } }],
  ['$push on a scalar', 2, { a: 1 }, { $push: { a: 1 } }],
  ['$push on null', 2, { a: null }, { $push: { a: 1 } }],
  ['$push with an unknown clause', 2, {}, { $push: { a: { $each: [], $foo: 1 } } }],
  ['$each without an array', 2, {}, { $push: { a: { $each: 1 } } }],
  ['$addToSet on a scalar', 2, { a: 1 }, { $addToSet: { a: 1 } }],
  ['$pop on a scalar', 14, { a: 1 }, { $pop: { a: 1 } }],
  ['$pop by 2', 9, {}, { $pop: { a: 2 } }],
  ['$pull on a scalar', 2, { a: 1 }, { $pull: { a: 1 } }],
  ['$pullAll by a scalar', 2, {}, { $pullAll: { a: 1 } }],
  ['$bit of a double', 2, { a: 1.5 }, { $bit: { a: { and: 1 } } }],
  ['$bit by an unknown operation', 2, {}, { $bit: { a: { not: 1 } } }],
  ['$currentDate of an unknown type', 2, {}, { $currentDate: { a: { $type: 'year' } } }],
  ['$rename onto itself', 2, {}, { $rename: { a: 'a' } }],
  ['$rename out of an array', 2, { a: [{ b: 1 }] }, { $rename: { 'a.0.b': 'c' } }],
  ['$ without a match', 2, { a: [1] }, { $set: { 'a.$': 1 } }],
  ['$[] of a missing array', 2, {}, { $set: { 'a.$[]': 1 } }],
  ['$[] of a scalar', 2, { a: 1 }, { $set: { 'a.$[]': 1 } }],
  ['$[id] without a filter', 2, { a: [1] }, { $set: { 'a.$[x]': 1 } }],
  ['an unused filter', 9, {}, { $set: { a: 1 } }, { arrayFilters: [{ x: 1 }] }],
  ['a filter of two names', 9, {}, { $set: { 'a.$[x]': 1 } }, { arrayFilters: [{ x: 1, y: 1 }] }],
  ['a filter given twice', 9, {}, { $set: { 'a.$[x]': 1 } }, { arrayFilters: [{ x: 1 }, { x: 2 }] }],
  ['changing _id', 66, { _id: 1 }, { $set: { _id: 2 } }],
  ['removing _id', 66, { _id: 1 }, { $unset: { _id: 1 } }],
  ['replacing _id', 66, { _id: 1 }, { _id: 2 }],
  ['a later operator that fails', 14, { _id: 1, z: 'x' }, { $set: { a: 1 }, $inc: { z: 1 } }],
  ['reading stages in a pipeline', 72, {}, [{ $match: {} }]],
];

describe(compileUpdate, () => {
  it.each(CASES)('should apply %s', (_, doc, spec, after, ...[more]) => {
    const result = update(doc, spec, more);
    expect(plain(result)).toEqual(after);
    expect(JSON.stringify(result)).toBe(JSON.stringify(after));
  });

  it.each(REFUSED)('should refuse %s with %i', (_, code, doc, spec, ...[more]) => {
    expect(() => update(doc, spec, more)).toThrow(expect.objectContaining({ code }));
  });

  it('should keep number types', () => {
    const typed = (doc: Doc, spec: Doc) => Object.values(update(doc, spec)).map((value) => `${typeOf(value)} ${String(value)}`);
    expect(
      typed(
        { a: new Int32(2147483647), b: new Int32(1), c: new Double(1), d: Decimal128.fromString('0.1'), e: Long.fromNumber(1) },
        { $inc: { a: 1, b: Long.fromNumber(1), c: 1, d: Decimal128.fromString('0.20'), e: 0.5 } },
      ),
    ).toEqual(
      ['long 2147483648', 'long 2', 'double 2', 'decimal 0.30', 'double 1.5'], // prettier-ignore
    );
    expect(typed({ a: new Int32(3) }, { $mul: { a: Decimal128.fromString('1.10'), b: new Double(2) } })).toEqual([
      'decimal 3.30',
      'double 0',
    ]);
    expect(update({}, { $currentDate: { a: { $type: 'timestamp' } } })['a']).toEqual(new Timestamp({ t: 1714979289, i: 1 }));
  });

  it('should leave fields beside the path as they are', () => {
    const doc = { _id: new ObjectId(), n: new Double(5), l: Long.fromString('9007199254740993'), a: 1 };
    expect(update(doc, { $set: { a: 2 } })).toMatchObject({ n: new Double(5), l: Long.fromString('9007199254740993') });
    const same = compileUpdate({ $max: { n: 1 }, $addToSet: { s: { $each: [] } }, $unset: { zz: 1 } }, { now });
    expect(same.apply({ n: 5, s: [] }, { isInsert: false })).toEqual({ n: 5, s: [] });
  });

  it('should run pipelines with variables and the time', () => {
    const stages = [{ $set: { total: { $add: ['$a', '$$by'] }, at: '$$NOW', copy: '$l' } }, { $unset: 'a' }, { $project: { b: 0 } }];
    expect(update({ _id: 1, a: 1, b: 2, l: new Double(5) }, stages, { variables: { by: 4 } })).toEqual({
      _id: 1,
      l: new Double(5),
      total: new Int32(5),
      at: now,
      copy: new Double(5),
    });
    expect(update({ _id: 1, a: { x: 1 } }, [{ $replaceWith: '$a' }])).toEqual({ _id: 1, x: 1 });
    expect(() => update({ _id: 1 }, [{ $set: { _id: 2 } }])).toThrow(expect.objectContaining({ code: 66 }));
  });
});

describe(upsertSeed, () => {
  it('should take what the filter says equals', () => {
    expect(
      upsertSeed({
        a: 1,
        'b.c': { $eq: 2 },
        d: { $gt: 1 },
        e: /x/,
        f: { $in: [3] },
        $and: [{ g: null }],
        $or: [{ h: 1 }, { i: 1 }],
        $expr: true,
      }),
    ).toEqual({
      a: 1,
      b: { c: 2 },
      f: 3,
      g: null,
    });
    expect(upsertSeed({ a: { $eq: /x/ }, b: { c: { $gt: 1 } } })).toEqual({ a: /x/, b: { c: { $gt: 1 } } });
    expect(() => upsertSeed({ a: 1, $and: [{ a: 2 }] })).toThrow(expect.objectContaining({ code: 54 }));
    expect(() => upsertSeed({ a: { b: 1 }, 'a.c': 2 })).toThrow(expect.objectContaining({ code: 54 }));
  });
});
