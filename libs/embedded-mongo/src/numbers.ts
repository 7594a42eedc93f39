import { Decimal128, Double, Int32, Long } from 'bson';
import { typeOf } from './document.js';

/** The four BSON number types, narrowest first: arithmetic answers in the wider type of its operands. */
const WIDTHS = ['int', 'long', 'double', 'decimal'] as const;
type NumberType = (typeof WIDTHS)[number];

const WRAPPED: ReadonlySet<string> = new Set(WIDTHS);
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const DECIMAL_DIGITS = 34;

/** A wrapped or plain BSON number. */
export type BsonNumber = Int32 | Double | Long | Decimal128 | number | bigint;

export function isNumber(value: unknown): value is BsonNumber {
  return typeof value === 'number' || (value !== null && value !== undefined && WRAPPED.has(typeOf(value)));
}

/** The nearest double. */
export function toDouble(value: BsonNumber): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Int32 || value instanceof Double) return value.value;
  return value instanceof Long ? value.toNumber() : Number(value.toString());
}

/** The exact integer of an int, long or whole finite double; undefined for any other value. */
export function toInteger(value: unknown): bigint | undefined {
  if (!isNumber(value)) return undefined;
  if (typeof value === 'bigint') return value;
  if (value instanceof Long) return value.toBigInt();
  if (value instanceof Decimal128) {
    const parts = decimalParts(value);
    if (!parts || parts.exponent > DECIMAL_DIGITS) return undefined;
    if (parts.exponent >= 0) return parts.coefficient * 10n ** BigInt(parts.exponent);
    const unit = 10n ** BigInt(-parts.exponent);
    return parts.coefficient % unit === 0n ? parts.coefficient / unit : undefined;
  }
  const double = toDouble(value);
  return Number.isInteger(double) ? BigInt(double) : undefined;
}

/** The whole number cut towards zero, as `$mod` and integer options read theirs; undefined for NaN, infinities and other values. */
export function truncated(value: unknown): bigint | undefined {
  if (!isNumber(value)) return undefined;
  const exact = toInteger(value);
  if (exact !== undefined) return exact;
  const double = toDouble(value);
  return Number.isFinite(double) ? BigInt(Math.trunc(double)) : undefined;
}

/** A decimal as `coefficient × 10^exponent`; undefined for NaN and infinities. */
export function decimalParts(value: Decimal128): { coefficient: bigint; exponent: number } | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString());
  if (!match) return undefined;
  const fraction = match[2] ?? '';
  return { coefficient: BigInt((match[1] ?? '') + fraction), exponent: Number(match[3] ?? 0) - fraction.length };
}

/** Rounds half to even at 34 digits, as IEEE 754 decimal128 does. */
function decimalFrom(coefficient: bigint, exponent: number): Decimal128 {
  const negative = coefficient < 0n;
  let digits = negative ? -coefficient : coefficient;
  const excess = digits.toString().length - DECIMAL_DIGITS;
  if (excess > 0) {
    const unit = 10n ** BigInt(excess);
    const rest = (digits % unit) * 2n;
    digits /= unit;
    if (rest > unit || (rest === unit && digits % 2n === 1n)) digits += 1n;
    exponent += excess;
  }
  return Decimal128.fromString(`${negative ? '-' : ''}${digits}E${exponent}`);
}

/** As MongoDB converts: a double keeps 15 significant digits. */
function toDecimal(value: BsonNumber): Decimal128 {
  if (value instanceof Decimal128) return value;
  const integer = typeOf(value) === 'double' ? undefined : toInteger(value);
  if (integer !== undefined) return Decimal128.fromString(integer.toString());
  const double = toDouble(value);
  return Decimal128.fromString(Number.isFinite(double) ? double.toPrecision(15) : String(double));
}

/** An integer as int32 where it and its operands fit, else as int64; undefined beyond int64. */
export function integerOf(value: bigint, atLeast: 'int' | 'long' = 'int'): Int32 | Long | undefined {
  if (atLeast === 'int' && value >= -0x80000000n && value <= 0x7fffffffn) return new Int32(Number(value));
  return value >= INT64_MIN && value <= INT64_MAX ? Long.fromBigInt(value) : undefined;
}

function wider(a: BsonNumber, b: BsonNumber): NumberType {
  const types = [typeOf(a) as NumberType, typeOf(b) as NumberType];
  return WIDTHS.findLast((type) => types.includes(type)) ?? 'double';
}

type Operation = { integer(a: bigint, b: bigint): bigint; double(a: number, b: number): number; decimal(a: Parts, b: Parts): Parts };
type Parts = { coefficient: bigint; exponent: number };

function aligned(a: Parts, b: Parts, combine: (x: bigint, y: bigint) => bigint): Parts {
  const exponent = Math.min(a.exponent, b.exponent);
  const at = (p: Parts): bigint => p.coefficient * 10n ** BigInt(p.exponent - exponent);
  return { coefficient: combine(at(a), at(b)), exponent };
}

const OPERATIONS = {
  add: { integer: (a, b) => a + b, double: (a, b) => a + b, decimal: (a, b) => aligned(a, b, (x, y) => x + y) },
  subtract: { integer: (a, b) => a - b, double: (a, b) => a - b, decimal: (a, b) => aligned(a, b, (x, y) => x - y) },
  multiply: {
    integer: (a, b) => a * b,
    double: (a, b) => a * b,
    decimal: (a, b) => ({ coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent }),
  },
} as const satisfies Record<string, Operation>;

/** `a ∘ b` in the wider of their types; ints overflow into longs. Undefined when a long overflows: callers differ in what follows. */
export function arithmetic(name: keyof typeof OPERATIONS, a: BsonNumber, b: BsonNumber): BsonNumber | undefined {
  const operation = OPERATIONS[name];
  const type = wider(a, b);
  if (type === 'double') return new Double(operation.double(toDouble(a), toDouble(b)));
  if (type === 'decimal') {
    const [x, y] = [decimalParts(toDecimal(a)), decimalParts(toDecimal(b))];
    if (!x || !y) return Decimal128.fromString(String(operation.double(toDouble(a), toDouble(b))));
    const { coefficient, exponent } = operation.decimal(x, y);
    return decimalFrom(coefficient, exponent);
  }
  return integerOf(operation.integer(toInteger(a) ?? 0n, toInteger(b) ?? 0n), type);
}
