import type { Collection } from '../collection.js';
import { oneStep } from '../committer.js';
import { RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { compileFilter } from '../matcher.js';
import type { Storage } from '../storage.js';
import type { Reply } from '../wire.js';
import { namespaceOf, refuseFields, type CommandContext, type CommandTable } from './context.js';
import { listReply } from './find.js';
import { commit } from './write.js';

const CREATE_FIELDS = [
  'capped',
  'size',
  'max',
  'timeseries',
  'clusteredIndex',
  'expireAfterSeconds',
  'viewOn',
  'pipeline',
  'validator',
  'validationLevel',
  'validationAction',
  'collation',
  'storageEngine',
  'indexOptionDefaults',
  'autoIndexId',
  'changeStreamPreAndPostImages',
  'encryptedFields',
] as const;

async function create(context: CommandContext): Promise<Reply> {
  const { args, server } = context;
  const ns = namespaceOf(args);
  refuseFields(args, CREATE_FIELDS);
  return commit(
    context,
    oneStep(() => {
      if (server.storage.collection(ns)) fail(48, `Collection ${ns} already exists.`);
      server.storage.ensure(args.database(), args.collection());
      return { ok: 1 };
    }),
  );
}

async function drop(context: CommandContext): Promise<Reply> {
  const { args, server } = context;
  const ns = namespaceOf(args);
  return commit(
    context,
    oneStep(() => {
      const collection = server.storage.collection(ns);
      if (!collection) return { ok: 1 };
      const nIndexesWas = collection.indexes.length;
      server.storage.drop(collection);
      return { nIndexesWas, ns, ok: 1 };
    }),
  );
}

async function dropDatabase(context: CommandContext): Promise<Reply> {
  const { args, server } = context;
  const db = args.database();
  return commit(
    context,
    (function* () {
      const collections = server.storage.inDatabase(db);
      for (const collection of collections) {
        server.storage.drop(collection);
        yield;
      }
      return { ...(collections.length > 0 && { dropped: db }), ok: 1 };
    })(),
  );
}

function listCollections(context: CommandContext): Reply | Promise<Reply> {
  const { args, server } = context;
  const nameOnly = args.flag('nameOnly');
  const filter = compileFilter(args.document('filter') ?? {});
  const docs = server.storage
    .inDatabase(args.database())
    .map((collection) => describe(server.storage, collection, nameOnly))
    .filter((doc) => filter.matches(RawDocument.fromTyped(doc)));
  return listReply(context, `${args.database()}.$cmd.listCollections`, docs);
}

function describe(storage: Storage, collection: Collection, nameOnly: boolean): Document {
  const head = { name: collection.name, type: 'collection' };
  if (nameOnly) return head;
  const info = { readOnly: false, uuid: storage.uuidOf(collection) };
  return { ...head, options: collection.options, info, idIndex: collection.idIndex.record.spec };
}

async function listDatabases({ args, server }: CommandContext): Promise<Reply> {
  const filter = compileFilter(args.document('filter') ?? {});
  const names = [...new Set(server.storage.all().map((collection) => collection.db))].sort();
  if (args.flag('nameOnly')) {
    return { databases: names.map((name) => ({ name })).filter((doc) => filter.matches(RawDocument.fromTyped(doc))), ok: 1 };
  }
  const databases: Document[] = [];
  for (const name of names) {
    let sizeOnDisk = 0;
    for (const collection of server.storage.inDatabase(name)) sizeOnDisk += (await sizesOf(server.storage, collection)).data;
    databases.push({ name, sizeOnDisk, empty: false });
  }
  const shown = databases.filter((doc) => filter.matches(RawDocument.fromTyped(doc)));
  const totalSize = shown.reduce((sum, doc) => sum + Number(doc['sizeOnDisk']), 0);
  return { databases: shown, totalSize, totalSizeMb: Math.floor(totalSize / 2 ** 20), ok: 1 };
}

interface Sizes {
  data: number;
  indexes: Record<string, number>;
}

/** Bytes of documents and of index keys, counted in slices of time. */
async function sizesOf({ turns }: Storage, collection: Collection): Promise<Sizes> {
  const sizes: Sizes = { data: 0, indexes: {} };
  for await (const { value } of paged(turns, collection.tree)) sizes.data += value.length;
  for (const index of collection.indexes) {
    let bytes = 0;
    for await (const { key, value } of paged(turns, index.tree)) bytes += key.length + value.length;
    sizes.indexes[index.name] = bytes;
  }
  return sizes;
}

async function* paged(turns: Storage['turns'], tree: Collection['tree']): AsyncGenerator<{ key: Buffer; value: Buffer }> {
  let last: Buffer | undefined;
  for (;;) {
    const page = [...tree.getRange({ ...(last ? { start: last, exclusiveStart: true } : {}), limit: 500 })];
    yield* page;
    last = page.at(-1)?.key;
    if (page.length < 500) return;
    if (turns.isOver()) await turns.next();
  }
}

async function collStats({ args, server }: CommandContext): Promise<Reply> {
  const ns = namespaceOf(args);
  const scale = args.count('scale', 1) ?? 1;
  const collection = server.storage.collection(ns);
  if (!collection)
    return { ns, size: 0, count: 0, storageSize: 0, totalIndexSize: 0, indexSizes: {}, nindexes: 0, scaleFactor: scale, ok: 1 };
  const { data, indexes } = await sizesOf(server.storage, collection);
  const scaled = (bytes: number): number => Math.floor(bytes / scale);
  const totalIndexSize = Object.values(indexes).reduce((sum, size) => sum + size, 0);
  return {
    ns,
    size: scaled(data),
    count: collection.count,
    ...(collection.count > 0 && { avgObjSize: Math.floor(data / collection.count) }),
    storageSize: scaled(data),
    capped: false,
    nindexes: collection.indexes.length,
    totalIndexSize: scaled(totalIndexSize),
    indexSizes: Object.fromEntries(Object.entries(indexes).map(([name, size]) => [name, scaled(size)])),
    totalSize: scaled(data + totalIndexSize),
    scaleFactor: scale,
    ok: 1,
  };
}

async function dbStats({ args, server }: CommandContext): Promise<Reply> {
  const scale = args.count('scale', 1) ?? 1;
  const collections = server.storage.inDatabase(args.database());
  let [data, index, objects, indexes] = [0, 0, 0, 0];
  for (const collection of collections) {
    const sizes = await sizesOf(server.storage, collection);
    data += sizes.data;
    index += Object.values(sizes.indexes).reduce((sum, size) => sum + size, 0);
    objects += collection.count;
    indexes += collection.indexes.length;
  }
  return {
    db: args.database(),
    collections: collections.length,
    views: 0,
    objects,
    avgObjSize: objects === 0 ? 0 : data / objects,
    dataSize: data / scale,
    storageSize: data / scale,
    indexes,
    indexSize: index / scale,
    totalSize: (data + index) / scale,
    scaleFactor: scale,
    ok: 1,
  };
}

export const DATABASES: CommandTable = {
  create: { fields: CREATE_FIELDS, run: create },
  drop: { fields: [], run: drop },
  dropDatabase: { fields: [], run: dropDatabase },
  listCollections: { fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'], run: listCollections },
  listDatabases: { fields: ['filter', 'nameOnly', 'authorizedDatabases'], run: listDatabases },
  collStats: { fields: ['scale'], run: collStats },
  dbStats: { fields: ['scale', 'freeStorage'], run: dbStats },
};
