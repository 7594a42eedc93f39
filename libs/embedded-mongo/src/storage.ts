import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize, UUID } from 'bson';
import { open, type RootDatabase } from 'lmdb';
import { Collection, type CollectionIdentity } from './collection.js';
import { Committer, StorageFailure } from './committer.js';
import { TYPED, type Document } from './document.js';
import { fail } from './errors.js';
import { Flusher } from './flusher.js';
import { FolderState } from './folder-state.js';
import { Index, type IndexRecord, type Tree } from './index-tree.js';
import { lockFolder } from './lock.js';
import { Room } from './room.js';
import { Turns, type Steps } from './turns.js';
import { verifyTrees } from './verify.js';

const TREE = { keyEncoding: 'binary', encoding: 'binary' } as const;
const MAX_TREES = 2_000;
/** Address space only: the file is as large as its data. Without it, a growing map leaves double mappings behind. */
const MAP_BYTES = 16 * 2 ** 30;
/**
 * Entries of lmdb's list of free pages that are held in memory; not in its typings. It merges all it holds at each commit:
 * with its defaults, 50,000 and 75,000, writes after a large deletion take twice the time. With fewer the file grows by a
 * few percent.
 */
const FREE_PAGES = { maxFreeSpaceToLoad: 2_000, maxFreeSpaceToRetain: 3_000 };
const MAX_NAMESPACE_BYTES = 255;

export interface StorageOptions {
  /** Absent: a temporary folder, removed on close. */
  dataDir?: string;
  /** The largest size of the data file, in bytes. */
  mapBytes?: number;
}

/**
 * Databases, collections and indexes in one lmdb environment. Reads see the last commit; everything that writes goes
 * through {@link Storage.run}. An acknowledged write survives the death of the process, and of the machine after 100 ms.
 */
export class Storage {
  readonly turns = new Turns();
  private readonly collections = new Map<string, Collection>();
  private readonly committer: Committer;
  private readonly flusher: Flusher;
  private readonly catalog: Tree;
  readonly room: Room;
  private lastTree = 0;

  private constructor(
    private readonly root: RootDatabase<Buffer, Buffer>,
    private readonly state: FolderState,
    private readonly release: () => Promise<void>,
    folder: string,
    mapBytes: number,
  ) {
    this.flusher = new Flusher(root);
    this.catalog = root.openDB('catalog', TREE);
    this.room = new Room(folder, root, mapBytes, () => this.trees());
    this.reload();
    const transaction = (work: () => void): void => {
      root.transactionSync(() => {
        this.room.measure();
        work();
      });
      this.flusher.touch();
    };
    const isOver = (): boolean => this.room.isTight || this.turns.isOver();
    this.committer = new Committer({ transaction, isOver, reload: () => this.reload() }, this.turns);
  }

  /** Opens a folder, or a temporary one that {@link Storage.close} removes. Raises an Error when another process has it or its data are torn. */
  static async open({ dataDir, mapBytes = Infinity }: StorageOptions): Promise<Storage> {
    if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
    const folder = realpathSync(dataDir ?? mkdtempSync(join(tmpdir(), 'embedded-mongo-')));
    const unlock = await lockFolder(folder);
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    if (dataDir === undefined) process.once('exit', remove);
    const release = async (): Promise<void> => {
      await unlock();
      if (dataDir !== undefined) return;
      remove();
      process.off('exit', remove);
    };
    let root: RootDatabase<Buffer, Buffer> | undefined;
    try {
      const state = new FolderState(folder);
      root = open<Buffer, Buffer>({
        path: folder,
        maxDbs: MAX_TREES,
        mapSize: MAP_BYTES,
        noSync: true,
        overlappingSync: false,
        ...FREE_PAGES,
        ...TREE,
      });
      const storage = new Storage(root, state, release, folder, mapBytes);
      if (state.mayBeTorn) verifyTrees(storage.all());
      state.markOpen();
      return storage;
    } catch (error) {
      await root?.close();
      await release();
      throw error;
    }
  }

  collection(ns: string): Collection | undefined {
    return this.collections.get(ns);
  }

  all(): Collection[] {
    return [...this.collections.values()];
  }

  inDatabase(db: string): Collection[] {
    return this.all().filter(({ identity }) => identity.db === db);
  }

  /** Runs a write command; resolves after its transaction is committed. */
  run<T>(steps: Steps<T>): Promise<T> {
    return this.committer.run(steps);
  }

  /** Resolves when everything committed so far is on the disk. */
  flush(): Promise<void> {
    return this.flusher.flush();
  }

