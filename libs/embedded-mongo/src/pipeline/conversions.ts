import { Decimal128, Double, Long, ObjectId } from 'bson';
import { TYPE_CODES, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { CLASS, compareValues } from '../key.js';
import { integerOf, isNumber, toDouble, toInteger, truncated } from '../numbers.js';
import { dateOf, parseDate } from './dates.js';

/** Zero, null, false and missing are false. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return CLASS[typeOf(value)] !== CLASS.int || compareValues(value, 0) !== 0;
}

/** The operators that convert to one type. */
export const CONVERSIONS: Readonly<Record<string, string>> = {
  $toString: 'string',
  $toInt: 'int',
  $toLong: 'long',
  $toDouble: 'double',
  $toDecimal: 'decimal',
  $toBool: 'bool',
  $toDate: 'date',
  $toObjectId: 'objectId',
};

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Math.abs(value) === Infinity ? (value > 0 ? 'Infinity' : '-Infinity') : String(value);
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (!isNumber(value)) return undefined;
  return typeOf(value) === 'double' ? doubleText(toDouble(value)) : value.toString();
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string') {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value))
      fail(241, `Failed to parse number '${value}' in $convert with no onError value`);
    return Number(value);
  }
  return isNumber(value) ? toDouble(value) : undefined;
}

function toWhole(value: unknown, type: 'int' | 'long'): unknown {
  if (type === 'int' && value instanceof Date) return undefined;
  const text = typeof value === 'string' && /^[+-]?\d+$/.test(value);
  if (typeof value === 'string' && !text) fail(241, `Failed to parse number '${value}' in $convert with no onError value`);
  const whole = text ? BigInt(value.replace('+', '')) : isNumber(value) ? truncated(value) : BigInt(toNumber(value) ?? NaN);
  const result = whole === undefined ? undefined : integerOf(whole, type);
  if (!result || (type === 'int' && result instanceof Long))
    fail(241, `Conversion would overflow target type in $convert with no onError value: ${String(value)}`);
  return result;
}

const TARGETS: Readonly<Record<string, (value: unknown) => unknown>> = {
  string: toText,
  bool: (value) => (isNumber(value) ? isTrue(value) : typeof value === 'boolean' ? value : true),
  int: (value) => (typeof value === 'object' && !isNumber(value) ? undefined : toWhole(value, 'int')),
  long: (value) => (typeof value === 'object' && !isNumber(value) && !(value instanceof Date) ? undefined : toWhole(value, 'long')),
  double: (value) => {
    const double = toNumber(value);
    return double === undefined ? undefined : new Double(double);
  },
  decimal: (value) => {
    if (value instanceof Decimal128) return value;
    const exact = toInteger(value);
    const double = exact === undefined ? toNumber(value) : undefined;
    if (typeof value === 'string') return Decimal128.fromString(value);
    return exact !== undefined
      ? Decimal128.fromString(exact.toString())
      : double === undefined
        ? undefined
        : Decimal128.fromString(double.toPrecision(15));
  },
  date: (value) => {
    if (typeof value === 'string') return parseDate(value);
    const whole = typeOf(value) === 'int' ? undefined : truncated(value);
    return dateOf(value) ?? (whole === undefined ? undefined : new Date(Number(whole)));
  },
  objectId: (value) => {
    if (typeof value !== 'string') return value instanceof ObjectId ? value : undefined;
    if (!/^[0-9a-f]{24}$/i.test(value)) fail(241, `Failed to parse objectId '${value}' in $convert with no onError value`);
    return ObjectId.createFromHexString(value);
  },
};

/** `$convert`: raises 241 ConversionFailure where MongoDB does. */
export function convert(value: unknown, to: unknown): unknown {
  const code = toInteger(to);
  const name = typeof to === 'string' ? to : Object.entries(TYPE_CODES).find(([, known]) => BigInt(known) === code)?.[0];
  const target = name !== undefined && Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (!target) return fail(2, `Unknown type name: ${String(to)}`);
  const result = target(value);
  return result === undefined
    ? fail(241, `Unsupported conversion from ${typeOf(value)} to ${name} in $convert with no onError value`)
    : result;
}
