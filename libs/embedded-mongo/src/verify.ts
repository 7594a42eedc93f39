import type { Collection } from './collection.js';

/** Walks every tree of a folder that a machine crash may have torn. Raises an Error that names the collection when documents and indexes do not agree. */
export function verifyTrees(collections: Collection[]): void {
  for (const collection of collections) {
    try {
      verify(collection);
    } catch (error) {
      throw new Error(
        `${collection.ns} was damaged when the machine went down: ${(error as Error).message}. Restore or remove the data folder`,
        {
          cause: error,
        },
      );
    }
  }
}

function verify(collection: Collection): void {
  const expected = new Map(collection.indexes.map((index) => [index, 0]));
  for (const { key: id, value } of collection.tree.getRange()) {
    if (value.length < 5 || value.readInt32LE(0) !== value.length) throw new Error('a document is cut');
    const doc = collection.get(id);
    for (const index of doc ? collection.indexes : []) {
      const keys = (doc && index.keysOf(doc)?.keys) ?? [];
      expected.set(index, (expected.get(index) ?? 0) + keys.length);
      for (const key of keys) {
        const stored = index.unique ? index.tree.get(key)?.equals(id) : index.tree.doesExist(Buffer.concat([key, id]));
        if (!stored) throw new Error(`index ${index.name} misses a document`);
      }
    }
  }
  for (const [index, count] of expected) {
    if (index.tree.getKeysCount() !== count) throw new Error(`index ${index.name} has entries of documents that are gone`);
  }
}