  /** Inside a write: the collection, made when it is not there. */
  ensure(db: string, name: string): Collection {
    const existing = this.collections.get(`${db}.${name}`);
    if (existing) return existing;
    checkNamespace(db, name);
    this.room.take(0);
    const collection = this.openCollection({ db, name, tree: this.newTreeName(), uuid: new UUID() });
    this.addIndex(collection, { v: 2, key: { _id: 1 }, name: '_id_' }, false);
    return collection;
  }

  /** Inside a write: a new index, empty; `building` until its entries are complete. */
  addIndex(collection: Collection, spec: Document, building: boolean): Index {
    const record: IndexRecord = { tree: this.newTreeName(), spec, multikey: [], truncated: false, building };
    this.room.take(0);
    const index = new Index(record, this.openTree(record.tree));
    collection.indexes.push(index);
    this.save(collection);
    return index;
  }

  /** Inside a write. */
  dropIndex(collection: Collection, index: Index): void {
    this.room.take(0, true);
    index.dropped = true;
    collection.indexes = collection.indexes.filter((other) => other !== index);
    index.tree.dropSync();
    this.save(collection);
  }

  /** Inside a write. */
  drop(collection: Collection): void {
    this.room.take(0, true);
    this.collections.delete(collection.ns);
    forget(collection);
    for (const { tree } of [...collection.indexes, collection]) tree.dropSync();
    this.catalog.removeSync(Buffer.from(collection.ns));
  }

  /** Inside a write: puts the collection's catalogue entry. */
  save({ ns, identity, indexes }: Collection): void {
    this.catalog.putSync(Buffer.from(ns), Buffer.from(serialize({ ...identity, indexes: indexes.map(({ record }) => record) })));
  }

  async close(): Promise<void> {
    try {
      await this.committer.close();
      await this.flusher.flush();
      await this.root.close();
      this.state.markClosed();
    } finally {
      await this.release();
    }
  }

  /** Inside a transaction, because opening a tree ends the read transaction that asking for its size would use. */
  private reload(): void {
    this.root.transactionSync(() => {
      for (const collection of this.collections.values()) forget(collection);
      this.collections.clear();
      for (const { value } of [...this.catalog.getRange()]) {
        const { indexes, ...identity } = deserialize(value, TYPED) as unknown as CollectionIdentity & { indexes: IndexRecord[] };
        const collection = this.openCollection(identity);
        collection.indexes = indexes.map((record) => new Index(record, this.openTree(record.tree)));
        for (const index of collection.indexes.filter(({ record }) => record.building)) this.dropIndex(collection, index);
      }
    });
  }

  private openCollection(identity: CollectionIdentity): Collection {
    const tree = this.openTree(identity.tree);
    const collection = new Collection(identity, tree, entryCount(tree), this);
    this.collections.set(collection.ns, collection);
    return collection;
  }

  private openTree(name: string): Tree {
    this.lastTree = Math.max(this.lastTree, Number(name.slice(1)));
    try {
      return this.root.openDB<Buffer, Buffer>(name, TREE);
    } catch (error) {
      throw new StorageFailure(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  private trees(): Tree[] {
    return [this.catalog, ...this.all().flatMap(({ tree, indexes }) => [tree, ...indexes.map((index) => index.tree)])];
  }

  private newTreeName(): string {
    return `t${this.lastTree + 1}`;
  }
}

function forget(collection: Collection): void {
  collection.dropped = true;
  for (const index of collection.indexes) index.dropped = true;
}

/** lmdb keeps the number of entries of a tree; its binding offers it on an object that the typings leave out. */
function entryCount(tree: Tree): number {
  return (tree as unknown as { db: { stat(): { entryCount: number } } }).db.stat().entryCount;
}

function checkNamespace(db: string, name: string): void {
  if (db === '' || /[/\\. "$*<>:|?\0]/.test(db) || Buffer.byteLength(db) > 63) fail(73, `Invalid database name: '${db}'`);
  const ns = `${db}.${name}`;
  if (name === '' || name.startsWith('.') || /[\0$]/.test(name)) fail(73, `Invalid collection name: '${ns}'`);
  if (name.startsWith('system.')) fail(73, `Invalid system namespace: ${ns}`);
  if (Buffer.byteLength(ns) > MAX_NAMESPACE_BYTES)
    fail(73, `Fully qualified namespace is too long. Namespace: ${ns} Max: ${MAX_NAMESPACE_BYTES}`);
}
