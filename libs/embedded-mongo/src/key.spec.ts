import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { RawDocument } from './document.js';
import { documentKeys, indexKeys } from './index-keys.js';
import { canonical, compareValues, invert, keyOf, MAX_KEY_BYTES, shorten } from './key.js';

/** An independent order for the property test: rank of the type, then the plain comparison of that type. */
const RANKS = [
  'MinKey',
  'null',
  'number',
  'string',
  'object',
  'array',
  'Binary',
  'ObjectId',
  'boolean',
  'date',
  'Timestamp',
  'BSONRegExp',
  'MaxKey',
];

function rank(value: any): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (typeof value !== 'object') return typeof value;
  const tag = value._bsontype ?? 'object';
  return ['Int32', 'Double', 'Long', 'Decimal128'].includes(tag) ? 'number' : tag;
}

/** Any finite number as a fraction of 10^400, so that all types compare as integers. */
function scaled(value: any): bigint | number {
  const text = value instanceof Long || value instanceof Decimal128 ? value.toString() : undefined;
  const double = text === undefined ? Number(value) : Number(text);
  if (!Number.isFinite(double)) return double;
  if (text === undefined) {
    // A double is exactly its binary expansion, which toFixed does not print; 2^1074 makes every double whole.
    let [numerator, shift] = [double, 0];
    while (!Number.isInteger(numerator)) [numerator, shift] = [numerator * 2, shift + 1];
    return (BigInt(numerator) * 10n ** 400n) / 2n ** BigInt(shift);
  }
  const [digits = '', exponent = '0'] = text.toUpperCase().split('E');
  const [whole = '', fraction = ''] = digits.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(400 + Number(exponent) - fraction.length);
}

const sign = (a: any, b: any): number => (a < b ? -1 : a > b ? 1 : 0);

