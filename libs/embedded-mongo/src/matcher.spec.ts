import { MinKey, serialize } from 'bson';
import { RawDocument } from './document.js';
import { compileFilter } from './matcher.js';

const matches = (filter: Record<string, unknown>, doc: Record<string, unknown>): boolean =>
  compileFilter(filter).matches(new RawDocument(serialize(doc)));

describe(compileFilter, () => {
  it('should tell which array element matched', () => {
    const index = (filter: Record<string, unknown>, doc: Record<string, unknown>) =>
      compileFilter(filter).arrayIndex(new RawDocument(serialize(doc)));
    expect(index({ a: 7 }, { a: [5, 7] })).toBe(1);
    expect(index({ x: 1, 'a.b': 2 }, { x: 1, a: [{ b: 1 }, { b: 2 }] })).toBe(1);
    expect(index({ $and: [{ a: { $elemMatch: { b: 2, c: 3 } } }] }, { a: [{ b: 2 }, { b: 2, c: 3 }] })).toBe(1);
    expect(index({ a: 7 }, { a: 7 })).toBeUndefined();
    expect(index({ a: 8 }, { a: [5] })).toBeUndefined();
    expect(index({ 'a.b': 2, 'a.c': { $gt: 1 } }, { a: [{ b: 1 }, { b: 2, c: 3 }] })).toBe(1);
    expect(index({ $or: [{ a: 7, x: 1 }, { y: 1 }] }, { a: [7], y: 1 })).toBeUndefined();
    expect(index({ $or: [{ a: 7 }, { y: 1 }] }, { a: [5, 7] })).toBeUndefined();
    expect(index({ $or: [{ a: 7 }] }, { a: [5, 7] })).toBe(1);
    expect(index({ $nor: [{ a: 7, x: 1 }] }, { a: [7] })).toBeUndefined();
    expect(index({ 'a.1.b': 2 }, { a: [5, { b: 2 }] })).toBeUndefined();
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
    expect(compileFilter({ a: [1], d: { $in: [/x/] }, e: { $gt: new MinKey() } }).constraints).toEqual([]);
    expect(compileFilter({ a: /^abc*/, b: /^a|b/ }).constraints).toEqual([{ path: 'a', prefix: 'ab' }, { path: 'b', prefix: '' }]); // prettier-ignore
  });
});

describe('names', () => {
  it('should see through DBRef fields and names that objects inherit', () => {
    expect(matches({ 'r.$id': 7 }, { r: { $ref: 'c', $id: 7 } })).toBe(true);
    expect(matches({ constructor: { $exists: true } }, { a: 1 })).toBe(false);
    expect(matches({ 'a.toString': null }, { a: {} })).toBe(true);
    expect(matches({ a: { $elemMatch: { length: 2 } } }, { a: [[1, 2]] })).toBe(false);
    expect(() => compileFilter({ a: { $type: 'toString' } })).toThrow(expect.objectContaining({ code: 2 }));
  });
});
