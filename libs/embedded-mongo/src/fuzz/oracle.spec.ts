import { Decimal128, Double, Int32, Long, MaxKey, MinKey } from 'mongodb';
import { distinctValues, matches } from './oracle-filter.fixture-spec.js';
import { collide, indexKeys, ParallelArrays, sortIntoGroups } from './oracle-keys.fixture-spec.js';
import { compare, type Doc } from './oracle-order.fixture-spec.js';
import { Refusal } from './oracle-refusal.fixture-spec.js';
import { applyUpdate, upsertedDocument } from './oracle-update.fixture-spec.js';

const int = (n: number): Int32 => new Int32(n);

/** What is on the pages of MongoDB's manual. */
describe('the oracle', () => {
  it('should order values as the page on comparison does', () => {
    const ascending = [
      new MinKey(),
      null,
      new Double(NaN),
      new Double(-Infinity),
      int(-1),
      Decimal128.fromString('0.1'),
      new Double(0.1),
      new Double(9_007_199_254_740_992),
      Decimal128.fromString('9007199254740992.5'),
      Long.fromString('9007199254740993'),
      '',
      'a',
      'a\0',
      '\uFFFD',
      '\u{1F600}',
      {},
      { a: int(1) },
      { b: int(1) },
      { a: 'x' },
      [],
      [int(1)],
      false,
      true,
      new Date(0),
      new MaxKey(),
    ];
    for (const [i, a] of ascending.entries())
      for (const [j, b] of ascending.entries()) expect(Math.sign(compare(a, b))).toBe(Math.sign(i - j));
    expect(compare(Decimal128.fromString('1.0'), Long.fromNumber(1))).toBe(0);
    expect(compare(new Double(-0), int(0))).toBe(0);
  });

  it('should match null, missing fields and arrays as the pages on querying do', () => {
    const item = { item: null };
    expect(matches({ _id: 1, item: null }, item) && matches({ _id: 2 }, item)).toBe(true);
    expect(matches({ _id: 2 }, { item: { $type: int(10) } })).toBe(false);
    expect(matches({ a: [{ b: int(1) }, {}] }, { 'a.b': null })).toBe(true);
    expect(matches({ a: [int(1), int(2)] }, { 'a.b': null })).toBe(false);
    expect(matches({ a: [] }, { 'a.b': { $exists: false } })).toBe(true);
    expect(matches({ dim: [int(14), int(21)] }, { dim: { $gt: int(15), $lt: int(20) } })).toBe(true);
    expect(matches({ dim: [int(14), int(21)] }, { dim: { $elemMatch: { $gt: int(15), $lt: int(20) } } })).toBe(false);
    expect(matches({ a: new Double(NaN) }, { a: { $lt: int(5) } })).toBe(false);
    expect(matches({ a: [[int(1)]] }, { a: [int(1)] })).toBe(true);
    expect(matches({ a: { x: int(1), y: int(2) } }, { a: { y: int(2), x: int(1) } })).toBe(false);
    expect(distinctValues({ a: [int(1), [int(1)], int(1)] }, 'a')).toEqual([int(1), [int(1)], int(1)]);
  });

  it('should sort by the lowest element ascending and the highest descending', () => {
    const docs: Doc[] = [{ a: [int(1), int(9)] }, { a: int(5) }, { a: [] }, {}, { a: null }];
    const [both, five, empty, missing, nothing] = docs;
    expect(sortIntoGroups(docs, { a: 1 })).toEqual([[empty], [missing, nothing], [both], [five]]);
    expect(sortIntoGroups(docs, { a: -1 })).toEqual([[both], [five], [missing, nothing], [empty]]);
    expect(() => sortIntoGroups([{ a: [int(1)], b: [int(1)] }], { a: 1, b: 1 })).toThrow(ParallelArrays);
  });

  it('should make index keys of elements, and none where an index leaves a document out', () => {
    const key = { 'a.x': 1, 'a.y': 1 } as const;
    expect(indexKeys({ a: [{ x: int(1), y: int(2) }, { x: int(3) }] }, { key })).toEqual([
      [int(1), int(2)],
      [int(3), null],
    ]);
    expect(indexKeys({ b: int(1) }, { key: { a: 1 }, sparse: true })).toEqual([]);
    expect(indexKeys({ a: int(1) }, { key: { a: 1 }, partialFilterExpression: { b: { $exists: true } } })).toEqual([]);
    expect(collide(indexKeys({}, { key: { a: 1 } }), indexKeys({ a: null }, { key: { a: 1 } }))).toBe(true);
  });

  it('should update as the pages on operators do', () => {
    const doc = { _id: int(1), a: int(5), b: [int(1)] };
    expect(applyUpdate(doc, { $inc: { a: Long.fromNumber(0) } })).toEqual({ doc: { ...doc, a: Long.fromNumber(5) }, changed: true });
    expect(applyUpdate(doc, { $set: { a: int(5) }, $addToSet: { b: new Double(1) } })).toEqual({ doc, changed: false });
    expect(Object.keys(applyUpdate(doc, { $set: { z: int(1), c: int(1) } }).doc)).toEqual(['_id', 'a', 'b', 'c', 'z']);
    expect(applyUpdate(doc, { $push: { b: { $each: [int(3), int(2)], $sort: int(-1), $slice: int(2) } } }).doc['b']).toEqual([
      int(3),
      int(2),
    ]);
    expect(upsertedDocument({ b: { $gt: int(1) }, a: 'x', _id: int(7) }, { $setOnInsert: { c: true } })).toEqual({
      _id: int(7),
      a: 'x',
      c: true,
    });
    for (const [update, code] of [
      [{ $set: { 'a.x': int(1) } }, 28],
      [{ $inc: { b: int(1) } }, 14],
      [{ $push: { a: int(1) } }, 2],
      [{ $set: { _id: int(2) } }, 66],
      [{ $set: { a: int(1), 'a.b': int(1) } }, 40],
    ] as const)
      expect(() => applyUpdate(doc, update)).toThrow(new Refusal([code]));
  });
});
