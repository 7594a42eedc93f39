import type { Collection } from '../collection.js';
import { oneStep, type Steps } from '../committer.js';
import type { Document } from '../document.js';
import { fail } from '../errors.js';
import type { Index } from '../index-entry.js';
import { findByHint } from '../planner.js';
import { Scan, type Row } from '../scan.js';
import type { Storage } from '../storage.js';
import type { Reply } from '../wire.js';
import { namespaceOf, type CommandContext, type CommandTable } from './context.js';
import { findExisting, indexSpec } from './index-options.js';
import { listReply } from './find.js';
import { commit } from './write.js';

const PAGE = 64;

async function createIndexes(context: CommandContext): Promise<Reply> {
  const { args, server } = context;
  namespaceOf(args);
  const given = args.required('indexes', args.documents('indexes'));
  if (given.length === 0) fail(2, 'Must specify at least one index to create');
  return commit(context, createSteps(server.storage, args.database(), args.collection(), given.map(indexSpec)));
}

function* createSteps(storage: Storage, db: string, name: string, specs: Document[]): Steps<Reply> {
  const isNew = !storage.collection(`${db}.${name}`);
  const collection = storage.ensure(db, name);
  const numIndexesBefore = collection.indexes.length;
  for (const spec of specs) {
    if (findExisting(collection.indexes, spec)) continue;
    yield* buildIndex(storage, collection, spec);
  }
  const numIndexesAfter = collection.indexes.length;
  const note = numIndexesAfter === numIndexesBefore && { note: 'all indexes already exist' };
  return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically: isNew, ...note, ok: 1 };
}

/** Fills the new index slice by slice. Writes in between keep it up to date; queries see it when it is whole. */
function* buildIndex(storage: Storage, collection: Collection, spec: Document): Steps<void> {
  const index = storage.addIndex(collection, spec, true);
  const scan = new Scan(collection, { stage: 'COLLSCAN', direction: 1, isSorted: true }, undefined);
  const rows: Row[] = [];
  try {
    while (!scan.isDone) {
      scan.read(rows, PAGE, storage.turns);
      for (const { id, doc } of rows.splice(0)) collection.addToIndex(index, id, doc);
      yield;
      if (collection.dropped || index.dropped) fail(276, 'Index build failed: collection or index dropped');
    }
  } catch (error) {
    if (!collection.dropped && !index.dropped) storage.dropIndex(collection, index);
    throw error;
  }
  index.record.building = false;
  storage.save(collection);
}

function existing({ args, server }: CommandContext): Collection {
  const ns = namespaceOf(args);
  return server.storage.collection(ns) ?? fail(26, `ns does not exist: ${ns}`);
}

function listIndexes(context: CommandContext): Reply | Promise<Reply> {
  const collection = existing(context);
  return listReply(
    context,
    collection.ns,
    collection.readyIndexes.map((index) => index.record.spec),
  );
}

async function dropIndexes(context: CommandContext): Promise<Reply> {
  const { args, server } = context;
  return commit(
    context,
    oneStep(() => {
      const ns = namespaceOf(args);
      const collection = server.storage.collection(ns) ?? fail(26, `ns not found ${ns}`);
      const nIndexesWas = collection.indexes.length;
      for (const index of chosen(collection, args.required('index', args.get('index')))) server.storage.dropIndex(collection, index);
      return { nIndexesWas, ok: 1 };
    }),
  );
}

/** The indexes a `dropIndexes` means: `*`, a name, several names, or a key pattern. */
function chosen(collection: Collection, wanted: unknown): Index[] {
  if (wanted === '*') return collection.indexes.filter((index) => index !== collection.idIndex);
  return (Array.isArray(wanted) ? (wanted as unknown[]) : [wanted]).map((each) => {
    const index = findByHint(collection.indexes, each);
    if (!index) return fail(27, typeof each === 'string' ? `index not found with name [${each}]` : "can't find index with key");
    return index === collection.idIndex ? fail(72, 'cannot drop _id index') : index;
  });
}

export const INDEXES: CommandTable = {
  createIndexes: { fields: ['indexes', 'commitQuorum'], run: createIndexes },
  listIndexes: { fields: ['cursor'], run: listIndexes },
  dropIndexes: { fields: ['index'], run: dropIndexes },
  deleteIndexes: { fields: ['index'], run: dropIndexes },
};
