import { serialize } from 'bson';
import { RawDocument } from '../document.js';
import { compileFilter } from '../matcher.js';
import { leadingMatch, runPipeline } from './pipeline.js';
import type { PipelineEnv, Source } from './source.js';

type Doc = Record<string, unknown>;

function* batches(docs: Doc[], size = 2): Generator<RawDocument[]> {
  for (let i = 0; i < docs.length; i += size) yield docs.slice(i, i + size).map((doc) => new RawDocument(serialize(doc)));
}

function environment(collections: Record<string, Doc[]> = {}): PipelineEnv & { scans: Doc[] } {
  const scans: Doc[] = [];
  return {
    now: new Date('2024-05-06T07:08:09Z'),
    scans,
    scan: (name, filter): Source => {
      scans.push(filter);
      const compiled = compileFilter(filter);
      return batches((collections[name] ?? []).filter((doc) => compiled.matches(doc)));
    },
  };
}

function run(docs: Doc[], stages: Doc[], env: PipelineEnv = environment()): unknown {
  const found = [...runPipeline(batches(docs), stages, env)].flat();
  return JSON.parse(JSON.stringify(found.map((doc) => new RawDocument(doc.bytes).typed)));
}

const code = (number: number) => expect.objectContaining({ code: number }) as Error;

describe(runPipeline, () => {
  it.each<[stages: Doc[], number: number]>([
    [[{ $match: {}, $limit: 1 }], 40323],
    [[{}], 40323],
    [[{ $match: {} }, { $nope: 1 }], 40324],
    [[{ $facet: { a: [{ $match: {}, $limit: 1 }] } }], 40323],
    [[{ $lookup: { from: 'x', as: 'y', pipeline: [{ $match: {}, $limit: 1 }] } }], 40323],
    [[{ $lookup: { from: 'x', as: '$y', pipeline: [] } }], 16410],
    [[{ $lookup: { from: 'x', as: 'y', let: { Upper: 1 }, pipeline: [] } }], 9],
    [[{ $out: 'x' }], 238],
    [[{ $changeStream: {} }], 40573],
    [[{ $set: { a: { $function: {} } } }], 238],
  ])('should refuse %j with %i at once', (stages, number) => {
    expect(() => runPipeline(batches([]), stages, environment())).toThrow(code(number));
  });

  it.each<[expression: unknown, number: number]>([
    [{ $multiply: [2 ** 30, 2 ** 30] }, 238],
    [{ $toDate: '2024-02-30' }, 241],
  ])('should refuse %j with %i, and not miscalculate it', (v, number) => {
    expect(() => run([{}], [{ $set: { v } }])).toThrow(code(number));
  });

  it('should sort 12,000 documents with stable ties, giving way meanwhile', () => {
    const docs = Array.from({ length: 12_000 }, (_, i) => ({ _id: i, k: (i * 7_919) % 100 }));
    const expected = [...docs].sort((a, b) => a.k - b.k || a._id - b._id).map((doc) => doc._id);
    const idsOf = (sorted: RawDocument[][]) => sorted.flat().map((doc) => Number(doc.get('_id')));

    for (const limit of [20_000, 5_000, 150]) {
      const sorted = [...runPipeline(batches(docs, 500), [{ $sort: { k: 1 } }, { $limit: limit }], environment())];
      expect(idsOf(sorted)).toEqual(expected.slice(0, limit));
      expect(sorted.filter((batch) => batch.length === 0).length).toBeGreaterThan(24);
    }
  });

  it.each(['$sort', '$sample'])('should not let %s hold more than 100 MiB', (name) => {
    const text = 'x'.repeat(2 ** 20);
    const docs = () => batches(Array.from({ length: 120 }, (_, i) => ({ _id: i, text })), 10); // prettier-ignore
    const stages = (limit: number) => (name === '$sort' ? [{ $sort: { _id: -1 } }, { $limit: limit }] : [{ $sample: { size: limit } }]);

    expect([...runPipeline(docs(), stages(3), environment())].flat()).toHaveLength(3);
    expect(() => [...runPipeline(docs(), stages(119), environment())]).toThrow(code(292));
  });

  it('should pause for each batch while it gathers, and unwind in pieces', () => {
    const docs = Array.from({ length: 10 }, (_, i) => ({ _id: i, a: Array.from({ length: 250 }, (__, j) => j) }));
    const sizes = (...stages: Doc[]) => [...runPipeline(batches(docs), stages, environment())].map((batch) => batch.length);

    expect(sizes({ $group: { _id: null } })).toEqual([0, 0, 0, 0, 0, 1]);
    expect(sizes({ $facet: { n: [{ $count: 'n' }] } }).filter((size) => size === 0).length).toBeGreaterThan(5);
    expect(Math.max(...sizes({ $unwind: '$a' }))).toBe(100);
  });
});

