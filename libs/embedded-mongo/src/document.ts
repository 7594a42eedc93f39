import { deserialize, Double, Int32, Long, ObjectId, serialize } from 'bson';
import { fail } from './errors.js';

/** A document as a JS object; its values are BSON wrappers (`Int32`, `Double`, …) when read from bytes, plain JS values when written by hand. */
export type Document = Record<string, unknown>;

/** The largest document MongoDB stores, in bytes. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** Keeps number types and regular expressions, so that what is read serialises to the same bytes. */
export const TYPED = { promoteValues: false, bsonRegExp: true, validation: { utf8: false } } as const;

/** BSON type numbers by the alias `$type` and error messages use. */
export const TYPE_CODES = {
  minKey: -1,
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  maxKey: 127,
} as const;

export type TypeName = keyof typeof TYPE_CODES;

const WRAPPERS: Record<string, TypeName> = {
  Double: 'double',
  Int32: 'int',
  Long: 'long',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  BSONSymbol: 'symbol',
  DBRef: 'object',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** The BSON type of a wrapped or plain value; `undefined` (a missing field) counts as the type of that name. */
export function typeOf(value: unknown): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return (value | 0) === value && !Object.is(value, -0) ? 'int' : 'double';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'long';
    case 'object':
      break;
    default:
      return 'undefined';
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const tag = (value as { _bsontype?: unknown })._bsontype;
  if (typeof tag === 'string' && !Object.hasOwn(value, '_bsontype')) {
    if (tag === 'Code') return (value as { scope?: unknown }).scope ? 'javascriptWithScope' : 'javascript';
    return WRAPPERS[tag] ?? 'object';
  }
  if (value instanceof Date) return 'date';
  if (value instanceof RegExp) return 'regex';
  return value instanceof Uint8Array ? 'binData' : 'object';
}

/** The fields of an embedded document (a DBRef is one too), or undefined for any other value. */
export function asDocument(value: unknown): Document | undefined {
  if (value === null || typeof value !== 'object' || typeOf(value) !== 'object') return undefined;
  return (value as { _bsontype?: unknown })._bsontype === 'DBRef' ? (value as { toJSON(): Document }).toJSON() : (value as Document);
}

/** Bytes of a value by type byte: all of them, or those around a part whose length the value starts with. */
const FIXED: readonly (number | undefined)[] = Object.assign([], {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
});
const COUNTED: readonly (number | undefined)[] = Object.assign([], {
  0x02: 4,
  0x03: 0,
  0x04: 0,
  0x05: 5,
  0x0c: 16,
  0x0d: 4,
  0x0e: 4,
  0x0f: 0,
});

/** Bytes a value takes after its name; a regular expression is two closed strings. */
function sizeOf(bytes: Buffer, type: number, at: number): number {
  const counted = COUNTED[type];
  if (counted !== undefined) return counted + bytes.readInt32LE(at);
  return FIXED[type] ?? bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at;
}

function decode(bytes: Buffer, type: number, at: number): unknown {
  switch (type) {
    case 0x01:
      return new Double(bytes.readDoubleLE(at));
    case 0x02:
      return bytes.toString('utf8', at + 4, at + 3 + bytes.readInt32LE(at));
    case 0x03:
      return deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)), TYPED);
    case 0x04:
      return elements(bytes, at);
    case 0x07:
      return new ObjectId(bytes.subarray(at, at + 12));
    case 0x08:
      return bytes[at] === 1;
    case 0x09:
      return new Date(bytes.readInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at));
    case 0x0a:
      return null;
    case 0x10:
      return new Int32(bytes.readInt32LE(at));
    case 0x12:
      return new Long(bytes.readInt32LE(at), bytes.readInt32LE(at + 4));
  }
  const size = sizeOf(bytes, type, at);
  const single = Buffer.allocUnsafe(size + 8);
  single.writeInt32LE(size + 8, 0);
  single.set([type, 0x76, 0], 4);
  bytes.copy(single, 7, at, at + size);
  single[size + 7] = 0;
  return deserialize(single, TYPED)['v'];
}

function elements(bytes: Buffer, start: number): unknown[] {
  const values: unknown[] = [];
  for (let at = start + 4; bytes[at] !== 0;) {
    const type = bytes[at] ?? 0;
    while (bytes[++at] !== 0);
    values.push(decode(bytes, type, ++at));
    at += sizeOf(bytes, type, at);
  }
  return values;
}

const NAMES = new Map<string, Buffer>();

function nameBytes(name: string): Buffer {
  let bytes = NAMES.get(name);
  if (!bytes) {
    if (NAMES.size >= 2_000) NAMES.clear();
    NAMES.set(name, (bytes = Buffer.from(name)));
  }
  return bytes;
}

/**
 * A document with two faces, each made from the other when first asked for: its BSON bytes, and its typed values.
 * Neither face is ever changed in place; whoever edits copies what it touches.
 */
export class RawDocument {
  #bytes: Buffer | undefined;
  #typed: Document | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static fromTyped(typed: Document): RawDocument {
    const raw = new RawDocument(EMPTY);
    raw.#bytes = undefined;
    raw.#typed = typed;
    return raw;
  }

  /** The BSON bytes. Raises 10334 when a computed document is over 16 MiB. */
  get bytes(): Buffer {
    if (this.#bytes) return this.#bytes;
    const bytes = serialize(this.#typed ?? {}, { ignoreUndefined: true }) as Buffer;
    if (bytes.length > MAX_DOCUMENT_BYTES) {
      fail(10334, `BSONObj size: ${bytes.length} (0x${bytes.length.toString(16)}) is invalid. Size must be between 0 and 16793600(16MB)`);
    }
    return (this.#bytes = bytes);
  }

  /** All fields with their BSON types kept; not to be changed. */
  get typed(): Document {
    return (this.#typed ??= deserialize(this.bytes, TYPED));
  }

  /** One top-level field, decoding nothing else; undefined when it is missing. */
  get(name: string): unknown {
    if (this.#typed) return Object.hasOwn(this.#typed, name) ? this.#typed[name] : undefined;
    const bytes = this.#bytes ?? EMPTY;
    const wanted = nameBytes(name);
    const end = bytes.length - 1;
    for (let at = 4; at < end;) {
      const type = bytes[at] ?? 0;
      let p = at + 1;
      let i = 0;
      while (i < wanted.length && bytes[p] === wanted[i]) {
        p++;
        i++;
      }
      if (i === wanted.length && bytes[p] === 0) return decode(bytes, type, p + 1);
      while (bytes[p] !== 0) p++;
      at = p + 1 + sizeOf(bytes, type, p + 1);
    }
    return undefined;
  }

  /** The top-level fields that `keep` names, copied as bytes in their order. */
  pick(keep: (name: string) => boolean): RawDocument {
    const bytes = this.bytes;
    const out = Buffer.allocUnsafe(bytes.length);
    let length = 4;
    for (let at = 4; at < bytes.length - 1;) {
      const nameEnd = bytes.indexOf(0, at + 1);
      const next = nameEnd + 1 + sizeOf(bytes, bytes[at] ?? 0, nameEnd + 1);
      if (keep(bytes.toString('utf8', at + 1, nameEnd))) length += bytes.copy(out, length, at, next);
      at = next;
    }
    out[length++] = 0;
    out.writeInt32LE(length, 0);
    return new RawDocument(out.subarray(0, length));
  }
}

const EMPTY = Buffer.from([5, 0, 0, 0, 0]);
