import { Double, Int32, Long, Timestamp } from 'bson';
import { compileUpdate } from './updater.js';

type Doc = Record<string, unknown>;
const now = new Date('2024-05-06T07:08:09.123Z');

/** A value that throws where it is changed. */
function frozen<T extends object>(value: T): T {
  for (const each of Object.values(value)) if (typeof each === 'object' && each !== null) frozen(each as object);
  return Object.freeze(value);
}

function update(doc: Doc, spec: Doc, arrayFilters?: Doc[]): Doc {
  return compileUpdate(spec, { now, arrayFilters }).apply(frozen(doc), { isInsert: false });
}

// What each operator does is in manual/update-*.
describe(compileUpdate, () => {
  it('should copy what it changes, once, and share the rest', () => {
    const doc = { _id: 1, a: [{ n: 1 }, { n: 2 }], b: { c: 1 }, l: [1], d: new Double(5), long: Long.fromString('9007199254740993') };
    const spec = { $inc: { 'a.$[].n': new Int32(1) }, $set: { 'a.$[].m': 0 }, $push: { l: { $each: [0], $sort: 1 } }, $unset: { none: 1 } };
    const after = update(doc, spec);
    expect(after).toEqual({ ...doc, a: [{ n: new Int32(2), m: 0 }, { n: new Int32(3), m: 0 }], l: [0, 1] }); // prettier-ignore
    expect([after['b'], after['d'], after['long']].every((value, i) => value === [doc.b, doc.d, doc.long][i])).toBe(true);
  });

  it('should take the time it is given', () => {
    const after = update({}, { $currentDate: { on: true, at: { $type: 'timestamp' } } });
    expect(after).toEqual({ on: now, at: new Timestamp({ t: 1714979289, i: 1 }) });
  });

  it.each<[what: string, code: number, doc: Doc, spec: Doc, arrayFilters?: Doc[]]>([
    ['the same element twice', 40, { a: [1] }, { $set: { 'a.$[x]': 1, 'a.0': 2 } }, [{ x: 1 }]],
    ['a filter with a replacement', 9, {}, { b: 1 }, [{ x: 1 }]],
    ['the name __proto__', 238, {}, { $set: { 'a.__proto__': 1 } }],
    ['names that objects inherit', 9, {}, { $set: { a: 1 }, toString: { a: 1 } }],
    ['a stage that is null', 14, {}, [null] as never],
  ])('should refuse %s with %i', (...[, code, doc, spec, filters]) => {
    expect(() => update(doc, spec, filters)).toThrow(expect.objectContaining({ code }));
  });
});
