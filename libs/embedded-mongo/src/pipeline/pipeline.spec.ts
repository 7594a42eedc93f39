import { Binary, Decimal128, Double, Int32, Long, ObjectId, serialize } from 'bson';
import { RawDocument, typeOf } from '../document.js';
import { compileFilter } from '../matcher.js';
import type { PipelineEnv, Source } from './pipeline.js';
import { leadingMatch, runPipeline } from './pipeline.js';

type Doc = Record<string, unknown>;

async function* batches(docs: Doc[], size = 2): AsyncGenerator<RawDocument[]> {
  for (let i = 0; i < docs.length; i += size) yield docs.slice(i, i + size).map((doc) => new RawDocument(serialize(doc)));
}

function environment(collections: Record<string, Doc[]> = {}): PipelineEnv & { scans: Doc[]; turns: number } {
  const env = {
    now: new Date('2024-05-06T07:08:09Z'),
    scans: [] as Doc[],
    turns: 0,
    yieldTurn: async () => void env.turns++,
    collection: (name: string) => ({
      scan: (filter: Doc): Source => {
        env.scans.push(filter);
        const compiled = compileFilter(filter);
        return batches((collections[name] ?? []).filter((doc) => compiled.matches(doc)));
      },
    }),
  };
  return env;
}

async function typed(docs: Doc[], stages: Doc[], env: PipelineEnv = environment()): Promise<Doc[]> {
  const out: Doc[] = [];
  for await (const batch of runPipeline(batches(docs), stages, env)) out.push(...batch.map((doc) => new RawDocument(doc.bytes).typed));
  return out;
}

/** As JSON, longs as text. */
const json = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (_, each: unknown) => (each instanceof Long ? each.toString() : each)));
const run = async (docs: Doc[], stages: Doc[], env?: PipelineEnv): Promise<unknown> => json(await typed(docs, stages, env));

const NUMBERS = [{ _id: 1, v: 5 }, { _id: 2, v: 3 }, { _id: 3 }, { _id: 4, v: null }, { _id: 5, v: 3 }]; // prettier-ignore