describe('$lookup', () => {
  const orders = [{ _id: 1, c: 'a', n: 1 }, { _id: 2, c: ['b', 'a'] }, { _id: 3 }, { _id: 4, c: 'z' }]; // prettier-ignore
  const people = [{ _id: 'a', n: 1 }, { _id: 'b', n: 2 }, { _id: 'c', alias: 'a' }, { _id: 'd', alias: null }]; // prettier-ignore
  const env = () => environment({ people });
  const ids = (result: unknown) => (result as { p: { _id: string }[] }[]).map(({ p }) => p.map(({ _id }) => _id).join(''));
  it('should join by a field, one scan for a batch', () => {
    const used = env();
    expect(ids(run(orders, [{ $lookup: { from: 'people', localField: 'c', foreignField: '_id', as: 'p' } }], used))).toEqual([
      'a',
      'ab',
      '',
      '',
    ]);
    expect(used.scans).toEqual([{ _id: { $in: ['a', 'b'] } }, { _id: { $in: [null, 'z'] } }]);
  });

  it('should scan once for a pipeline without variables, and find nothing in a missing collection', () => {
    const used = env();
    expect(ids(run(orders, [{ $lookup: { from: 'people', pipeline: [{ $match: { n: 2 } }], as: 'p' } }], used))).toEqual([
      'b',
      'b',
      'b',
      'b',
    ]);
    expect(used.scans).toEqual([{ n: 2 }]);
    expect(ids(run(orders, [{ $lookup: { from: 'nope', localField: 'c', foreignField: '_id', as: 'p' } }], used))).toEqual([
      '',
      '',
      '',
      '',
    ]);
  });

  it('should refuse to join by a regular expression', () => {
    const stage = { $lookup: { from: 'people', localField: 'c', foreignField: '_id', as: 'p' } };
    expect(() => run([{ c: /a/ }], [stage], env())).toThrow(code(238));
  });
});

describe(leadingMatch, () => {
  it('should split off what a find can answer', () => {
    expect(
      leadingMatch([{ $match: { a: 1 } }, { $match: { b: 1 } }, { $sort: { c: 1 } }, { $skip: 2 }, { $limit: 3 }, { $count: 'n' }]),
    ).toEqual({
      filter: { $and: [{ a: 1 }, { b: 1 }] },
      sort: { c: 1 },
      skip: 2,
      limit: 3,
      rest: [{ $count: 'n' }],
    });
    expect(leadingMatch([{ $limit: 3 }, { $skip: 2 }])).toEqual({ filter: {}, limit: 3, rest: [{ $skip: 2 }] });
    expect(leadingMatch([{ $group: { _id: 1 } }, { $match: { a: 1 } }])).toEqual({
      filter: {},
      rest: [{ $group: { _id: 1 } }, { $match: { a: 1 } }],
    });
  });

  it.each<[stages: Doc[], number: number]>([
    [[{ $match: {}, $limit: 1 }], 40323],
    [[{ $sort: { a: 1 }, $limit: 1 }], 40323],
    [[{ $sort: {} }], 15976],
    [[{ $match: 1 }], 15959],
  ])('should refuse %j with %i', (stages, number) => {
    expect(() => leadingMatch(stages)).toThrow(code(number));
  });
});
