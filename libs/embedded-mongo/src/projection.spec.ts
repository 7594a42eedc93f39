import { Double, Long, serialize } from 'bson';
import { RawDocument } from './document.js';
import { compileFilter } from './matcher.js';
import { compileProjection } from './projection.js';

type Doc = Record<string, unknown>;

function project(doc: Doc, spec: Doc, filter?: Doc): Doc {
  const projection = compileProjection(spec, filter && compileFilter(filter));
  const raw = new RawDocument(serialize(doc));
  return JSON.parse(JSON.stringify((projection?.(raw) ?? raw).typed)) as Doc;
}

const DOC = { _id: 1, c: 3, b: { x: 1, y: 2 }, a: [{ x: 1, y: 1 }, 5, { x: 2 }, [{ x: 9, z: 1 }]], n: [1, 2, 3, 4] };

const CASES: [spec: Doc, result: Doc, filter?: Doc][] = [
  [{}, DOC],
  [
    { a: 0, b: false, n: 0 },
    { _id: 1, c: 3 },
  ],
  [
    { b: 1, c: true },
    { _id: 1, c: 3, b: { x: 1, y: 2 } },
  ],
  [{ _id: 0, c: 1 }, { c: 3 }],
  [{ _id: 1 }, { _id: 1 }],
  [{ _id: 0, b: 0, a: 0, n: 0 }, { c: 3 }],
  [
    { 'b.x': 1, 'c.d': 1 },
    { _id: 1, b: { x: 1 } },
  ],
  [{ b: { x: 1 } }, { _id: 1, b: { x: 1 } }],
  [{ 'a.x': 1 }, { _id: 1, a: [{ x: 1 }, { x: 2 }, [{ x: 9 }]] }],
  [
    { 'a.x': 0, b: 0, c: 0, n: 0 },
    { _id: 1, a: [{ y: 1 }, 5, {}, [{ z: 1 }]] },
  ],
  [
    { n: { $slice: 2 }, a: 0, b: 0 },
    { _id: 1, c: 3, n: [1, 2] },
  ],
  [
    { n: { $slice: [-3, 2] }, c: 1 },
    { _id: 1, c: 3, n: [2, 3] },
  ],
  [{ a: { $elemMatch: { x: 2 } } }, { _id: 1, a: [{ x: 2 }] }],
  [
    { n: { $elemMatch: { $gt: 9 } }, c: 1 },
    { _id: 1, c: 3 },
  ],
  [{ 'n.$': 1 }, { _id: 1, n: [3] }, { n: { $gt: 2 } }],
  [
    { c: 1, total: { $add: ['$c', 1] }, text: 'plain' },
    { _id: 1, c: 3, total: 4, text: 'plain' },
  ],
  [
    { 'b.x': 1, 'b.sum': { $add: ['$b.x', '$b.y'] } },
    { _id: 1, b: { x: 1, sum: 3 } },
  ],
];

const REFUSED: [spec: Doc, code: number][] = [
  [{ a: 1, b: 0 }, 31254],
  [{ b: 0, a: 1 }, 31253],
  [{ a: 1, 'a.b': 1 }, 31249],
  [{ 'a.b': 1, a: 1 }, 31250],
  [{ 'a..b': 1 }, 15998],
  [{ a: {} }, 51270],
  [{ a: { $nope: 1 } }, 31325],
];

describe(compileProjection, () => {
  it.each(CASES)('should project %j', (spec, result, ...[filter]) => {
    expect(JSON.stringify(project(DOC, spec, filter))).toBe(JSON.stringify(result));
  });

  it.each(REFUSED)('should refuse %j with %i', (spec, code) => {
    expect(() => project(DOC, spec)).toThrow(expect.objectContaining({ code }));
  });

  it('should keep types', () => {
    const raw = new RawDocument(serialize({ _id: 1, d: new Double(5), o: { l: Long.fromNumber(5), x: 1 } }));
    expect(compileProjection({ d: 1, 'o.l': 1 })?.(raw).typed).toMatchObject({ d: new Double(5), o: { l: Long.fromNumber(5) } });
  });

  it('should refuse a positional projection that matched no element', () => {
    expect(() => project({ _id: 1, n: [1] }, { 'n.$': 1 }, { _id: 1 })).toThrow(expect.objectContaining({ code: 51246 }));
  });
});
