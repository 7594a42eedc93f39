import { Long } from 'bson';
import { Cursor, type DocumentSource } from '../cursor.js';
import { RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { compileFilter } from '../matcher.js';
import { compileProjection } from '../projection.js';
import { lookUpById, pipelineEnv, Query } from '../read.js';
import { cursorFrame, type Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import { hintOf, namespaceOf, refuseCollation, refuseFields, type CommandContext, type CommandTable } from './context.js';

const FIELDS = [
  'filter',
  'sort',
  'projection',
  'hint',
  'skip',
  'limit',
  'batchSize',
  'singleBatch',
  'collation',
  'let',
  'allowDiskUse',
  'noCursorTimeout',
  'allowPartialResults',
  'oplogReplay',
  'max',
  'min',
  'returnKey',
  'showRecordId',
  'tailable',
  'awaitData',
  'maxScan',
] as const;

const REFUSED = ['max', 'min', 'returnKey', 'showRecordId', 'tailable', 'awaitData', 'maxScan'] as const;
const FIRST_BATCH = 101;

/** A find by `_id` alone, the commonest of all, is answered from the bytes without planning. */
function find(context: CommandContext): Reply | Promise<Reply> {
  const { args, server } = context;
  const ns = namespaceOf(args);
  const filter = args.document('filter') ?? {};
  const isPlain = !args.has('sort') && !args.has('projection') && !args.has('skip') && !args.has('hint');
  const collection = isPlain ? server.storage.collection(ns) : undefined;
  const found = collection && args.count('batchSize') !== 0 && lookUpById(collection, filter);
  if (found) return cursorFrame(found.doc ? [found.doc.bytes] : [], 0n, ns, 'firstBatch');
  const isSingle = args.flag('singleBatch');
  const batchSize = args.count('batchSize') ?? ((isSingle && args.count('limit')) || FIRST_BATCH);
  return firstBatch(context, ns, findSource(context, args), batchSize, isSingle);
}

/** The parts of a `find`, compiled; also what `explain` looks at. */
export function findQuery({ server, args: outer }: CommandContext, args: Arguments): Query {
  refuseCollation(args);
  refuseFields(args, REFUSED);
  const spec = args.document('filter') ?? {};
  const sort = args.document('sort');
  const variables = args.document('let');
  const filter = compileFilter(spec, { ...(variables && { variables }) });
  const projection = args.document('projection');
  return new Query(
    server.storage,
    {
      ns: `${outer.database()}.${args.collection()}`,
      filter: spec,
      sort: sort && Object.keys(sort).length > 0 ? sort : undefined,
      skip: args.count('skip'),
      limit: args.count('limit'),
      hint: hintOf(args),
      variables,
      project: projection && Object.keys(projection).length > 0 ? compileProjection(projection, filter) : undefined,
    },
    filter,
  );
}

function findSource(context: CommandContext, args: Arguments): DocumentSource {
  const env = pipelineEnv(context.server.storage, context.args.database(), new Date(), args.document('let'));
  return findQuery(context, args).source(env);
}

/** Reads the first batch and keeps the rest, if any, as a cursor. */
export function firstBatch(
  context: CommandContext,
  ns: string,
  source: DocumentSource,
  batchSize: number,
  isSingle = false,
): Reply | Promise<Reply> {
  const { cursors, storage } = context.server;
  const cursor = new Cursor(ns, source, storage.turns);
  const answer = (docs: RawDocument[]): Reply => {
    const isOver = isSingle || cursor.isDone;
    if (!isOver) cursors.keep(cursor);
    return cursorFrame(bytesOf(docs), isOver ? 0n : cursor.id, ns, 'firstBatch');
  };
  const docs = cursor.next(batchSize, context.checkDeadline);
  return docs instanceof Promise ? docs.then(answer) : answer(docs);
}

async function getMore({ args, server: { cursors }, checkDeadline }: CommandContext): Promise<Reply> {
  const id = asBigInt(args.get('getMore'));
  const ns = `${args.database()}.${args.required('collection', args.text('collection'))}`;
  const cursor = cursors.get(id, ns);
  if (cursor.inUse) fail(12051, `cursor id ${id} is already in use`);
  cursor.inUse = true;
  try {
    const docs = await cursor.next(args.count('batchSize') || Infinity, checkDeadline);
    if (cursor.isDone) cursors.remove(id);
    return cursorFrame(bytesOf(docs), cursor.isDone ? 0n : id, ns, 'nextBatch');
  } catch (error) {
    cursors.remove(id);
    throw error;
  } finally {
    cursor.inUse = false;
    cursor.lastUsed = Date.now();
  }
}

function killCursors({ args, server: { cursors } }: CommandContext): Reply {
  const ids = args.required('cursors', args.list('cursors')).map(asBigInt);
  const killed = ids.filter((id) => cursors.remove(id));
  const asLongs = (list: bigint[]): Long[] => list.map((id) => Long.fromBigInt(id));
  return {
    cursorsKilled: asLongs(killed),
    cursorsNotFound: asLongs(ids.filter((id) => !killed.includes(id))),
    cursorsAlive: [],
    cursorsUnknown: [],
    ok: 1,
  };
}

/** A reply of whole small documents, such as the lists of indexes and collections. */
export function listReply(context: CommandContext, ns: string, docs: Document[]): Reply | Promise<Reply> {
  const cursor = context.args.document('cursor');
  const batchSize = cursor ? new Arguments('cursor', cursor).count('batchSize') : undefined;
  let rest = docs.map((doc) => RawDocument.fromTyped(doc));
  const source: DocumentSource = {
    get isDone() {
      return rest.length === 0;
    },
    read(max) {
      const head = rest.slice(0, max);
      rest = rest.slice(max);
      return head;
    },
  };
  return firstBatch(context, ns, source, batchSize ?? Infinity);
}

function bytesOf(docs: RawDocument[]): Buffer[] {
  return docs.map((doc) => doc.bytes);
}

function asBigInt(value: unknown): bigint {
  if (value instanceof Long) return value.toBigInt();
  if (typeof value === 'bigint') return value;
  return fail(14, "BSON field 'getMore' is the wrong type, expected type 'long'");
}

export const FIND: CommandTable = {
  find: { fields: FIELDS, run: find },
  getMore: { fields: ['collection', 'batchSize', 'term'], run: getMore },
  killCursors: { fields: ['cursors'], run: killCursors },
};
