import { Decimal128, Double, Int32, Long } from 'bson';
import { typeOf } from './document.js';
import { fail } from './errors.js';

/** A wrapped or plain BSON number. */
export type BsonNumber = Int32 | Double | Long | Decimal128 | number | bigint;

const NUMBERS: ReadonlySet<string> = new Set(['int', 'long', 'double', 'decimal']);

export function isNumber(value: unknown): value is BsonNumber {
  return NUMBERS.has(typeOf(value));
}

/** The nearest double. */
export function toDouble(value: BsonNumber): number {
  if (typeof value === 'number') return value;
  if (value instanceof Int32 || value instanceof Double) return value.value;
  return value instanceof Long ? value.toNumber() : Number(value.toString());
}

/** A decimal as `coefficient × 10^exponent`; undefined for NaN and infinities. */
export function decimalParts(value: Decimal128): { coefficient: bigint; exponent: number } | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString());
  if (!match) return undefined;
  const fraction = match[2] ?? '';
  return { coefficient: BigInt((match[1] ?? '') + fraction), exponent: Number(match[3] ?? 0) - fraction.length };
}

/** A number's whole part, cut towards zero, and whether that is all of it; undefined for NaN, infinities and other values. */
function wholePart(value: unknown): { whole: bigint; isExact: boolean } | undefined {
  if (!isNumber(value)) return undefined;
  if (typeof value === 'bigint') return { whole: value, isExact: true };
  if (value instanceof Long) return { whole: value.toBigInt(), isExact: true };
  if (value instanceof Decimal128) {
    const parts = decimalParts(value);
    if (!parts) return undefined;
    const unit = 10n ** BigInt(Math.abs(parts.exponent));
    if (parts.exponent >= 0) return { whole: parts.coefficient * unit, isExact: true };
    return { whole: parts.coefficient / unit, isExact: parts.coefficient % unit === 0n };
  }
  const double = toDouble(value);
  return Number.isFinite(double) ? { whole: BigInt(Math.trunc(double)), isExact: Number.isInteger(double) } : undefined;
}

/** The exact integer of a whole number of any type; undefined for any other value. */
export function toInteger(value: unknown): bigint | undefined {
  const part = wholePart(value);
  return part?.isExact ? part.whole : undefined;
}

/** The whole number cut towards zero, as `$mod` and integer options read theirs; undefined for NaN, infinities and other values. */
export function truncated(value: unknown): bigint | undefined {
  return wholePart(value)?.whole;
}

/** An integer as int32 where it and its operands fit, else as int64; undefined beyond int64. */
export function integerOf(value: bigint, atLeast: 'int' | 'long' = 'int'): Int32 | Long | undefined {
  if (atLeast === 'int' && BigInt.asIntN(32, value) === value) return new Int32(Number(value));
  return BigInt.asIntN(64, value) === value ? Long.fromBigInt(value) : undefined;
}

/** The sum or product in the wider of the operands' types; ints overflow into longs. Undefined when a long overflows: callers differ in what follows. */
export function arithmetic(name: 'add' | 'multiply', a: BsonNumber, b: BsonNumber): BsonNumber | undefined {
  const types = [typeOf(a), typeOf(b)];
  if (types.includes('decimal')) fail(238, `Decimal128 arithmetic (${name}) is not supported by the embedded database`);
  if (types.includes('double')) return new Double(name === 'add' ? toDouble(a) + toDouble(b) : toDouble(a) * toDouble(b));
  const [x, y] = [toInteger(a) ?? 0n, toInteger(b) ?? 0n];
  return integerOf(name === 'add' ? x + y : x * y, types.includes('long') ? 'long' : 'int');
}
