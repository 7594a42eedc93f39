import type { Binary, BSONRegExp } from 'bson';
import { TYPE_CODES, typeOf } from './document.js';
import { fail } from './errors.js';
import { canonical } from './key.js';
import { isNumber, toInteger, truncated } from './numbers.js';
import { compileRegex } from './regex.js';

/** Whether a single value (undefined: missing) satisfies a condition; `details` receives the position an `$elemMatch` found. */
export type Test = (value: unknown, details?: { index?: number }) => boolean;

/** Strings and symbols the pattern finds, and regular expressions equal to it. */
export function regexTest(operand: BSONRegExp | RegExp | string, options?: string): Test {
  const pattern = compileRegex(operand, options);
  const same = typeof operand === 'string' ? undefined : canonical(operand);
  return (value) => {
    if (typeof value === 'string') return pattern.test(value);
    const type = typeOf(value);
    if (type === 'symbol') return pattern.test(String(value));
    return type === 'regex' && canonical(value) === same;
  };
}

function type(operand: unknown): Test {
  const wanted = new Set<string>();
  for (const each of Array.isArray(operand) ? (operand as unknown[]) : [operand]) {
    if (each === 'number') ['int', 'long', 'double', 'decimal'].forEach((name) => wanted.add(name));
    else if (typeof each === 'string') wanted.add(Object.hasOwn(TYPE_CODES, each) ? each : fail(2, `Unknown type name alias: ${each}`));
    else if (isNumber(each)) {
      const code = toInteger(each);
      const name = Object.entries(TYPE_CODES).find(([, known]) => BigInt(known) === code)?.[0];
      wanted.add(name ?? fail(2, `Invalid numerical type code: ${String(each)}`));
    } else fail(14, 'type must be represented as a number or a string');
  }
  if (wanted.size === 0) fail(9, '$type must match at least one type');
  return (value) => value !== undefined && wanted.has(typeOf(value));
}

function size(operand: unknown): Test {
  if (!isNumber(operand)) fail(2, 'Failed to parse $size. Expected a number');
  const wanted = toInteger(operand) ?? fail(2, 'Failed to parse $size. Expected an integer');
  if (wanted < 0n) fail(2, 'Failed to parse $size. Expected a non-negative number');
  return (value) => Array.isArray(value) && BigInt(value.length) === wanted;
}

function mod(operand: unknown): Test {
  if (!Array.isArray(operand)) return fail(2, 'malformed mod, needs to be an array');
  if (operand.length < 2) fail(2, 'malformed mod, not enough elements');
  if (operand.length > 2) fail(2, 'malformed mod, too many elements');
  const divisor = truncated(operand[0]) ?? fail(2, 'malformed mod, divisor is not a number');
  const remainder = truncated(operand[1]) ?? fail(2, 'malformed mod, remainder is not a number');
  if (divisor === 0n) fail(2, 'divisor cannot be 0');
  return (value) => {
    const number = truncated(value);
    return number !== undefined && number % divisor === remainder;
  };
}

const binaryBytes = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? value : (value as Binary).buffer.subarray(0, (value as Binary).position);

/** Little-endian bytes as one number: bit n of binary data is bit n % 8 of byte n / 8. */
const bytesToBits = (bytes: Uint8Array): bigint => bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);

function mask(name: string, operand: unknown): bigint {
  if (typeOf(operand) === 'binData') return bytesToBits(binaryBytes(operand));
  if (Array.isArray(operand)) {
    return operand.reduce<bigint>((bits, position: unknown) => {
      const n = toInteger(position) ?? fail(9, `Failed to parse bit position. Expected an integer in: ${name}`);
      if (n < 0n || n > 0x7fffffffn) fail(9, `Failed to parse bit position. Expected a non-negative number in: ${name}`);
      return bits | (1n << n);
    }, 0n);
  }
  const number = toInteger(operand) ?? fail(2, `${name} takes an Array, a number, or a BinData but received: ${typeOf(operand)}`);
  return number >= 0n ? number : fail(9, `Expected a non-negative number in: ${name}`);
}

/** The bits of an integer (sign extended) or of binary data; undefined when a value has none. */
function bitsOf(value: unknown): bigint | undefined {
  if (typeOf(value) === 'binData') return bytesToBits(binaryBytes(value));
  const integer = typeOf(value) === 'decimal' ? undefined : toInteger(value);
  return integer === undefined || BigInt.asIntN(64, integer) !== integer ? undefined : integer;
}

const bits =
  (name: string, accepts: (found: bigint, wanted: bigint) => boolean) =>
  (operand: unknown): Test => {
    const wanted = mask(name, operand);
    return (value) => {
      const own = bitsOf(value);
      return own !== undefined && accepts(own & wanted, wanted);
    };
  };

/** Operators that only look at one value at a time, by name: operand → test. */
export const OPERATORS: Readonly<Record<string, (operand: unknown) => Test>> = {
  $type: type,
  $size: size,
  $mod: mod,
  $bitsAllSet: bits('$bitsAllSet', (found, wanted) => found === wanted),
  $bitsAllClear: bits('$bitsAllClear', (found) => found === 0n),
  $bitsAnySet: bits('$bitsAnySet', (found) => found !== 0n),
  $bitsAnyClear: bits('$bitsAnyClear', (found, wanted) => found !== wanted),
};
