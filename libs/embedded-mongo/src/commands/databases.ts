import { RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { compileFilter } from '../matcher.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import type { CommandContext, CommandTable } from './command.js';
import { listReply } from './find.js';
import { bytesIn } from './stats.js';

/** Options of `create` that ask for another kind of collection. */
const CREATE_FIELDS =
  `capped size max timeseries clusteredIndex expireAfterSeconds viewOn pipeline validator validationLevel validationAction
  storageEngine indexOptionDefaults autoIndexId encryptedFields changeStreamPreAndPostImages collation`.split(/\s+/);

/** Since 7.0 a collection that is there already with the same options is no error. */
function* create({ args, storage }: CommandContext): Steps<Reply> {
  const hasOptions = CREATE_FIELDS.some((name) => args.has(name) && args.get(name) !== false);
  if (storage.collection(args.ns) && hasOptions) fail(48, `Collection ${args.ns} already exists, with other options.`);
  args.refuseCollation();
  args.refuse(CREATE_FIELDS.filter((name) => name !== 'collation'));
  storage.ensure(args.db, args.collection);
  return { ok: 1 };
}

function* drop({ args: { ns }, storage }: CommandContext): Steps<Reply> {
  const collection = storage.collection(ns);
  if (!collection) return { ok: 1 };
  storage.drop(collection);
  return { nIndexesWas: collection.indexes.length, ns, ok: 1 };
}

function* dropDatabase({ args: { db }, storage }: CommandContext): Steps<Reply> {
  const collections = storage.inDatabase(db);
  for (const collection of collections) {
    storage.drop(collection);
    yield;
  }
  return { ...(collections.length > 0 && { dropped: db }), ok: 1 };
}

function listCollections(context: CommandContext): Steps<Reply> {
  const { args, storage } = context;
  const docs = storage.inDatabase(args.db).map(({ identity: { name, uuid }, idIndex }): Document => {
    const head = { name, type: 'collection' };
    return args.flag('nameOnly') ? head : { ...head, options: {}, info: { readOnly: false, uuid }, idIndex: idIndex.record.spec };
  });
  return listReply(context, `${args.db}.$cmd.listCollections`, filtered(args, docs));
}

function* listDatabases({ args, storage }: CommandContext): Steps<Reply> {
  args.requireAdmin();
  const names = [...new Set(storage.all().map(({ identity }) => identity.db))].sort();
  if (args.flag('nameOnly')) {
    const found = names.map((name) => ({ name }));
    return { databases: filtered(args, found), ok: 1 };
  }
  const databases: Document[] = [];
  for (const name of names) {
    let sizeOnDisk = 0;
    for (const { tree } of storage.inDatabase(name)) sizeOnDisk += yield* bytesIn(tree);
    databases.push({ name, sizeOnDisk, empty: false });
  }
  const found = filtered(args, databases);
  const totalSize = found.reduce((sum, { sizeOnDisk }) => sum + Number(sizeOnDisk), 0);
  return { databases: found, totalSize, totalSizeMb: Math.floor(totalSize / 2 ** 20), ok: 1 };
}

function filtered(args: Arguments, docs: Document[]): Document[] {
  const filter = compileFilter(args.document('filter') ?? {});
  return docs.filter((doc) => filter.matches(RawDocument.fromTyped(doc)));
}

export const DATABASES: CommandTable = {
  create: { fields: CREATE_FIELDS, isWrite: true, run: create },
  drop: { isWrite: true, fields: [], run: drop },
  dropDatabase: { isWrite: true, fields: [], run: dropDatabase },
  listCollections: { fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'], run: listCollections },
  listDatabases: { fields: ['filter', 'nameOnly', 'authorizedDatabases'], run: listDatabases },
};
