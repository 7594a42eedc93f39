import { inspect } from 'node:util';
import { Binary, BSONRegExp, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, type Document } from 'mongodb';
import { openServer, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let next = 0;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

const ABSENT = Symbol('absent');

/** A collection of one document a value; `_id` is its position. They are inserted out of order. */
async function stored(values: readonly unknown[]) {
  const items = sut.db.collection<any>(`c${++next}`);
  const docs = values.map((v, _id) => (v === ABSENT ? { _id } : { _id, v }));
  await items.insertMany([...docs].sort((a, b) => ((a._id * 7) % 5) - ((b._id * 7) % 5)));
  return items;
}

/** The positions of values when sorted both ways, by `v` alone with ties by `_id`, without and with an index. */
async function sorted(values: readonly unknown[]) {
  const items = await stored(values);
  const ids = async (sort: Record<string, 1 | -1>, hint: Document) =>
    (await items.find().sort(sort).hint(hint).toArray()).map(({ _id }) => _id);
  const both = async (hint: Document) => ({
    ascending: await ids({ v: 1, _id: 1 }, hint),
    descending: await ids({ v: -1, _id: -1 }, hint),
  });
  const scanned = await both({ $natural: 1 });
  await items.createIndex({ v: 1, _id: 1 });
  expect(await both({ v: 1, _id: 1 })).toEqual(scanned);
  return scanned;
}

/** For values already in order: 0, 1, 2, … and back. */
const inOrder = (values: readonly unknown[]) => ({
  ascending: [...values.keys()],
  descending: [...values.keys()].reverse(),
});

const long = (text: string) => Long.fromString(text);
const decimal = (text: string) => Decimal128.fromString(text);
const binary = (bytes: number[], subtype = 0) => new Binary(Buffer.from(bytes), subtype);

// https://www.mongodb.com/docs/v7.0/reference/bson-type-comparison-order/
describe('the order of BSON values, without and with an index', () => {
  const LISTS: [what: string, values: unknown[]][] = [
    [
      'types',
      [
        new MinKey(),
        [],
        null,
        -1,
        'text',
        { a: 1 },
        [[1]],
        binary([1]),
        new ObjectId('0123456789abcdef01234567'),
        false,
        true,
        new Date(0),
        new Timestamp({ t: 1, i: 1 }),
        new BSONRegExp('a', 'i'),
        new Code('x'),
        new MaxKey(),
      ],
    ],
    [
      'numbers of all types',
      [
        NaN,
        -Infinity,
        long('-9223372036854775808'),
        -1.5,
        new Int32(-1),
        decimal('-0.5'),
        new Double(0),
        decimal('0.1'),
        0.1,
        decimal('0.10000000000000000556'),
        new Int32(1),
        decimal('1.5'),
        long('9007199254740991'),
        new Double(9007199254740992),
        long('9007199254740993'),
        new Double(9007199254740994),
        decimal('9007199254740994.5'),
        long('9007199254740995'),
        long('9223372036854775807'),
        new Double(9223372036854775808),
        decimal('9223372036854775809'),
        1e300,
        Infinity,
      ],
    ],
    ['texts by UTF-8 bytes', ['', 'A', 'Z', 'Za', 'a', 'a\u0000', 'a\u0000b', 'aa', 'ab', 'é', 'đ', 'ư', '한', '\uffee', '😀']],
    [
      'binary data by length, subtype, bytes',
      [binary([]), binary([0]), binary([255]), binary([0], 5), binary([0, 1]), binary([1, 0]), binary([0, 0], 128), binary([0, 0, 0])],
    ],
    [
      'documents field by field: type, name, value',
      [{}, { a: 1 }, { a: 1, b: 0 }, { a: 1, b: 'x' }, { a: 2 }, { b: -5 }, { z: 1 }, { a: 'x' }, { a: { b: 1 } }, { a: [] }],
    ],
    ['arrays in arrays, value by value', [[[]], [[null]], [[1]], [[1, 1]], [[1, 2]], [[2]], [['a']], [[[0]]]]],
    ['truth', [false, true]],
    ['dates', [new Date(-1), new Date(0), new Date('2024-02-29T00:00:00.000Z'), new Date('2024-02-29T00:00:00.001Z')]],
    ['timestamps', [new Timestamp({ t: 1, i: 2 }), new Timestamp({ t: 2, i: 1 }), new Timestamp({ t: 4294967295, i: 1 })]],
    ['ObjectIds', ['000000000000000000000001', '00000000000000000000000a', '100000000000000000000000'].map((id) => new ObjectId(id))],
    [
      'patterns, then their options',
      [new BSONRegExp('a', ''), new BSONRegExp('a', 'i'), new BSONRegExp('ab', ''), new BSONRegExp('b', '')],
    ],
  ];

  it.each(LISTS)('should be kept by %s', async (_, values) => {
    expect(await sorted(values)).toEqual(inOrder(values));
  });

  it('should put equal numbers of any type, -0 and 0, null and absent in one place', async () => {
    const zeros = [new Double(-0), new Int32(0), long('0'), decimal('-0.00'), decimal('0E+3')];
    expect(await sorted(zeros)).toEqual(inOrder(zeros));
    const nothing = [null, ABSENT, null, ABSENT, 1];
    expect(await sorted(nothing)).toEqual(inOrder(nothing));
    expect(await sorted([1, ABSENT, null])).toEqual({ ascending: [1, 2, 0], descending: [0, 2, 1] });
  });

  it('should take the smallest element of an array ascending, the largest descending', async () => {
    expect(await sorted([[], null, [1, 9], 5, [3, 4], [[0]], [2, 'x'], [null, 2]])).toEqual({
      ascending: [0, 1, 7, 2, 6, 4, 3, 5],
      descending: [5, 6, 2, 3, 4, 7, 1, 0],
    });
  });

  it('should sort by paths into documents and arrays of documents', async () => {
    const items = await stored([{ w: 3 }, [{ w: 5 }, { w: 1 }], [{ w: 4 }, {}], 7, [{ w: [2, 9] }], []]);
    const ids = async (direction: 1 | -1) => (await items.find().sort({ 'v.w': direction, _id: 1 }).toArray()).map(({ _id }) => _id);
    const [ascending, descending] = [
      [2, 3, 5, 1, 4, 0],
      [4, 1, 2, 0, 3, 5],
    ];

    expect(await ids(1)).toEqual(ascending);
    expect(await ids(-1)).toEqual(descending);
    await items.createIndex({ 'v.w': 1 });
    expect(await ids(1)).toEqual(ascending);
    expect(await ids(-1)).toEqual(descending);
  });

  it('should sort by several fields, each in its own direction', async () => {
    const items = sut.db.collection<any>(`c${++next}`);
    await items.insertMany(['b1', 'a2', 'a1', 'b2'].map(([a, b], _id) => ({ _id, a, b: Number(b) })));
    const ids = async (sort: Record<string, 1 | -1>) => (await items.find().sort(sort).toArray()).map(({ _id }) => _id);
    for (const index of [undefined, { a: 1, b: -1 } as const]) {
      if (index) await items.createIndex(index);
      expect(await ids({ a: 1, b: -1 })).toEqual([1, 2, 3, 0]);
      expect(await ids({ a: -1, b: 1 })).toEqual([0, 3, 2, 1]);
      expect(await ids({ a: 1, b: 1 })).toEqual([2, 1, 0, 3]);
    }
  });
});

describe('equality and ranges by the same order, without and with an index', () => {
  /** [values, filter on v, positions] */
  const CASES: [values: unknown[], condition: unknown, ids: number[]][] = [
    // https://www.mongodb.com/docs/mongodb-shell/reference/data-types/#equality-and-sort-order
    [[decimal('9.99'), 9.99, 10, long('10'), decimal('10.0')], 9.99, [1]],
    [[decimal('9.99'), 9.99, 10, long('10'), decimal('10.0')], decimal('9.99'), [0]],
    [[decimal('9.99'), 9.99, 10, long('10'), decimal('10.0')], 10, [2, 3, 4]],
    [[decimal('9.99'), 9.99, 10, long('10'), decimal('10.0')], decimal('10'), [2, 3, 4]],
    [[new Double(-0), 0, decimal('0.0'), null], 0, [0, 1, 2]],
    [[new Double(-0), 0, -1], { $lt: 0 }, [2]],
    [[long('9007199254740993'), new Double(9007199254740992), decimal('9007199254740993')], long('9007199254740993'), [0, 2]],
    [[long('9007199254740993'), new Double(9007199254740992), decimal('9007199254740993')], { $gt: new Double(9007199254740992) }, [0, 2]],
    [[long('9223372036854775807'), new Double(9223372036854775808), Infinity], { $lt: new Double(9223372036854775808) }, [0]],
    [[NaN, decimal('NaN'), 0, Infinity], NaN, [0, 1]],
    [[NaN, 0, -Infinity], { $lt: 1 }, [1, 2]],
    [[NaN, 0, -Infinity, decimal('-Infinity')], { $lte: -Infinity }, [2, 3]],
    [['a', 'b', '😀', '\uffee', 5], { $gt: '\uffee' }, [2]],
    [['a', 'A', 'á'], { $lt: 'a' }, [1]],
    [[binary([9]), binary([0, 0]), binary([1, 0], 5), binary([0, 2])], { $gt: binary([0, 1]) }, [2, 3]],
    [[binary([9]), binary([9], 5)], binary([9]), [0]],
    [[{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { a: new Double(1), b: 2 }], { $eq: { a: 1, b: 2 } }, [0, 3]],
    [[{ a: 1 }, { a: 0, z: 1 }, { b: 0 }, { a: 1, b: 1 }, { a: 'x' }], { $gt: { a: 1 } }, [2, 3, 4]],
    [[[1, 2], [1, 2, 0], [2], 3, [[9]]], { $gt: [1, 2] }, [1, 2, 4]],
    [[[1, 2], [1], [0, 9], []], { $lt: [1, 2] }, [1, 2, 3]],
    [[new Date(5), new Timestamp({ t: 5, i: 1 }), 5], { $gte: new Date(0) }, [0]],
    [[false, true, 0, 1], { $gt: false }, [1]],
    [[null, ABSENT, 0], null, [0, 1]],
    [[null, ABSENT, 0, 'x', new MinKey()], { $gt: new MinKey() }, [0, 1, 2, 3]],
  ];

  const titled = CASES.map((row) => [inspect(row[1], { depth: 5 }), inspect(row[0], { depth: 5, breakLength: Infinity }), ...row] as const);

  it.each(titled)('should find by %s among %s', async (_condition, _values, values, condition, ids) => {
    const items = await stored(values);
    const found = async () => (await items.find({ v: condition }).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);

    expect(await found()).toEqual(ids);
    await items.createIndex({ v: 1 });
    expect(await found()).toEqual(ids);
  });
});
