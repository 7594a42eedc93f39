import { Binary, Decimal128, Double, EJSON, Int32, Long, ObjectId } from 'bson';
import type { Document, RawDocument } from './document.js';
import { MongoError } from './errors.js';
import type { Index } from './index-entry.js';
import { invert, keyOf } from './key.js';

/** Error 11000 as MongoDB words it, with `keyPattern` and `keyValue`, which Mongoose reads. */
export function duplicateKey(ns: string, index: Index, doc: RawDocument, key: Buffer): MongoError {
  const keyValue: Document = {};
  let at = 0;
  for (const [path, direction] of index.fields) {
    const candidates = valuesAt(doc.typed, path.split('.'));
    const bytesOf = (value: unknown): Buffer => (direction < 0 ? invert(keyOf(value)) : keyOf(value));
    const value = candidates.find((candidate) => startsWith(key, bytesOf(candidate), at)) ?? candidates[0] ?? null;
    keyValue[path] = value;
    at += bytesOf(value).length;
  }
  const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${show(value)}`);
  const message = `E11000 duplicate key error collection: ${ns} index: ${index.name} dup key: { ${shown.join(', ')} }`;
  return new MongoError(11000, message, { keyPattern: index.record.spec['key'] as Document, keyValue });
}

function startsWith(key: Buffer, part: Buffer, at: number): boolean {
  return key.length >= at + part.length && key.compare(part, 0, part.length, at, at + part.length) === 0;
}

/** Every value an index can have taken from the path: each array element once, `null` where there is nothing. */
function valuesAt(value: unknown, parts: string[]): unknown[] {
  if (Array.isArray(value)) {
    const position = parts[0] === undefined ? undefined : (value[Number(parts[0])] as unknown);
    const inside = value.flatMap((element: unknown) => (parts.length > 0 && !isDocument(element) ? [] : valuesAt(element, parts)));
    return position === undefined ? inside : [...valuesAt(position, parts.slice(1)), ...inside];
  }
  const [part, ...rest] = parts;
  if (part === undefined) return [value ?? null];
  return isDocument(value) ? valuesAt(value[part], rest) : [null];
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !('_bsontype' in value) && !(value instanceof Date);
}

/** A value as MongoDB's shell writes it. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Int32 || value instanceof Long || value instanceof Decimal128) return value.toString();
  if (value instanceof Double) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (value instanceof Binary) return `BinData(${value.sub_type}, ${value.toString('hex').toUpperCase()})`;
  if (Array.isArray(value)) return `[ ${value.map(show).join(', ')} ]`;
  if (isDocument(value)) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : EJSON.stringify(value);
}
