import { createHash } from 'node:crypto';
import type { Binary, BSONRegExp, Code, Decimal128, Long, ObjectId, Timestamp } from 'bson';
import type { TypeName } from './document.js';
import { asDocument, typeOf } from './document.js';
import { fail } from './errors.js';
import { decimalParts } from './numbers.js';

/** One class byte per place in BSON's order of types; values of one class compare with each other, others never do in ranges. */
export const CLASS: Readonly<Record<TypeName, number>> = {
  minKey: 0x05,
  undefined: 0x0a,
  null: 0x0a,
  int: 0x10,
  long: 0x10,
  double: 0x10,
  decimal: 0x10,
  string: 0x20,
  symbol: 0x20,
  object: 0x30,
  array: 0x40,
  binData: 0x50,
  objectId: 0x60,
  bool: 0x70,
  date: 0x80,
  timestamp: 0x90,
  regex: 0xa0,
  dbPointer: 0xa8,
  javascript: 0xb0,
  javascriptWithScope: 0xc0,
  maxKey: 0xf0,
};

/** A field of an index or of a sort, and its direction. */
export type KeyField = readonly [path: string, direction: 1 | -1];

/** An indexed or sorted empty array: below null, as BSON's undefined. */
export const EMPTY_ARRAY = Symbol('[]');
const EMPTY_ARRAY_CLASS = 0x08;

/** Longer keys are cut to this and closed by a hash; lmdb takes at most 1,978 bytes and a record id follows. */
export const MAX_KEY_BYTES = 1_900;

let scratch = Buffer.allocUnsafe(4_096);
let at = 0;

function room(bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + bytes));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}

function byte(value: number): void {
  room(1);
  scratch[at++] = value;
}

/** UTF-8 with `00` as `00 ff`, closed by `00 01`: two bytes, so that a prefix also sorts right when inverted. */
function writeText(text: string): void {
  room(text.length * 4 + 2);
  if (text.includes('\0')) {
    text.split('\0').forEach((piece, i) => {
      if (i > 0) at = scratch.writeUInt16BE(0x00ff, at);
      at += scratch.write(piece, at);
    });
  } else at += scratch.write(text, at);
  scratch[at++] = 0;
  scratch[at++] = 1;
}

/** A double's bits so that unsigned byte order is numeric order. */
function writeDouble(value: number): void {
  scratch.writeDoubleBE(value === 0 ? 0 : value, at);
  if ((scratch[at] ?? 0) & 0x80) for (let i = 0; i < 8; i++) scratch[at + i] = ~(scratch[at + i] ?? 0);
  else scratch[at] = (scratch[at] ?? 0) ^ 0x80;
  at += 8;
}

function writeNumber(value: number): void {
  room(9);
  if (Number.isNaN(value)) {
    scratch.fill(0, at, at + 9);
    at += 9;
    return;
  }
  writeDouble(value);
  scratch[at++] = 0;
}

const BITS = new DataView(new ArrayBuffer(8));

/** A double as `mantissa × 2^exponent`. */
function binaryParts(value: number): [bigint, number] {
  BITS.setFloat64(0, value);
  const bits = BITS.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  return [bits >> 63n ? -mantissa : mantissa, Math.max(exponent, 1) - 1_075];
}

