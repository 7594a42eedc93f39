import type { Collection } from './collection.js';

/** Walks every tree of a folder that a machine crash may have torn. Raises an Error that names the collection when documents and indexes do not agree. */
export function verifyTrees(collections: readonly Collection[]): void {
  for (const collection of collections) {
    try {
      verify(collection);
    } catch (error) {
      const reason = `${collection.ns} was damaged when the machine went down: ${(error as Error).message}`;
      throw new Error(`${reason}. Restore or remove the data folder`, { cause: error });
    }
  }
}

function verify(collection: Collection): void {
  const expected = new Map(collection.indexes.map((index) => [index, 0]));
  for (const { key: id, value } of collection.tree.getRange()) {
    if (value.length < 5 || value.readInt32LE(0) !== value.length) throw new Error('a document is cut');
    const doc = collection.get(id);
    if (!doc) continue;
    for (const index of collection.indexes) {
      const { keys } = index.keysOf(doc);
      expected.set(index, (expected.get(index) ?? 0) + keys.length);
      if (!keys.every((key) => index.holds(key, id))) throw new Error(`index ${index.name} misses a document`);
    }
  }
  for (const [index, count] of expected) {
    if (index.tree.getKeysCount() !== count) throw new Error(`index ${index.name} has entries of documents that are gone`);
  }
}
