import type { UUID } from 'bson';
import { StorageFailure } from './committer.js';
import { RawDocument } from './document.js';
import { MongoError } from './errors.js';
import type { DocumentKeys } from './index-keys.js';
import type { Index, Tree } from './index-tree.js';
import type { Room } from './room.js';

const RECORD_ID_BYTES = 6;

/** Where a collection lies and what it is called, as the catalogue keeps it. */
export interface CollectionIdentity {
  db: string;
  name: string;
  tree: string;
  uuid: UUID;
}

/** What a collection needs of the storage it lies in. */
export interface CollectionHome {
  readonly room: Room;
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
  /** Set when the collection is gone: its trees must not be touched any more. */
  dropped = false;
  private nextId: number;

  constructor(
    readonly identity: CollectionIdentity,
    readonly tree: Tree,
    /** The number of documents. */
    public count: number,
    private readonly home: CollectionHome,
  ) {
    this.ns = `${identity.db}.${identity.name}`;
    const [last] = tree.getKeys({ reverse: true, limit: 1 });
    this.nextId = last === undefined ? 1 : last.readUIntBE(0, RECORD_ID_BYTES) + 1;
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
    const entries = this.indexes.map((index) => ({ index, found: index.keysOf(doc) }));
    for (const { index, found } of entries) index.refuseTaken(this.ns, found);
    this.home.room.take(doc.bytes.length);
    const id = Buffer.allocUnsafe(RECORD_ID_BYTES);
    id.writeUIntBE(this.nextId, 0, RECORD_ID_BYTES);
    writing(() => {
      for (const { index, found } of entries) this.learn(index, doc, found);
      this.tree.putSync(id, doc.bytes, { append: true });
      for (const { index, found } of entries) for (const key of found.keys) index.put(key, id);
    });
    this.nextId++;
    this.count++;
  }

  replace(id: Buffer, old: RawDocument, doc: RawDocument): void {
    const changes = this.indexes.map((index) => {
      const [from, to] = [index.keysOf(old), index.keysOf(doc)];
      return { index, to, removed: without(from, to), added: without(to, from) };
    });
    for (const { index, added } of changes) index.refuseTaken(this.ns, added);
    this.home.room.take(doc.bytes.length);
    writing(() => {
      for (const { index, to } of changes) this.learn(index, doc, to);
      this.tree.putSync(id, doc.bytes);
      for (const { index, removed, added } of changes) {
        for (const key of removed.keys) index.remove(key, id);
        for (const key of added.keys) index.put(key, id);
      }
    });
  }

  remove(id: Buffer, doc: RawDocument): void {
    const entries = this.indexes.map((index) => ({ index, keys: index.keysOf(doc).keys }));
    this.home.room.take(0, true);
    writing(() => {
      this.tree.removeSync(id);
      for (const { index, keys } of entries) for (const key of keys) index.remove(key, id);
    });
    this.count--;
  }

  /** Adds the entries of one document to an index under construction; some may be there already. */
  addToIndex(index: Index, id: Buffer, doc: RawDocument): void {
    const found = index.keysOf(doc);
    index.refuseTaken(
      this.ns,
      pick(found, (key) => !index.holds(key, id)),
    );
    this.home.room.take(0);
    writing(() => {
      this.learn(index, doc, found);
      for (const key of found.keys) index.put(key, id);
    });
  }

  private learn(index: Index, doc: RawDocument, found: DocumentKeys): void {
    if ((found.multikey || found.truncated) && index.learn(doc, found)) this.home.save(this);
  }
}

/** What lmdb raises has lost the whole transaction. */
function writing(puts: () => void): void {
  try {
    puts();
  } catch (error) {
    if (error instanceof MongoError) throw error;
    throw new StorageFailure(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

type Keys = Pick<DocumentKeys, 'keys' | 'rows'>;

function pick({ keys, rows }: Keys, wants: (key: Buffer) => boolean): Keys {
  const kept = keys.map((key) => wants(key));
  if (!kept.includes(false)) return { keys, rows };
  return { keys: keys.filter((_, i) => kept[i]), rows: rows.filter((_, i) => kept[i]) };
}

function without(from: Keys, others: Keys): Keys {
  if (from.keys.length === 0 || others.keys.length === 0) return from;
  if (others.keys.length === 1) return pick(from, (key) => !key.equals(others.keys[0] as Buffer));
  const known = new Set(others.keys.map((key) => key.toString('latin1')));
  return pick(from, (key) => !known.has(key.toString('latin1')));
}
