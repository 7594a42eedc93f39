import { EJSON } from 'bson';
import type { Database } from 'lmdb';
import type { Document, RawDocument } from './document.js';
import { MongoError } from './errors.js';
import { indexKeys, type DocumentKeys } from './index-keys.js';
import type { KeyField } from './key.js';
import { compileFilter, type Filter } from './matcher.js';

export type Tree = Database<Buffer, Buffer>;

/** What the catalogue keeps of an index; `spec` is what `listIndexes` answers, word for word. */
export interface IndexRecord {
  tree: string;
  spec: Document;
  /** Paths that have met an array; bounds and sorts on them are weaker. */
  multikey: string[];
  /** Some key was cut: their order is no longer that of the values. */
  truncated: boolean;
  /** Its entries are not complete yet. */
  building: boolean;
}

const NOTHING = Buffer.alloc(0);
const NO_KEYS: DocumentKeys = { keys: [], rows: [], multikey: false, missing: true, truncated: false };

/** One index: its definition and its tree of `key → record id` (unique) or `key + record id → nothing`. */
export class Index {
  readonly name: string;
  readonly fields: KeyField[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partialSpec: Document | undefined;
  readonly expireAfterSeconds: number | undefined;
  readonly multikey: Set<string>;
  dropped = false;
  private readonly partial: Filter | undefined;

  constructor(
    readonly record: IndexRecord,
    readonly tree: Tree,
  ) {
    const { spec } = record;
    this.name = String(spec['name']);
    this.fields = Object.entries(spec['key'] as Document).map(([path, direction]) => [path, Number(direction) < 0 ? -1 : 1]);
    this.sparse = Boolean(spec['sparse']);
    this.unique = Boolean(spec['unique']) || this.name === '_id_';
    this.partialSpec = spec['partialFilterExpression'] as Document | undefined;
    this.partial = this.partialSpec && compileFilter(this.partialSpec);
    this.expireAfterSeconds = spec['expireAfterSeconds'] === undefined ? undefined : Number(spec['expireAfterSeconds']);
    this.multikey = new Set(record.multikey);
  }

  /** The keys of a document: none when a sparse or partial index leaves it out. */
  keysOf(doc: RawDocument): DocumentKeys {
    return this.partial && !this.partial.matches(doc) ? NO_KEYS : indexKeys(doc, this.fields, this.sparse);
  }

  /** The entry of a key for one document. */
  holds(key: Buffer, id: Buffer): boolean {
    return this.unique ? Boolean(this.tree.get(key)?.equals(id)) : this.tree.doesExist(Buffer.concat([key, id]));
  }

  /** Raises 11000, as MongoDB words it, when another document has one of the keys. */
  refuseTaken(ns: string, { keys, rows }: Pick<DocumentKeys, 'keys' | 'rows'>): void {
    if (!this.unique) return;
    const at = keys.findIndex((key) => this.tree.doesExist(key));
    if (at < 0) return;
    const values = (rows[at] ?? []).map((value) => (typeof value === 'symbol' ? undefined : (value ?? null)));
    const keyValue = Object.fromEntries(this.fields.map(([path], i) => [path, values[i]]));
    const shown = this.fields.map(([path], i) => `${path}: ${show(values[i])}`);
    const message = `E11000 duplicate key error collection: ${ns} index: ${this.name} dup key: { ${shown.join(', ')} }`;
    throw new MongoError(11000, message, { keyPattern: this.record.spec['key'], keyValue });
  }

  put(key: Buffer, id: Buffer): void {
    if (this.unique) this.tree.putSync(key, id);
    else this.tree.putSync(Buffer.concat([key, id]), NOTHING);
  }

  remove(key: Buffer, id: Buffer): void {
    if (!this.unique) this.tree.removeSync(Buffer.concat([key, id]));
    // While a unique index is being built, the key may belong to a document that was reached before this one.
    else if (!this.record.building || this.holds(key, id)) this.tree.removeSync(key);
  }

  /** Notes what these keys change about the index as a whole; true when the catalogue has to be written. */
  learn(doc: RawDocument, { multikey, truncated }: DocumentKeys): boolean {
    const before = this.multikey.size;
    if (multikey && before < this.fields.length) {
      for (const [path] of this.fields) if (this.fields.length === 1 || meetsArray(doc.typed, path)) this.multikey.add(path);
    }
    if (this.multikey.size === before && (this.record.truncated || !truncated)) return false;
    this.record.multikey = [...this.multikey];
    this.record.truncated ||= truncated;
    return true;
  }
}

function meetsArray(doc: Document, path: string): boolean {
  let value: unknown = doc;
  return path.split('.').some((part) => {
    value = typeof value === 'object' && value !== null ? (value as Document)[part] : undefined;
    return Array.isArray(value);
  });
}

/** A value as MongoDB's shell writes it, for messages. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `[ ${value.map(show).join(', ')} ]`;
  const json = EJSON.serialize(value, { relaxed: false }) as unknown;
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  const [[type, text] = ['', ''], ...others] = Object.entries(json);
  if (type === '$oid') return `ObjectId('${String(text)}')`;
  if (type === '$date') return `new Date(${(value as Date).getTime()})`;
  if (type === '$numberDouble') return Number.isInteger(Number(text)) ? Number(text).toFixed(1) : String(text);
  if (type.startsWith('$number')) return String(text);
  if (type.startsWith('$') && others.length === 0) return JSON.stringify(json);
  const fields = Object.entries(value as Document).map(([name, field]) => `${name}: ${show(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
