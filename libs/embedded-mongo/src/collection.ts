import { RawDocument, type Document } from './document.js';
import { duplicateKey } from './duplicate.js';
import { MongoError } from './errors.js';
import type { Index, IndexKeys, Tree } from './index-entry.js';

const NOTHING = Buffer.alloc(0);

/** lmdb could not write; the transaction around it is lost. */
export class StorageFailure extends Error {}

interface Entries {
  index: Index;
  found: IndexKeys;
}

/** What a collection needs of the storage it lies in. */
export interface CollectionHome {
  /** Writes the catalogue entry of the collection, in the current transaction. */
  save(collection: Collection): void;
}

/**
 * Documents by record id (ascending in order of insertion) and their index entries. All writing methods run inside the
 * storage's write transaction and either do everything or, raising a {@link MongoError} before the first put, nothing.
 */
export class Collection {
  readonly ns: string;
  indexes: Index[] = [];
  count: number;
  /** Set when the collection is gone: its trees must not be touched any more. */
  dropped = false;
  private nextId: number;

  constructor(
    private readonly home: CollectionHome,
    readonly db: string,
    readonly name: string,
    readonly treeName: string,
    readonly options: Document,
    readonly tree: Tree,
    count: number,
  ) {
    this.ns = `${db}.${name}`;
    this.count = count;
    const [last] = tree.getKeys({ reverse: true, limit: 1 });
    this.nextId = last === undefined ? 1 : last.readUIntBE(0, 6) + 1;
  }

  get idIndex(): Index {
    return this.indexes[0] as Index;
  }

  /** Indexes that answer queries; one that is still being built does not. */
  get readyIndexes(): Index[] {
    return this.indexes.filter((index) => !index.record.building);
  }

  get(id: Buffer): RawDocument | undefined {
    const bytes = this.tree.get(id);
    return bytes && new RawDocument(bytes);
  }

  insert(doc: RawDocument): void {
    const entries = this.entriesOf(doc);
    for (const { index, found } of entries) if (index.unique) this.refuseTaken(index, found.keys, doc);
    const id = recordId(this.nextId);
    this.learn(doc, entries);
    this.write(() => {
      this.tree.putSync(id, doc.bytes, { append: true });
      for (const { index, found } of entries) putKeys(index, found.keys, id);
    });
    this.nextId++;
    this.count++;
  }

  replace(id: Buffer, old: RawDocument, doc: RawDocument): void {
    const before = this.entriesOf(old);
    const after = this.entriesOf(doc);
    const changes = this.indexes.map((index) => {
      const from = before.find((entry) => entry.index === index)?.found.keys ?? [];
      const to = after.find((entry) => entry.index === index)?.found.keys ?? [];
      return { index, removed: without(from, to), added: without(to, from) };
    });
    for (const { index, added } of changes) if (index.unique) this.refuseTaken(index, added, doc);
    this.learn(doc, after);
    this.write(() => {
      this.tree.putSync(id, doc.bytes);
      for (const { index, removed, added } of changes) {
        removeKeys(index, removed, id);
        putKeys(index, added, id);
      }
    });
  }

  remove(id: Buffer, doc: RawDocument): void {
    const entries = this.entriesOf(doc);
    this.write(() => {
      this.tree.removeSync(id);
      for (const { index, found } of entries) removeKeys(index, found.keys, id);
    });
    this.count--;
  }

  /** Adds the entries of one document to an index under construction. */
  addToIndex(index: Index, id: Buffer, doc: RawDocument): void {
    const found = index.keysOf(doc);
    if (!found) return;
    if (index.unique) {
      const foreign = found.keys.filter((key) => !index.tree.get(key)?.equals(id));
      this.refuseTaken(index, foreign, doc);
    }
    this.learn(doc, [{ index, found }]);
    this.write(() => putKeys(index, found.keys, id));
  }

  private entriesOf(doc: RawDocument): Entries[] {
    const entries: Entries[] = [];
    for (const index of this.indexes) {
      const found = index.keysOf(doc);
      if (found) entries.push({ index, found });
    }
    return entries;
  }

  private refuseTaken(index: Index, keys: Buffer[], doc: RawDocument): void {
    for (const key of keys) if (index.tree.doesExist(key)) throw duplicateKey(this.ns, index, doc, key);
  }

  private learn(doc: RawDocument, entries: Entries[]): void {
    let changed = false;
    for (const { index, found } of entries) {
      if ((found.multikey || found.truncated) && index.learn(doc, found)) changed = true;
    }
    if (changed) this.write(() => this.home.save(this));
  }

  private write(puts: () => void): void {
    try {
      puts();
    } catch (error) {
      if (error instanceof MongoError) throw error;
      throw new StorageFailure(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

function recordId(id: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(id, 0, 6);
  return bytes;
}

function putKeys(index: Index, keys: Buffer[], id: Buffer): void {
  for (const key of keys) {
    if (index.unique) index.tree.putSync(key, id);
    else index.tree.putSync(Buffer.concat([key, id]), NOTHING);
  }
}

function removeKeys(index: Index, keys: Buffer[], id: Buffer): void {
  for (const key of keys) {
    if (!index.unique) index.tree.removeSync(Buffer.concat([key, id]));
    // While a unique index is being built, the key may belong to a document that was reached before this one.
    else if (!index.record.building || index.tree.get(key)?.equals(id)) index.tree.removeSync(key);
  }
}

function without(keys: Buffer[], others: Buffer[]): Buffer[] {
  if (keys.length === 0 || others.length === 0) return keys;
  if (keys.length === 1 && others.length === 1) return (keys[0] as Buffer).equals(others[0] as Buffer) ? [] : keys;
  const known = new Set(others.map((key) => key.toString('latin1')));
  return keys.filter((key) => !known.has(key.toString('latin1')));
}