function previousDouble(value: number): number {
  BITS.setFloat64(0, value);
  BITS.setBigInt64(0, BITS.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return BITS.getFloat64(0);
}

const power = (base: bigint, exponent: number): bigint => (exponent > 0 ? base ** BigInt(exponent) : 1n);

/** `coefficient × 10^exponent`: the largest double not above it, then how far it lies towards the next one, in 1/2^64. */
function writeExact(coefficient: bigint, exponent: number, nearest: number): void {
  const scaled = coefficient * power(10n, exponent);
  const excess = (double: number): [bigint, bigint] => {
    const [mantissa, binary] = binaryParts(double);
    const tens = power(10n, -exponent);
    return [scaled * power(2n, -binary) - mantissa * power(2n, binary) * tens, power(2n, binary) * tens];
  };
  let floor = nearest;
  let [difference, gap] = excess(floor);
  if (difference < 0n) [difference, gap] = excess((floor = previousDouble(floor)));
  if (difference === 0n) return writeNumber(floor);
  room(17);
  writeDouble(floor);
  scratch[at++] = 1;
  at = scratch.writeBigUInt64BE(BigInt.asUintN(64, (difference << 64n) / gap), at);
}

function writeLong(value: bigint): void {
  const nearest = Number(value);
  if (Number.isSafeInteger(nearest)) writeNumber(nearest);
  else writeExact(value, 0, nearest);
}

function writeDecimal(value: Decimal128): void {
  const parts = decimalParts(value);
  const nearest = Number(value.toString());
  if (!parts || parts.coefficient === 0n) return writeNumber(nearest);
  if (Math.abs(nearest) === Infinity || Math.abs(nearest) < 2 ** -1_022) {
    fail(2, `Decimal128 ${value.toString()} is outside the range of a double, which the embedded database does not compare`);
  }
  writeExact(parts.coefficient, parts.exponent, nearest);
}

function writeBinary(value: Binary | Uint8Array): void {
  const [bytes, subtype] = value instanceof Uint8Array ? [value, 0] : [value.buffer.subarray(0, value.position), value.sub_type];
  room(bytes.length + 5);
  at = scratch.writeUInt32BE(bytes.length, at);
  scratch[at++] = subtype;
  scratch.set(bytes, at);
  at += bytes.length;
}

const WRITERS: Readonly<Record<TypeName, (value: never) => void>> = {
  minKey: () => undefined,
  maxKey: () => undefined,
  null: () => undefined,
  undefined: () => undefined,
  int: (value: number | { value: number }) => writeNumber(typeof value === 'number' ? value : value.value),
  double: (value: number | { value: number }) => writeNumber(typeof value === 'number' ? value : value.value),
  long: (value: bigint | Long) => writeLong(typeof value === 'bigint' ? value : value.toBigInt()),
  decimal: writeDecimal,
  string: writeText,
  symbol: (value: { value: string }) => writeText(value.value),
  object: (value: object) => {
    for (const [name, field] of Object.entries(asDocument(value) ?? {})) {
      byte(CLASS[typeOf(field)]);
      writeText(name);
      write(field);
    }
    byte(0);
  },
  array: (value: unknown[]) => {
    for (const element of value) write(element);
    byte(0);
  },
  binData: writeBinary,
  objectId: (value: ObjectId) => {
    room(12);
    scratch.set(value.id, at);
    at += 12;
  },
  bool: (value: boolean) => {
    scratch[at - 1] = value ? 0x71 : 0x70;
  },
  date: (value: Date) => {
    const time = value.getTime();
    if (Number.isNaN(time)) fail(2, 'dates beyond the range of a JavaScript date are not compared by the embedded database');
    room(8);
    at = scratch.writeBigUInt64BE(BigInt.asUintN(64, BigInt(time)) ^ (1n << 63n), at);
  },
  timestamp: (value: Timestamp) => {
    room(8);
    at = scratch.writeUInt32BE(value.high >>> 0, at);
    at = scratch.writeUInt32BE(value.low >>> 0, at);
  },
  regex: (value: BSONRegExp | RegExp) => {
    writeText(value instanceof RegExp ? value.source : value.pattern);
    writeText(value instanceof RegExp ? value.flags : value.options);
  },
  dbPointer: () => fail(2, 'DBPointer values are not compared by the embedded database'),
  javascript: (value: Code) => writeText(value.code),
  javascriptWithScope: (value: Code) => {
    writeText(value.code);
    write(value.scope);
  },
};

function write(value: unknown): void {
  if (value === EMPTY_ARRAY) return byte(EMPTY_ARRAY_CLASS);
  const type = typeOf(value);
  byte(CLASS[type]);
  WRITERS[type](value as never);
}

function taken(): Buffer {
  const key = Buffer.allocUnsafe(at);
  scratch.copy(key, 0, 0, at);
  return key;
}

/**
 * A value as bytes whose unsigned order is BSON's comparison order (numbers of all types on one line, `null` for missing).
 * No key is a prefix of another, so keys may be concatenated. Raises 2 for the few values that have no exact place (decimals beyond a double).
 */
export function keyOf(value: unknown): Buffer {
  at = 0;
  write(value);
  return taken();
}

/** Null, undefined or missing: one value to queries and indexes. */
export const isNil = (value: unknown): boolean => CLASS[typeOf(value)] === CLASS.null;

/** The key of the same value in descending order. */
export function invert(key: Buffer): Buffer {
  return Buffer.from(key.map((b) => ~b));
}

/** BSON comparison: below, at or above zero. */
export function compareValues(a: unknown, b: unknown): number {
  return Buffer.compare(keyOf(a), keyOf(b));
}

/** {@link keyOf} as a string, for `Map` keys and sorting: code unit order is byte order. */
export function canonical(value: unknown): string {
  at = 0;
  write(value);
  return scratch.toString('latin1', 0, at);
}

/** Cuts a key that is too long for the store: equality stays exact, ranges become supersets. */
export function shorten(key: Buffer): Buffer {
  if (key.length <= MAX_KEY_BYTES) return key;
  return Buffer.concat([key.subarray(0, MAX_KEY_BYTES), Buffer.from([0xff]), createHash('sha256').update(key).digest()]);
}

/** The keys of several values as one, those of a field with direction -1 in descending order. */
export function compositeKey(values: readonly unknown[], fields: readonly KeyField[]): Buffer {
  at = 0;
  for (let i = 0; i < values.length; i++) {
    const start = at;
    write(values[i]);
    if (fields[i]?.[1] === -1) for (let p = start; p < at; p++) scratch[p] = ~(scratch[p] ?? 0);
  }
  return taken();
}
