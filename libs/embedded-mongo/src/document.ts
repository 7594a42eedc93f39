import { deserialize, Double, Int32, Long, ObjectId, onDemand, serialize } from 'bson';
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

type Element = [type: number, nameAt: number, nameLength: number, at: number, length: number];

/** Where the elements of the document that starts at an offset lie; raises a BSONError on bytes that are none. */
export function elementsOf(bytes: Buffer, start = 0): Element[] {
  return onDemand.parseToElements(bytes, start) as Element[];
}

function decode(bytes: Buffer, [type, , , at, length]: Element): unknown {
  switch (type) {
    case 0x01:
      return new Double(bytes.readDoubleLE(at));
    case 0x02:
      return bytes.toString('utf8', at + 4, at + length - 1);
    case 0x03:
      return deserialize(bytes.subarray(at, at + length), TYPED);
    case 0x04:
      return elementsOf(bytes, at).map((element) => decode(bytes, element));
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
  const single = Buffer.concat([Buffer.from([0, 0, 0, 0, type, 0x76, 0]), bytes.subarray(at, at + length), Buffer.from([0])]);
  single.writeInt32LE(single.length, 0);
  return deserialize(single, TYPED)['v'];
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

const EMPTY = Buffer.from([5, 0, 0, 0, 0]);

/**
 * A document with two faces, each made from the other when first asked for: its BSON bytes, and its typed values.
 * Neither face is ever changed in place; whoever edits copies what it touches.
 */
export class RawDocument {
  #bytes: Buffer | undefined;
  #elements: Element[] | undefined;
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
    const { bytes } = this;
    const wanted = nameBytes(name);
    const isWanted = ([, at, length]: Element): boolean =>
      length === wanted.length && bytes[at] === (wanted[0] ?? 0) && bytes.compare(wanted, 0, length, at, at + length) === 0;
    const element = this.elements.find(isWanted);
    return element && decode(bytes, element);
  }

  /** The top-level fields that `keep` names, copied as bytes in their order. */
  pick(keep: (name: string) => boolean): RawDocument {
    const { bytes } = this;
    const parts = this.elements
      .filter(([, at, length]) => keep(bytes.toString('utf8', at, at + length)))
      .map(([, nameAt, , at, length]) => bytes.subarray(nameAt - 1, at + length));
    const picked = Buffer.concat([EMPTY.subarray(0, 4), ...parts, EMPTY.subarray(4)]);
    picked.writeInt32LE(picked.length, 0);
    return new RawDocument(picked);
  }

  /** Where its fields lie. */
  get elements(): Element[] {
    return (this.#elements ??= elementsOf(this.bytes));
  }
}
