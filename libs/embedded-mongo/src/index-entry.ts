import type { Database } from 'lmdb';
import type { Document, RawDocument } from './document.js';
import { indexKeys, type KeyField } from './key.js';
import { compileFilter, type Filter } from './matcher.js';

export type Tree = Database<Buffer, Buffer>;
export type IndexKeys = ReturnType<typeof indexKeys>;

/** What the catalogue keeps of an index; `spec` is what `listIndexes` answers, word for word. */
export interface IndexRecord {
  tree: string;
  spec: Document;
  multikey: string[];
  truncated: boolean;
  building: boolean;
}

/** One index: its definition and its tree of `key → record id` (unique) or `key + record id → nothing`. */
export class Index {
  readonly name: string;
  readonly fields: KeyField[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partialSpec: Document | undefined;
  readonly expireAfterSeconds: number | undefined;
  /** Paths that have met an array; bounds and sorts on them are weaker. */
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

  /** The keys of a document, or none when a sparse or partial index leaves it out. */
  keysOf(doc: RawDocument): IndexKeys | undefined {
    if (this.partial && !this.partial.matches(doc)) return undefined;
    const found = indexKeys(doc, this.fields, this.sparse);
    return this.sparse && found.missing ? undefined : found;
  }

  /** Notes what these keys change about the index as a whole; true when the catalogue has to be written. */
  learn(doc: RawDocument, found: IndexKeys): boolean {
    let changed = false;
    if (found.truncated && !this.record.truncated) changed = this.record.truncated = true;
    if (found.multikey && this.multikey.size < this.fields.length) {
      for (const [path] of this.fields) {
        if (this.multikey.has(path) || (this.fields.length > 1 && !meetsArray(doc.typed, path))) continue;
        this.multikey.add(path);
        changed = true;
      }
      if (changed) this.record.multikey = [...this.multikey];
    }
    return changed;
  }
}

function meetsArray(doc: Document, path: string): boolean {
  let value: unknown = doc;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Document)[part];
    if (Array.isArray(value)) return true;
  }
  return false;
}
