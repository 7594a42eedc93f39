import { BSON, type Binary, type BSONRegExp, type Decimal128, type Long, type ObjectId, type Timestamp } from 'mongodb';

/** A document or a sub-document; never an array and never a BSON value. */
export type Doc = Record<string, unknown>;

/** What an index or a sort holds for an empty array. */
export const EMPTY: unique symbol = Symbol('empty array');

/** The classes of BSON's comparison order, lowest first; numbers of all types are one class, a missing value is null. */
const CLASSES = [
  'minKey',
  'empty',
  'null',
  'number',
  'string',
  'object',
  'array',
  'binData',
  'objectId',
  'bool',
  'date',
  'timestamp',
  'regex',
  'maxKey',
] as const;

export type ValueClass = (typeof CLASSES)[number];

const RANKS = Object.fromEntries(CLASSES.map((name, rank) => [name, rank])) as Record<ValueClass, number>;

const BY_BSON_TYPE: Readonly<Record<string, ValueClass>> = {
  MinKey: 'minKey',
  Int32: 'number',
  Double: 'number',
  Long: 'number',
  Decimal128: 'number',
  Binary: 'binData',
  ObjectId: 'objectId',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  MaxKey: 'maxKey',
};

const bsonTypeOf = (value: unknown): string => (value as { _bsontype?: string })._bsontype ?? '';

/** The class of a value in BSON's comparison order. */
export function classOf(value: unknown): ValueClass {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value === EMPTY) return 'empty';
  if (Array.isArray(value)) return 'array';
  const type = bsonTypeOf(value);
  return type === '' ? (value instanceof Date ? 'date' : 'object') : (BY_BSON_TYPE[type] ?? 'object');
}

export const isDocument = (value: unknown): value is Doc => value !== undefined && classOf(value) === 'object';

/** The name of a value's type as `$type` takes it. */
export function typeName(value: unknown): string {
  const names: Record<string, string> = { Int32: 'int', Double: 'double', Long: 'long', Decimal128: 'decimal' };
  return classOf(value) === 'number' ? (names[bsonTypeOf(value)] ?? '') : classOf(value);
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

const bytesOfDocument = new WeakMap<Doc, string>();

/** The BSON bytes of a whole document. What the oracle holds never changes, so each is made once. */
export function bytesOf(doc: Doc | Uint8Array): string {
  if (doc instanceof Uint8Array) return latin1(doc);
  const bytes = bytesOfDocument.get(doc) ?? latin1(BSON.serialize(doc));
  bytesOfDocument.set(doc, bytes);
  return bytes;
}

/** Whether two values are the same BSON bytes: types, field order and the sign of zero count. */
export const identical = (a: unknown, b: unknown): boolean => latin1(BSON.serialize({ a })) === latin1(BSON.serialize({ a: b }));

/** The number as JavaScript has it: exact for int and double. */
export const toNumber = (value: unknown): number => Number(String(value));

export const isNaNValue = (value: unknown): boolean => typeName(value) === 'double' && Number.isNaN(toNumber(value));

const sign = (value: number | bigint): number => (value < 0 ? -1 : value > 0 ? 1 : 0);

/** A finite number as an exact fraction. */
function fraction(value: unknown): { top: bigint; bottom: bigint } {
  const type = typeName(value);
  if (type === 'int') return { top: BigInt(toNumber(value)), bottom: 1n };
  if (type === 'long') return { top: (value as Long).toBigInt(), bottom: 1n };
  if (type === 'double') {
    let [double, bottom] = [toNumber(value), 1n];
    for (; !Number.isInteger(double); double *= 2) bottom *= 2n;
    return { top: BigInt(double), bottom };
  }
  const [, minus, whole = '0', decimals = '', exponent = '0'] = /^(-?)(\d+)\.?(\d*)(?:E([+-]\d+))?$/.exec(
    (value as Decimal128).toString(),
  ) ?? [undefined, ''];
  const digits = BigInt(minus + whole + decimals);
  const power = Number(exponent) - decimals.length;
  return power >= 0 ? { top: digits * 10n ** BigInt(power), bottom: 1n } : { top: digits, bottom: 10n ** BigInt(-power) };
}

function compareNumbers(a: unknown, b: unknown): number {
  const simple = (value: unknown): boolean => ['int', 'double'].includes(typeName(value));
  const [x, y] = [toNumber(a), toNumber(b)];
  if (isNaNValue(a) || isNaNValue(b)) return sign(Number(isNaNValue(b)) - Number(isNaNValue(a)));
  if ((simple(a) && simple(b)) || !Number.isFinite(x) || !Number.isFinite(y)) return x === y ? 0 : sign(x - y);
  const [left, right] = [fraction(a), fraction(b)];
  return sign(left.top * right.bottom - right.top * left.bottom);
}

const compareBytes = (a: string | Uint8Array, b: string | Uint8Array): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function compareFields(a: [string, unknown][], b: [string, unknown][]): number {
  for (const [i, [name, value]] of a.entries()) {
    const other = b[i];
    if (!other) return 1;
    const byField = compareClasses(value, other[1]) || compareBytes(name, other[0]) || compare(value, other[1]);
    if (byField !== 0) return byField;
  }
  return a.length === b.length ? 0 : -1;
}

const compareClasses = (a: unknown, b: unknown): number => sign(RANKS[classOf(a)] - RANKS[classOf(b)]);

function compareBinary(a: Binary, b: Binary): number {
  return sign(a.length() - b.length()) || sign(a.sub_type - b.sub_type) || compareBytes(a.value(), b.value());
}

/** BSON's comparison order, from the page "Comparison/Sort Order" of MongoDB's manual: negative, zero or positive. */
export function compare(a: unknown, b: unknown): number {
  const byClass = compareClasses(a, b);
  if (byClass !== 0) return byClass;
  switch (classOf(a)) {
    case 'number':
      return compareNumbers(a, b);
    case 'string':
      return compareBytes(a as string, b as string);
    case 'object':
      return compareFields(Object.entries(a as Doc), Object.entries(b as Doc));
    case 'array':
      return compareFields(Object.entries(a as unknown[]), Object.entries(b as unknown[]));
    case 'binData':
      return compareBinary(a as Binary, b as Binary);
    case 'objectId':
      return sign(compareBytes(Buffer.from((a as ObjectId).toHexString(), 'hex'), Buffer.from((b as ObjectId).toHexString(), 'hex')));
    case 'bool':
      return Number(a) - Number(b);
    case 'date':
      return sign((a as Date).getTime() - (b as Date).getTime());
    case 'timestamp':
      return sign(BigInt.asUintN(64, (a as Timestamp).toBigInt()) - BigInt.asUintN(64, (b as Timestamp).toBigInt()));
    case 'regex': {
      const [left, right] = [a as BSONRegExp, b as BSONRegExp];
      return compareBytes(left.pattern, right.pattern) || compareBytes(left.options, right.options);
    }
    default:
      return 0;
  }
}
