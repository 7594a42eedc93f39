import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize, UUID } from 'bson';
import { open, type RootDatabase } from 'lmdb';
import { Collection, StorageFailure } from './collection.js';
import { Committer, type Steps } from './committer.js';
import { TYPED, type Document } from './document.js';
import { fail } from './errors.js';
import { Flusher } from './flusher.js';
import { Index, type IndexRecord, type Tree } from './index-entry.js';
import { lockFolder } from './lock.js';
import { FolderState } from './folder-state.js';
import { Turns } from './turns.js';
import { verifyTrees } from './verify.js';

const TREE = { keyEncoding: 'binary', encoding: 'binary' } as const;
const MAX_TREES = 2_000;
/** Address space only: the file is as large as its data. Without it, a growing map leaves double mappings behind. */
const MAP_BYTES = 16 * 2 ** 30;
const MAX_NAMESPACE_BYTES = 255;

interface CollectionRecord {
  tree: string;
  options: Document;
  uuid: UUID;
  indexes: IndexRecord[];
}

/**
 * Databases, collections and indexes in one lmdb environment. Reads see the last commit; everything that writes goes
 * through {@link Storage.run}. An acknowledged write survives the death of the process, and of the machine after 100 ms.
 */
export class Storage {
  readonly turns = new Turns();
  private readonly collections = new Map<string, Collection>();
  private readonly uuids = new Map<string, UUID>();
  private readonly committer = new Committer(
    {
      transaction: (work) => {
        this.root.transactionSync(work);
        this.flusher.touch();
      },
      reload: () => this.reload(),
    },
    this.turns,
  );
  private readonly flusher: Flusher;
  private readonly catalog: Tree;
  private nextTree = 1;

  private constructor(
    private readonly folder: string,
    private readonly root: RootDatabase<Buffer, Buffer>,
    private readonly state: FolderState,
    private readonly release: () => Promise<void>,
  ) {
    this.flusher = new Flusher(root);
    this.catalog = root.openDB('catalog', TREE);
    this.reload();
  }