const CASES: [docs: Doc[], stages: Doc[], result: unknown][] = [
  [NUMBERS, [{ $match: { v: { $gt: 2 } } }, { $sort: { v: 1, _id: -1 } }], [{ _id: 5, v: 3 }, { _id: 2, v: 3 }, { _id: 1, v: 5 }]], // prettier-ignore
  [NUMBERS, [{ $sort: { v: 1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { _id: 1 } }], [{ _id: 4 }, { _id: 2 }]],
  [
    NUMBERS,
    [{ $sort: { v: -1 } }, { $limit: 2 }],
    [
      { _id: 1, v: 5 },
      { _id: 2, v: 3 },
    ],
  ],
  [[{ _id: 1, a: [1, 9] }, { _id: 2, a: [5] }, { _id: 3, a: [] }], [{ $sort: { a: -1 } }, { $unset: 'a' }], [{ _id: 1 }, { _id: 2 }, { _id: 3 }]], // prettier-ignore
  [[{ _id: 1, a: [1, 9] }, { _id: 2, a: [5] }, { _id: 3, a: [] }], [{ $sort: { a: 1 } }, { $unset: ['a'] }], [{ _id: 3 }, { _id: 1 }, { _id: 2 }]], // prettier-ignore
  [NUMBERS, [{ $count: 'n' }], [{ n: 5 }]],
  [[], [{ $count: 'n' }], []],
  [NUMBERS, [{ $group: { _id: 1, n: { $sum: 1 } } }], [{ _id: 1, n: 5 }]],
  [[], [{ $group: { _id: 1, n: { $sum: 1 } } }], []],
  [
    NUMBERS,
    [{ $group: { _id: '$v', n: { $count: {} }, ids: { $push: '$_id' } } }, { $sort: { _id: 1 } }],
    [{ _id: null, n: 2, ids: [3, 4] }, { _id: 3, n: 2, ids: [2, 5] }, { _id: 5, n: 1, ids: [1] }], // prettier-ignore
  ],
  [
    NUMBERS,
    [
      {
        $group: {
          _id: null,
          sum: { $sum: '$v' },
          avg: { $avg: '$v' },
          min: { $min: '$v' },
          max: { $max: '$v' },
          all: { $push: '$v' },
          set: { $addToSet: '$v' },
          first: { $first: '$v' },
          last: { $last: '$v' },
        },
      },
    ],
    [{ _id: null, sum: 11, avg: 11 / 3, min: 3, max: 5, all: [5, 3, null, 3], set: [5, 3, null], first: 5, last: 3 }],
  ],
  [
    [{ x: 1 }, { x: 3 }],
    [{ $group: { _id: null, p: { $stdDevPop: '$x' }, m: { $mergeObjects: { $arrayToObject: [[['k', '$x']]] } } } }],
    [{ _id: null, p: 1, m: { k: 3 } }],
  ],
  [
    NUMBERS,
    [
      {
        $group: {
          _id: null,
          top: { $top: { sortBy: { v: -1 }, output: '$_id' } },
          low: { $bottomN: { n: 2, sortBy: { v: -1, _id: 1 }, output: '$_id' } },
          two: { $maxN: { n: 2, input: '$v' } },
          f: { $firstN: { n: 2, input: '$_id' } },
        },
      },
    ],
    [{ _id: null, top: 1, low: [3, 4], two: [5, 3], f: [1, 2] }],
  ],
  [NUMBERS, [{ $sortByCount: '$v' }, { $limit: 1 }, { $project: { count: 1, _id: 0 } }], [{ count: 2 }]],
  [
    [{ v: 0 }, { v: 10 }, { v: 9 }, { v: 20 }, { v: 'x' }],
    [{ $bucket: { groupBy: '$v', boundaries: [0, 10, 20], default: 'other', output: { n: { $sum: 1 }, all: { $push: '$v' } } } }],
    [{ _id: 0, n: 2, all: [0, 9] }, { _id: 10, n: 1, all: [10] }, { _id: 'other', n: 2, all: [20, 'x'] }], // prettier-ignore
  ],
  [[{ _id: 1, a: [7, ''] }, { _id: 2, a: [] }, { _id: 3, a: 'x' }, { _id: 4 }], [{ $unwind: '$a' }], [{ _id: 1, a: 7 }, { _id: 1, a: '' }, { _id: 3, a: 'x' }]], // prettier-ignore
  [
    [
      { _id: 1, a: [7] },
      { _id: 2, a: [] },
      { _id: 3, a: null },
    ],
    [{ $unwind: { path: '$a', includeArrayIndex: 'i', preserveNullAndEmptyArrays: true } }],
    [{ _id: 1, a: 7, i: '0' }, { _id: 2, i: null }, { _id: 3, a: null, i: null }], // prettier-ignore
  ],
  [[{ _id: 1, o: { a: [1, 2], b: 3 } }], [{ $unwind: '$o.a' }], [{ _id: 1, o: { a: 1, b: 3 } }, { _id: 1, o: { a: 2, b: 3 } }]], // prettier-ignore
  [
    [{ _id: 1, a: [{ x: 1 }, 5], o: { p: 1 } }],
    [{ $set: { 'a.y': 2, o: { q: 2 } } }],
    [{ _id: 1, a: [{ x: 1, y: 2 }, { y: 2 }], o: { p: 1, q: 2 } }],
  ],
  [[{ _id: 1, a: 1, b: 2 }], [{ $addFields: { a: '$$REMOVE', c: '$nope', d: { $literal: '$x' } } }], [{ _id: 1, b: 2, d: '$x' }]],
  [[{ _id: 1, o: { x: 1 } }], [{ $replaceRoot: { newRoot: { $mergeObjects: ['$o', { y: '$_id' }] } } }], [{ x: 1, y: 1 }]],
  [[{ _id: 1, o: { x: 1 } }], [{ $replaceWith: '$o' }], [{ x: 1 }]],
  [
    NUMBERS,
    [{ $facet: { n: [{ $count: 'n' }], big: [{ $match: { v: 5 } }], none: [{ $match: { v: 9 } }] } }],
    [{ n: [{ n: 5 }], big: [{ _id: 1, v: 5 }], none: [] }],
  ],
  [NUMBERS, [{ $sample: { size: 9 } }, { $count: 'n' }], [{ n: 5 }]],
  [NUMBERS, [{ $sample: { size: 2 } }, { $count: 'n' }], [{ n: 2 }]],
];

const REFUSED: [stages: Doc[], code: number][] = [
  [[{ $match: {}, $limit: 1 }], 40323],
  [[{}], 40323],
  [[{ $nope: 1 }], 40324],
  [[{ $out: 'x' }], 238],
  [[{ $merge: 'x' }], 238],
  [[{ $changeStream: {} }], 40573],
  [[{ $limit: 0 }], 15958],
  [[{ $skip: -1 }], 5107200],
  [[{ $sort: { a: 2 } }], 15975],
  [[{ $sort: {} }], 15976],
  [[{ $count: '' }], 40156],
  [[{ $count: '$a' }], 40158],
  [[{ $group: { n: { $sum: 1 } } }], 15955],
  [[{ $group: { _id: 1, x: '$v' } }], 40234],
  [[{ $group: { _id: 1, x: { $sum: 1, $avg: 1 } } }], 40238],
  [[{ $group: { _id: 1, x: { $nope: 1 } } }], 15952],
  [[{ $group: { _id: 1, 'a.b': { $sum: 1 } } }], 40235],
  [[{ $unwind: 'a' }], 28818],
  [[{ $unwind: {} }], 28812],
  [[{ $project: {} }], 51272],
  [[{ $bucket: { groupBy: '$v', boundaries: [1] } }], 40192],
  [[{ $bucket: { groupBy: '$v', boundaries: [2, 1] } }], 40194],
  [[{ $lookup: { from: 'x', as: 'y' } }], 9],
  [[{ $lookup: { from: 'x', as: 'y', pipeline: [{ $nope: 1 }] } }], 40324],
  [[{ $facet: { a: [{ $facet: {} }] } }], 40600],
  [[{ $unionWith: {} }], 40414],
  [[{ $project: { a: { $nope: 1 } } }], 168],
  [[{ $project: { a: '$$nope' } }], 17276],
  [[{ $project: { a: { $function: {} } } }], 168],
];

describe(runPipeline, () => {
  it.each(CASES)('should run %j %j', async (docs, stages, result) => {
    expect(await run(docs, stages)).toEqual(result);
  });

  it.each(REFUSED)('should refuse %j with %i at once', (stages, code) => {
    expect(() => runPipeline(batches([]), stages, environment())).toThrow(expect.objectContaining({ code }));
  });

  it('should refuse values outside all buckets, and roots that are no documents', async () => {
    await expect(run([{ v: 5 }], [{ $bucket: { groupBy: '$v', boundaries: [0, 5] } }])).rejects.toMatchObject({ code: 40066 });
    await expect(run([{ v: 5 }], [{ $replaceWith: '$v' }])).rejects.toMatchObject({ code: 40228 });
  });

  it('should sum each number type as MongoDB does', async () => {
    const sum = async (...values: unknown[]) => {
      const [result] = await typed(values.map((v) => ({ v })), [{ $group: { _id: null, s: { $sum: '$v' } } }]); // prettier-ignore
      return `${typeOf(result?.['s'])} ${String(result?.['s'])}`;
    };
    expect(await sum(1, 2, 'x')).toBe('int 3');
    expect(await sum(2 ** 31 - 1, 1)).toBe('long 2147483648');
    expect(await sum(1, Long.fromNumber(1))).toBe('long 2');
    expect(await sum(Long.fromString('9007199254740993'), 1)).toBe('long 9007199254740994');
    expect(await sum(...Array.from({ length: 10 }, () => 0.1))).toBe('double 1');
    expect(await sum(Decimal128.fromString('0.1'), 1)).toBe('decimal 1.1');
  });

  it('should sort 12,000 documents with stable ties, giving way meanwhile', async () => {
    const docs = Array.from({ length: 12_000 }, (_, i) => ({ _id: i, k: (i * 7_919) % 100 }));
    const env = environment();
    const sorted = await typed(docs, [{ $sort: { k: 1 } }], env);
    const expected = [...docs].sort((a, b) => a.k - b.k || a._id - b._id);
    expect(sorted.map((doc) => Number(doc['_id']))).toEqual(expected.map((doc) => doc._id));
    expect(env.turns).toBeGreaterThan(0);
  });
});

describe('$lookup', () => {
  const orders = [{ _id: 1, c: 'a', n: 1 }, { _id: 2, c: ['b', 'a'] }, { _id: 3 }, { _id: 4, c: 'z' }]; // prettier-ignore
  const people = [{ _id: 'a', n: 1 }, { _id: 'b', n: 2 }, { _id: 'c', alias: 'a' }, { _id: 'd', alias: null }]; // prettier-ignore
  const env = () => environment({ people });
  const ids = (result: unknown) => (result as { p: { _id: string }[] }[]).map(({ p }) => p.map(({ _id }) => _id).join(''));

  it('should join by a field, one scan for a batch', async () => {
    const used = env();
    expect(ids(await run(orders, [{ $lookup: { from: 'people', localField: 'c', foreignField: '_id', as: 'p' } }], used))).toEqual([
      'a',
      'ab',
      '',
      '',
    ]);
    expect(used.scans).toEqual([{ _id: { $in: ['a', 'b'] } }, { _id: { $in: [null, 'z'] } }]);
  });

  it('should match missing with null and missing', async () => {
    expect(ids(await run(orders, [{ $lookup: { from: 'people', localField: 'c', foreignField: 'alias', as: 'p' } }], env()))).toEqual([
      'c',
      'c',
      'abd',
      '',
    ]);
  });

  it('should run a pipeline over the joined documents only, with variables', async () => {
    const stages = [
      {
        $lookup: {
          from: 'people',
          localField: 'c',
          foreignField: '_id',
          let: { n: '$n' },
          pipeline: [{ $match: { $expr: { $eq: ['$n', '$$n'] } } }, { $project: { n: 0 } }],
          as: 'j.p',
        },
      },
    ];
    expect(await run(orders.slice(0, 2), stages, env())).toEqual([
      { _id: 1, c: 'a', n: 1, j: { p: [{ _id: 'a' }] } },
      { _id: 2, c: ['b', 'a'], j: { p: [] } },
    ]);
  });

  it('should scan once for a pipeline without variables, and find nothing in a missing collection', async () => {
    const used = env();
    expect(ids(await run(orders, [{ $lookup: { from: 'people', pipeline: [{ $match: { n: 2 } }], as: 'p' } }], used))).toEqual([
      'b',
      'b',
      'b',
      'b',
    ]);
    expect(used.scans).toEqual([{ n: 2 }]);
    expect(ids(await run(orders, [{ $lookup: { from: 'nope', localField: 'c', foreignField: '_id', as: 'p' } }], used))).toEqual([
      '',
      '',
      '',
      '',
    ]);
  });

  it('should not let joined documents share changes', async () => {
    const stages = [
      { $lookup: { from: 'people', pipeline: [{ $limit: 1 }], as: 'p' } },
      { $unwind: '$p' },
      { $set: { 'p.o': '$_id' } },
      { $project: { _id: 0, o: '$p.o' } },
    ];
    expect(await run(orders.slice(0, 2), stages, env())).toEqual([{ o: 1 }, { o: 2 }]);
  });

  it('should append another collection', async () => {
    expect(await run([{ _id: 1 }], [{ $unionWith: { coll: 'people', pipeline: [{ $match: { n: 1 } }] } }], env())).toEqual([
      { _id: 1 },
      { _id: 'a', n: 1 },
    ]);
    expect(await run([{ _id: 1 }], [{ $unionWith: 'people' }, { $count: 'n' }], env())).toEqual([{ n: 5 }]);
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
});

/** [expression, value as JSON, its BSON type] on the document below. */
const VALUES: [expression: unknown, result: unknown, type?: string][] = [
  ['$i', 5, 'int'],
  ['$d', 5, 'double'],
  ['$big', '9007199254740993', 'long'],
  ['$arr.x', [1, 2], 'array'],
  ['$list.0', [], 'array'],
  ['$$ROOT.o.x', 1],
  [{ $eq: ['$i', '$d'] }, true],
  [{ $eq: ['$nope', null] }, false],
  [{ $lt: ['$nope', null] }, true],
  [{ $gt: ['abc', 5] }, true],
  [{ $eq: ['$list', 2] }, false],
  [{ $cmp: [1, 2] }, -1],
  [{ $and: ['$i', '$nope'] }, false],
  [{ $or: [0, null, 'x'] }, true],
  [{ $not: ['$nope'] }, true],
  [{ $cond: ['$i', 'y', 'n'] }, 'y'],
  [{ $cond: { if: false, then: 1, else: '$d' } }, 5, 'double'],
  [{ $ifNull: ['$nope', null, 7] }, 7],
  [{ $switch: { branches: [{ case: { $gt: ['$i', 9] }, then: 'a' }], default: 'b' } }, 'b'],
  [{ $let: { vars: { a: 2 }, in: { $multiply: ['$$a', '$i'] } } }, 10, 'int'],
  [{ $map: { input: '$list', as: 'n', in: { $add: ['$$n', 1] } } }, [2, 3, 4]],
  [{ $filter: { input: '$list', cond: { $gt: ['$$this', 1] } } }, [2, 3]],
  [{ $reduce: { input: '$list', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6],
  [{ $add: ['$i', '$d'] }, 10, 'double'],
  [{ $add: ['$when', 1000] }, '2024-02-29T10:20:31.400Z', 'date'],
  [{ $add: [1, '$nope'] }, null],
  [{ $add: ['$big', 1] }, '9007199254740994', 'long'],
  [{ $subtract: ['$when', '$when'] }, '0', 'long'],
  [{ $divide: [7, 2] }, 3.5, 'double'],
  [{ $mod: [-7, 3] }, -1, 'int'],
  [{ $pow: [2, 40] }, '1099511627776', 'long'],
  [{ $round: [2.5] }, 2, 'double'],
  [{ $round: [1.255, 2] }, 1.26],
  [{ $trunc: [-1.9] }, -1],
  [{ $abs: -3 }, 3],
  [{ $ceil: 1.2 }, 2, 'double'],
  [{ $sqrt: 16 }, 4, 'double'],
  [{ $size: '$list' }, 3],
  [{ $arrayElemAt: ['$list', -1] }, 3],
  [{ $slice: ['$list', 1, 5] }, [2, 3]],
  [{ $concatArrays: ['$list', [9]] }, [1, 2, 3, 9]],
  [{ $in: [new Double(2), '$list'] }, true],
  [{ $indexOfArray: ['$list', 3] }, 2],
  [{ $range: [0, 6, 2] }, [0, 2, 4]],
  [{ $reverseArray: [[1, 2]] }, [2, 1]],
  [{ $setUnion: ['$list', [3, 0]] }, [0, 1, 2, 3]],
  [{ $setIntersection: ['$list', [3, 1]] }, [1, 3]],
  [{ $setDifference: ['$list', [1]] }, [2, 3]],
  [{ $objectToArray: '$o' }, [{ k: 'x', v: 1 }]],
  [{ $mergeObjects: ['$o', null, { y: 2 }] }, { x: 1, y: 2 }],
  [{ $concat: ['$s', '!'] }, 'Đèn ABC!'],
  [{ $concat: ['$s', '$nope'] }, null],
  [{ $toLower: '$s' }, 'Đèn abc'],
  [{ $strLenCP: '$s' }, 7],
  [{ $strLenBytes: '$s' }, 9],
  [{ $substrCP: ['$s', 1, 2] }, 'èn'],
  [{ $split: ['$s', ' '] }, ['Đèn', 'ABC']],
  [{ $trim: { input: '  x ' } }, 'x'],
  [{ $replaceAll: { input: 'a-a', find: 'a', replacement: 'b' } }, 'b-b'],
  [{ $regexMatch: { input: '$s', regex: /abc/i } }, true],
  [{ $regexFind: { input: '$s', regex: 'A(B)' } }, { match: 'AB', idx: 4, captures: ['B'] }],
  [{ $type: '$oid' }, 'objectId'],
  [{ $type: '$nope' }, 'missing'],
  [{ $type: '$big' }, 'long'],
  [{ $toString: '$oid' }, '0123456789abcdef01234567'],
  [{ $toString: '$big' }, '9007199254740993'],
  [{ $toString: '$when' }, '2024-02-29T10:20:30.400Z'],
  [{ $toObjectId: '0123456789abcdef01234567' }, '0123456789abcdef01234567', 'objectId'],
  [{ $toInt: '12' }, 12, 'int'],
  [{ $toLong: 5.7 }, '5', 'long'],
  [{ $toDouble: '$i' }, 5, 'double'],
  [{ $toDate: '$oid' }, '1970-08-09T22:25:43.000Z', 'date'],
  [{ $toDate: '2024-01-02T03:04:05+07:00' }, '2024-01-01T20:04:05.000Z'],
  [{ $convert: { input: 'x', to: 'int', onError: 'bad' } }, 'bad'],
  [{ $dateToString: { date: '$when' } }, '2024-02-29T10:20:30.400Z'],
  [
    { $dateToString: { date: '$when', format: '%d/%m/%Y %H:%M %z %w %U %%', timezone: 'Asia/Ho_Chi_Minh' } },
    '29/02/2024 17:20 +0700 5 08 %',
  ],
  [{ $dateToString: { date: '$when', format: '%H:%M', timezone: '+05:30' } }, '15:50'],
  [{ $dateToString: { date: '$nope', onNull: 'none' } }, 'none'],
  [{ $dateTrunc: { date: '$when', unit: 'day', timezone: 'Asia/Ho_Chi_Minh' } }, '2024-02-28T17:00:00.000Z'],
  [{ $dateTrunc: { date: '$when', unit: 'month', timezone: 'America/New_York' } }, '2024-02-01T05:00:00.000Z'],
  [{ $dateTrunc: { date: '$when', unit: 'hour', timezone: '+05:30' } }, '2024-02-29T09:30:00.000Z'],
  [{ $dateTrunc: { date: '$when', unit: 'week', startOfWeek: 'monday' } }, '2024-02-26T00:00:00.000Z'],
  [{ $dateAdd: { startDate: '$when', unit: 'month', amount: 12 } }, '2025-02-28T10:20:30.400Z'],
  [{ $dateSubtract: { startDate: '$when', unit: 'day', amount: 1 } }, '2024-02-28T10:20:30.400Z'],
  [{ $dateDiff: { startDate: new Date('2024-02-28T23:00:00Z'), endDate: '$when', unit: 'day' } }, '1', 'long'],
  [{ $dateFromParts: { year: 2024, month: 2 } }, '2024-02-01T00:00:00.000Z'],
  [{ $year: '$when' }, 2024],
  [{ $dayOfWeek: '$when' }, 5],
  [{ $isoWeek: '$when' }, 9],
  [{ $hour: { date: '$when', timezone: 'Asia/Ho_Chi_Minh' } }, 17],
  [{ $year: '$nope' }, null],
  [{ $sin: 0 }, 0, 'double'],
];

const FAILING: [expression: unknown, code: number][] = [
  [{ $size: '$nope' }, 17124],
  [{ $switch: { branches: [{ case: false, then: 1 }] } }, 40066],
  [{ $divide: [1, 0] }, 2],
  [{ $mod: [1, 0] }, 16610],
  [{ $ln: -1 }, 2],
  [{ $add: ['x', 1] }, 14],
  [{ $concat: [1, 'x'] }, 2],
  [{ $toObjectId: 'nope' }, 241],
  [{ $toInt: 'x' }, 241],
  [{ $dateFromString: { dateString: 'nonsense' } }, 241],
  [{ $arrayElemAt: [5, 0] }, 2],
  [{ $mergeObjects: [5] }, 40400],
  [{ $year: 'x' }, 16006],
  [{ $strLenCP: '$nope' }, 2],
  [{ $dateToString: { date: '$when', timezone: 'Nowhere/Here' } }, 40485],
  [{ $sin: Decimal128.fromString('1') }, 238],
];

describe('expressions', () => {
  const doc = {
    i: new Int32(5),
    d: new Double(5),
    big: Long.fromString('9007199254740993'),
    s: 'Đèn ABC',
    list: [1, 2, 3],
    arr: [{ x: 1 }, 5, { x: 2 }, { y: 1 }],
    o: { x: 1 },
    oid: new ObjectId('0123456789abcdef01234567'),
    when: new Date('2024-02-29T10:20:30.400Z'),
    bin: new Binary(Buffer.from('x')),
  };

  it.each(VALUES)('should evaluate %j', async (expression, result, ...[type]) => {
    const [found] = await typed([doc], [{ $project: { _id: 0, v: expression } }]);
    const value = found?.['v'];
    expect(json(value)).toEqual(result);
    if (type) expect(typeOf(value)).toBe(type);
  });

  it.each(FAILING)('should refuse %j with %i', async (expression, code) => {
    await expect(typed([doc], [{ $replaceWith: { v: expression } }])).rejects.toMatchObject({ code });
  });
});
