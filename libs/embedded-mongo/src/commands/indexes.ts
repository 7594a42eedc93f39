import type { Collection } from '../collection.js';
import { asDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import type { Index } from '../index-tree.js';
import { findIndex } from '../planner.js';
import { scan } from '../scan.js';
import type { Storage } from '../storage.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { CommandContext, CommandTable } from './command.js';
import { listReply } from './find.js';
import { findExisting, indexSpec } from './index-definition.js';

function* createIndexes({ args, storage }: CommandContext): Steps<Reply> {
  const specs = args.required('indexes', args.documents('indexes')).map(indexSpec);
  if (specs.length === 0) fail(2, 'Must specify at least one index to create');
  const createdCollectionAutomatically = !storage.collection(args.ns);
  const collection = storage.ensure(args.db, args.collection);
  const numIndexesBefore = collection.indexes.length;
  yield* buildIndexes(storage, collection, specs);
  const numIndexesAfter = collection.indexes.length;
  const note = numIndexesAfter === numIndexesBefore && { note: 'all indexes already exist' };
  return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically, ...note, ok: 1 };
}

/** Fills new indexes page by page: all of them or, when one cannot be, none. Writes in between keep them up to date; queries see them when they are whole. */
function* buildIndexes(storage: Storage, collection: Collection, specs: readonly Document[]): Steps<void> {
  const added: Index[] = [];
  const isGone = (): boolean => collection.dropped || added.some((index) => index.dropped);
  try {
    for (const spec of specs) if (!findExisting(collection.indexes, spec)) added.push(storage.addIndex(collection, spec, true));
    if (added.length === 0) return;
    for (const rows of scan(collection, { stage: 'COLLSCAN', direction: 1, isSorted: true })) {
      for (const { id, doc } of rows) for (const index of added) collection.addToIndex(index, id, doc);
      yield;
      if (isGone()) fail(276, 'Index build failed: collection or index dropped');
    }
  } catch (error) {
    if (!collection.dropped) for (const index of added.filter(({ dropped }) => !dropped)) storage.dropIndex(collection, index);
    throw error;
  }
  for (const index of added) index.record.building = false;
  storage.save(collection);
}

function existing({ args: { ns }, storage }: CommandContext): Collection {
  return storage.collection(ns) ?? fail(26, `ns does not exist: ${ns}`);
}

function listIndexes(context: CommandContext): Steps<Reply> {
  const collection = existing(context);
  return listReply(
    context,
    collection.ns,
    collection.readyIndexes.map(({ record }) => record.spec),
  );
}

function* dropIndexes(context: CommandContext): Steps<Reply> {
  const { args, storage } = context;
  const wanted = args.required('index', args.get('index'));
  const isPattern = typeof wanted === 'string' || Array.isArray(wanted) || asDocument(wanted);
  if (!isPattern) fail(14, "BSON field 'dropIndexes.index' is the wrong type, expected types '[string, array, object]'");
  const collection = existing(context);
  const nIndexesWas = collection.indexes.length;
  for (const index of chosen(collection, wanted)) storage.dropIndex(collection, index);
  return { nIndexesWas, ...(wanted === '*' && { msg: 'non-_id indexes dropped for collection' }), ok: 1 };
}

/** The indexes a `dropIndexes` means: `*`, a name, several names, or a key pattern. */
function chosen(collection: Collection, wanted: unknown): Index[] {
  if (wanted === '*') return collection.indexes.filter((index) => index !== collection.idIndex);
  return (Array.isArray(wanted) ? (wanted as unknown[]) : [wanted]).map((each) => {
    const index = findIndex(collection.indexes, each);
    if (!index) return fail(27, typeof each === 'string' ? `index not found with name [${each}]` : "can't find index with key");
    return index === collection.idIndex ? fail(72, 'cannot drop _id index') : index;
  });
}

const DROP_INDEXES = { fields: ['index'], isWrite: true, run: dropIndexes } as const;

export const INDEXES: CommandTable = {
  createIndexes: { fields: ['indexes', 'commitQuorum'], isWrite: true, run: createIndexes },
  listIndexes: { fields: ['cursor'], run: listIndexes },
  dropIndexes: DROP_INDEXES,
  deleteIndexes: DROP_INDEXES,
};