  /** Opens a folder, or a temporary one that {@link Storage.close} removes. Raises an Error when another process has it or its data are torn. */
  static async open(dataDir?: string): Promise<Storage> {
    if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
    const folder = realpathSync(dataDir ?? mkdtempSync(join(tmpdir(), 'embedded-mongo-')));
    const unlock = await lockFolder(folder);
    const state = new FolderState(folder);
    const isTemporary = dataDir === undefined;
    const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
    if (isTemporary) process.once('exit', removeNow);
    const release = async (): Promise<void> => {
      await unlock();
      if (!isTemporary) return;
      removeNow();
      process.off('exit', removeNow);
    };
    try {
      const root = open<Buffer, Buffer>({
        path: folder,
        maxDbs: MAX_TREES,
        mapSize: MAP_BYTES,
        noSync: true,
        overlappingSync: false,
        ...TREE,
      });
      const storage = new Storage(folder, root, state, release);
      if (state.mayBeTorn) verifyTrees(storage.all());
      state.markOpen();
      return storage;
    } catch (error) {
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
    return this.all().filter((collection) => collection.db === db);
  }

  uuidOf(collection: Collection): UUID | undefined {
    return this.uuids.get(collection.ns);
  }

  /** Runs a write command; resolves after its transaction is committed. */
  run<T>(steps: Pick<Steps<T>, 'next'>): Promise<T> {
    return this.committer.run(steps);
  }

  /** Resolves when everything committed so far is on the disk. */
  flush(): Promise<void> {
    return this.flusher.flush();
  }

  /** Inside a write: the collection, made when it is not there. */
  ensure(db: string, name: string, options: Document = {}): Collection {
    return this.collections.get(`${db}.${name}`) ?? this.create(db, name, options);
  }

  private create(db: string, name: string, options: Document): Collection {
    checkNamespace(db, name);
    const treeName = this.newTreeName();
    const collection = new Collection(this, db, name, treeName, options, this.openTree(treeName), 0);
    this.uuids.set(collection.ns, new UUID());
    this.collections.set(collection.ns, collection);
    this.addIndex(collection, { v: 2, key: { _id: 1 }, name: '_id_' }, false);
    return collection;
  }

  /** Inside a write: a new index, empty; `building` until its entries are complete. */
  addIndex(collection: Collection, spec: Document, building: boolean): Index {
    const record: IndexRecord = { tree: this.newTreeName(), spec, multikey: [], truncated: false, building };
    const index = new Index(record, this.openTree(record.tree));
    collection.indexes.push(index);
    this.save(collection);
    return index;
  }

  /** Inside a write. */
  dropIndex(collection: Collection, index: Index): void {
    index.dropped = true;
    collection.indexes = collection.indexes.filter((other) => other !== index);
    this.dropTree(index.tree);
    this.save(collection);
  }

  /** Inside a write. */
  drop(collection: Collection): void {
    collection.dropped = true;
    this.collections.delete(collection.ns);
    this.uuids.delete(collection.ns);
    for (const index of collection.indexes) {
      index.dropped = true;
      this.dropTree(index.tree);
    }
    this.dropTree(collection.tree);
    this.catalog.removeSync(Buffer.from(collection.ns));
  }

  /** Inside a write: puts the collection's catalogue entry. */
  save(collection: Collection): void {
    const record: CollectionRecord = {
      tree: collection.treeName,
      options: collection.options,
      uuid: this.uuids.get(collection.ns) ?? new UUID(),
      indexes: collection.indexes.map((index) => index.record),
    };
    this.catalog.putSync(Buffer.from(collection.ns), Buffer.from(serialize({ ...record, db: collection.db, name: collection.name })));
  }

  async close(): Promise<void> {
    try {
      await this.committer.close();
      await this.flusher.close();
      await this.root.close();
      this.state.markClosed();
    } finally {
      await this.release();
    }
  }

  private reload(): void {
    // Inside a transaction, because opening a tree ends the read transaction that asking for its size would use.
    this.root.transactionSync(() => this.load());
  }

  private load(): void {
    for (const collection of this.collections.values()) {
      collection.dropped = true;
      for (const index of collection.indexes) index.dropped = true;
    }
    this.collections.clear();
    const unfinished: [Collection, Index][] = [];
    for (const { value } of [...this.catalog.getRange()]) {
      const entry = deserialize(value, TYPED) as unknown as StoredEntry;
      const tree = this.openTree(entry.tree);
      const collection = new Collection(this, entry.db, entry.name, entry.tree, entry.options, tree, entryCount(tree));
      this.noteTreeName(entry.tree);
      for (const record of entry.indexes) {
        const index = new Index(record, this.openTree(record.tree));
        collection.indexes.push(index);
        this.noteTreeName(record.tree);
        if (record.building) unfinished.push([collection, index]);
      }
      this.collections.set(collection.ns, collection);
      this.uuids.set(collection.ns, entry.uuid);
    }
    for (const [collection, index] of unfinished) this.dropIndex(collection, index);
  }

  private openTree(name: string): Tree {
    try {
      return this.root.openDB<Buffer, Buffer>(name, TREE);
    } catch (error) {
      throw new StorageFailure(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  private dropTree(tree: Tree): void {
    tree.dropSync();
  }

  private newTreeName(): string {
    return `t${this.nextTree++}`;
  }

  private noteTreeName(name: string): void {
    this.nextTree = Math.max(this.nextTree, Number(name.slice(1)) + 1);
  }
}

type StoredEntry = CollectionRecord & { db: string; name: string };

/** lmdb keeps the number of entries of a tree; its binding offers it on an object that the typings leave out. */
function entryCount(tree: Tree): number {
  return (tree as unknown as { db: { stat(): { entryCount: number } } }).db.stat().entryCount;
}

function checkNamespace(db: string, name: string): void {
  if (db === '' || /[/\\. "$*<>:|?\0]/.test(db) || Buffer.byteLength(db) > 63) fail(73, `Invalid database name: '${db}'`);
  if (name === '' || name.startsWith('.') || name.includes('\0')) fail(73, `Invalid namespace specified '${db}.${name}'`);
  if (name.includes('$')) fail(73, `Invalid collection name: ${name}`);
  if (name.startsWith('system.')) fail(73, `Invalid system namespace: ${db}.${name}`);
  const ns = `${db}.${name}`;
  if (Buffer.byteLength(ns) > MAX_NAMESPACE_BYTES) {
    fail(73, `Fully qualified namespace is too long. Namespace: ${ns} Max: ${MAX_NAMESPACE_BYTES}`);
  }
}