function list(a: any[], b: any[], each: (x: any, y: any) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = each(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function expected(a: any, b: any): number {
  const type = rank(a);
  const byType = RANKS.indexOf(type) - RANKS.indexOf(rank(b));
  if (byType !== 0) return byType;
  switch (type) {
    case 'number': {
      const [x, y] = [scaled(a), scaled(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return sign(Number.isNaN(x) ? 0 : 1, Number.isNaN(y) ? 0 : 1);
      return sign(x, y);
    }
    case 'string':
      return Buffer.compare(Buffer.from(a), Buffer.from(b));
    case 'object':
      return list(
        Object.entries(a),
        Object.entries(b),
        ([n, v], [m, w]) => RANKS.indexOf(rank(v)) - RANKS.indexOf(rank(w)) || expected(n, m) || expected(v, w),
      );
    case 'array':
      return list(a, b, expected);
    case 'Binary':
      return a.position - b.position || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value());
    case 'ObjectId':
      return sign(a.toHexString(), b.toHexString());
    case 'boolean':
    case 'date':
      return sign(Number(a), Number(b));
    case 'Timestamp':
      return sign(BigInt(a.toString()), BigInt(b.toString()));
    case 'BSONRegExp':
      return expected(a.pattern, b.pattern) || expected(a.options, b.options);
    default:
      return 0;
  }
}

/** mulberry32: the same values on every run. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function generator(next: () => number): (depth?: number) => unknown {
  const pick = <T>(values: T[]): T => values[Math.floor(next() * values.length)] as T;
  const int = (n: number): number => Math.floor(next() * n);
  const texts = ['', 'a', 'ab', 'a\0', 'a\0b', 'a\x01', 'b', 'é', '\uffff', '😀', 'ffi', 'A'];
  const numbers = [
    () => new Int32(int(7) - 3),
    () => new Double(pick([0, -0, 0.1, -0.1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 1e300, 5e-324, int(100) / 8])),
    () =>
      Long.fromBigInt(
        pick([2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 0n]) +
          (next() < 0.5 ? 0n : BigInt(int(5)) * (next() < 0.5 ? 0n : -1n)),
      ),
    () =>
      Decimal128.fromString(
        pick([
          '0.1',
          '1.5',
          '0.1000000000000000055511151231257827',
          '9007199254740993',
          '-9007199254740993.5',
          '1E+300',
          '-1',
          '3',
          'NaN',
          'Infinity',
        ]),
      ),
  ];
  const make = (depth = 0): unknown => {
    const kind = int(depth > 2 ? 10 : 14);
    if (kind < 4) return pick(numbers)();
    if (kind === 4) return pick(texts);
    if (kind === 5) return pick<unknown>([null, true, false, new MinKey(), new MaxKey()]);
    if (kind === 6) return new Date(int(5) * 1e12 - 2e12);
    if (kind === 7) return new ObjectId(pick(['000000000000000000000001', 'ffffffffffffffffffffffff', '0123456789abcdef01234567']));
    if (kind === 8) return new Binary(Buffer.from(pick(texts)), pick([0, 4, 5]));
    if (kind === 9) return pick<unknown>([new Timestamp({ t: int(3), i: int(3) }), new BSONRegExp(pick(['a', 'b']), pick(['', 'i']))]);
    if (kind < 12) return Array.from({ length: int(3) }, () => make(depth + 1));
    return Object.fromEntries(Array.from({ length: int(3) }, () => [pick(['a', 'b', 'ab']), make(depth + 1)]));
  };
  return make;
}

describe('keyOf', () => {
  it('should order 40,000 random pairs as an independent comparator does', () => {
    const make = generator(random(20_240_601));
    for (let i = 0; i < 40_000; i++) {
      const [a, b] = [make(), make()];
      const order = Math.sign(compareValues(a, b));
      if (order !== Math.sign(expected(a, b)))
        throw new Error(`${JSON.stringify(a)} against ${JSON.stringify(b)}: ${order}, seed step ${i}`);
      if (Math.sign(Buffer.compare(invert(keyOf(a)), invert(keyOf(b)))) !== -order + 0)
        throw new Error(`inverted ${JSON.stringify(a)} ${JSON.stringify(b)}`);
    }
  });

  it('should keep neighbours apart where a double cannot', () => {
    const line = [
      Long.fromString('9007199254740992'),
      Decimal128.fromString('9007199254740992.5'),
      Long.fromString('9007199254740993'),
      Decimal128.fromString('9007199254740993.000000000000000001'),
      new Double(9007199254740994),
    ];
    expect(line.map(canonical)).toEqual([...line].reverse().map(canonical).sort());
    expect(compareValues(new Double(5), new Int32(5))).toBe(0);
    expect(compareValues(Decimal128.fromString('0.5'), new Double(0.5))).toBe(0);
  });

  it('should take plain values for their BSON types, and missing for null', () => {
    expect(keyOf(5)).toEqual(keyOf(new Int32(5)));
    expect(keyOf(2n ** 60n)).toEqual(keyOf(Long.fromBigInt(2n ** 60n)));
    expect(keyOf(undefined)).toEqual(keyOf(null));
    expect(keyOf({ a: 1, b: 2 })).not.toEqual(keyOf({ b: 2, a: 1 }));
  });

  it('should refuse decimals beyond a double', () => {
    expect(() => keyOf(Decimal128.fromString('1E+4000'))).toThrow(/outside the range of a double/);
  });
});

describe('indexKeys', () => {
  const keys = (doc: Record<string, unknown>, fields: [string, 1 | -1][], sparse?: boolean) =>
    indexKeys(RawDocument.fromTyped(doc), fields, Boolean(sparse));
  const hex = (found: { keys: Buffer[] }) => found.keys.map((key) => key.toString('hex'));

  it('should expand one array, each element once', () => {
    const found = keys({ a: [1, 2, 1] }, [['a', 1]]);
    expect(found.multikey).toBe(true);
    expect(hex(found)).toEqual([keyOf(1), keyOf(2)].map((key) => key.toString('hex')));
  });

  it('should pair fields under the same array and refuse two arrays', () => {
    const found = keys({ a: [{ b: 1, c: 2 }, { b: 3 }] }, [['a.b', 1], ['a.c', -1]]); // prettier-ignore
    expect(hex(found)).toEqual([
      Buffer.concat([keyOf(1), invert(keyOf(2))]).toString('hex'),
      Buffer.concat([keyOf(3), invert(keyOf(null))]).toString('hex'),
    ]);
    expect(() => keys({ a: [1], b: [2] }, [['a', 1], ['b', 1]])).toThrow(expect.objectContaining({ code: 171 })); // prettier-ignore
  });

  it('should tell empty arrays, null and missing apart as MongoDB does', () => {
    expect(hex(keys({ a: [] }, [['a', 1]]))).toEqual(['08']);
    expect(hex(keys({ a: [] }, [['a.b', 1]]))).toEqual(['0a']);
    expect(keys({ b: 1 }, [['a', 1]])).toMatchObject({ missing: true, multikey: false });
    expect(keys({ a: null }, [['a', 1]]).missing).toBe(false);
    expect(keys({ a: [{ b: 1 }, {}] }, [['a.b', 1]], true).keys).toHaveLength(1);
    expect(hex(keys({ a: [7, 8] }, [['a.1', 1]]))).toEqual([keyOf(8).toString('hex')]);
  });

  it('should cut long keys without confusing equal beginnings', () => {
    const [a, b] = ['x'.repeat(5_000), `${'x'.repeat(4_999)}y`].map((text) => keys({ a: text }, [['a', 1]]));
    expect(a?.truncated).toBe(true);
    expect(a?.keys[0]).toHaveLength(MAX_KEY_BYTES + 33);
    expect(a?.keys[0]).not.toEqual(b?.keys[0]);
    expect(shorten(keyOf('x'.repeat(5_000)))).toEqual(a?.keys[0]);
    expect(documentKeys(RawDocument.fromTyped({ a: 'x'.repeat(5_000) }), [['a', 1]]).keys[0]).toHaveLength(5_003);
  });
});
