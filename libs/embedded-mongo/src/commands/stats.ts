import type { Collection } from '../collection.js';
import type { Tree } from '../index-tree.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { CommandContext, CommandTable } from './command.js';

const PAGE = 500;

/** Bytes of all values of a tree, and with `keys` of its keys. */
export function* bytesIn(tree: Tree, keys = false): Steps<number> {
  let bytes = 0;
  let last: Buffer | undefined;
  for (;;) {
    const page = [...tree.getRange({ ...(last && { start: last, exclusiveStart: true }), limit: PAGE })];
    for (const { key, value } of page) bytes += (keys ? key.length : 0) + value.length;
    if (page.length < PAGE) return bytes;
    last = page.at(-1)?.key;
    yield;
  }
}

interface Sizes {
  data: number;
  indexes: Record<string, number>;
  allIndexes: number;
}

function* sizesOf(collections: readonly Collection[]): Steps<Sizes> {
  const sizes: Sizes = { data: 0, indexes: {}, allIndexes: 0 };
  for (const { tree, indexes } of collections) {
    sizes.data += yield* bytesIn(tree);
    for (const index of indexes) {
      const bytes = yield* bytesIn(index.tree, true);
      sizes.indexes[index.name] = bytes;
      sizes.allIndexes += bytes;
    }
  }
  return sizes;
}

function* collStats({ args, storage }: CommandContext): Steps<Reply> {
  const { ns } = args;
  const scaleFactor = args.count('scale', 1) ?? 1;
  const scaled = (bytes: number): number => Math.floor(bytes / scaleFactor);
  const collection = storage.collection(ns);
  const count = collection?.count ?? 0;
  const { data, indexes, allIndexes } = yield* sizesOf(collection ? [collection] : []);
  return {
    ns,
    size: scaled(data),
    count,
    ...(count > 0 && { avgObjSize: Math.floor(data / count) }),
    storageSize: scaled(data),
    capped: false,
    nindexes: collection?.indexes.length ?? 0,
    totalIndexSize: scaled(allIndexes),
    indexSizes: Object.fromEntries(Object.entries(indexes).map(([name, bytes]) => [name, scaled(bytes)])),
    scaleFactor,
    ok: 1,
  };
}

function* dbStats({ args, storage }: CommandContext): Steps<Reply> {
  const scaleFactor = args.count('scale', 1) ?? 1;
  const collections = storage.inDatabase(args.db);
  const { data, allIndexes } = yield* sizesOf(collections);
  return {
    db: args.db,
    collections: collections.length,
    views: 0,
    objects: collections.reduce((sum, { count }) => sum + count, 0),
    dataSize: data / scaleFactor,
    storageSize: data / scaleFactor,
    indexes: collections.reduce((sum, { indexes }) => sum + indexes.length, 0),
    indexSize: allIndexes / scaleFactor,
    totalSize: (data + allIndexes) / scaleFactor,
    scaleFactor,
    ok: 1,
  };
}

export const STATS: CommandTable = {
  collStats: { fields: ['scale'], run: collStats },
  dbStats: { fields: ['scale', 'freeStorage'], run: dbStats },
};
