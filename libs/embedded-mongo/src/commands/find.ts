import { Long } from 'bson';
import { Cursor } from '../cursor.js';
import { RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import type { Source } from '../pipeline/stages.js';
import { compileProjection } from '../projection.js';
import { lookUpByKey, type Query } from '../query.js';
import type { Storage } from '../storage.js';
import type { Steps } from '../turns.js';
import { cursorFrame, type Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import { queryOf, type CommandContext, type CommandTable } from './command.js';

const REFUSED = `max min returnKey showRecordId tailable awaitData maxScan`.split(' ');
const FIELDS = `filter sort projection hint skip limit batchSize singleBatch collation let allowDiskUse noCursorTimeout allowPartialResults
  oplogReplay`
  .split(/\s+/)
  .concat(REFUSED);
/** With one of these, a find by a key is more than a look-up. */
const NOT_PLAIN = ['sort', 'projection', 'skip', 'hint', 'collation', ...REFUSED];
const FIRST_BATCH = 101;

/** A find by `_id` or one unique key alone, the commonest of all, is answered from the bytes without planning. */
function find(context: CommandContext): Reply | Steps<Reply> {
  const { args, storage } = context;
  const isPlain = !NOT_PLAIN.some((name) => args.has(name)) && args.count('batchSize') !== 0 && (args.count('limit') ?? 0) >= 0;
  const collection = isPlain ? storage.collection(args.ns) : undefined;
  const found = collection && lookUpByKey(collection, args.document('filter') ?? {});
  if (found) return cursorFrame(found.doc ? [found.doc.bytes] : [], 0n, args.ns, 'firstBatch');
  const query = findQuery(storage, args);
  const project = compileProjection(args.document('projection'), query.filter);
  const isSingle = args.flag('singleBatch');
  const batchSize = args.count('batchSize') ?? ((isSingle && args.count('limit')) || FIRST_BATCH);
  return firstBatch(context, args.ns, project ? projected(query.docs(), project) : query.docs(), batchSize, isSingle);
}

function findQuery(storage: Storage, args: Arguments): Query {
  args.refuse(REFUSED);
  return queryOf(storage, args, { filter: 'filter', skip: args.count('skip'), limit: args.count('limit') });
}

function* projected(source: Source, project: (doc: RawDocument) => RawDocument): Generator<RawDocument[]> {
  for (const batch of source) yield batch.map(project);
}

/** Reads the first batch and keeps the rest, if any, as a cursor. */
export function* firstBatch(
  { cursors, storage }: CommandContext,
  ns: string,
  source: Source,
  batchSize: number,
  isSingle = false,
): Steps<Reply> {
  const cursor = new Cursor(ns, source, storage.collection(ns));
  const docs = yield* cursor.next(batchSize);
  const isOver = isSingle || cursor.isDone;
  if (!isOver) cursors.keep(cursor);
  return cursorFrame(bytesOf(docs), isOver ? 0n : cursor.id, ns, 'firstBatch');
}

function* getMore({ args, cursors }: CommandContext): Steps<Reply> {
  const id = idOf(args.get('getMore'));
  const ns = `${args.db}.${args.required('collection', args.text('collection'))}`;
  const cursor = cursors.get(id, ns);
  if (cursor.isInUse) fail(12051, `cursor id ${id} is already in use`);
  cursor.isInUse = true;
  try {
    const docs = yield* cursor.next(args.count('batchSize') || Infinity);
    if (cursor.isDone) cursors.remove(id);
    return cursorFrame(bytesOf(docs), cursor.isDone ? 0n : id, ns, 'nextBatch');
  } catch (error) {
    cursors.remove(id);
    throw error;
  } finally {
    cursor.isInUse = false;
    cursor.lastUsed = Date.now();
  }
}

function killCursors({ args, cursors }: CommandContext): Reply {
  const ids = args.required('cursors', args.list('cursors')).map(idOf);
  const killed = ids.filter((id) => cursors.remove(id));
  const asLongs = (list: bigint[]): Long[] => list.map((id) => Long.fromBigInt(id));
  const cursorsNotFound = asLongs(ids.filter((id) => !killed.includes(id)));
  return { cursorsKilled: asLongs(killed), cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
}

/** A reply of whole small documents, such as the lists of indexes and collections. */
export function listReply(context: CommandContext, ns: string, docs: Document[]): Steps<Reply> {
  const cursor = context.args.document('cursor');
  const batchSize = cursor && new Arguments('cursor', cursor, context.args.db).count('batchSize');
  return firstBatch(context, ns, [docs.map((doc) => RawDocument.fromTyped(doc))], batchSize ?? Infinity);
}

function bytesOf(docs: RawDocument[]): Buffer[] {
  return docs.map((doc) => doc.bytes);
}

function idOf(value: unknown): bigint {
  return value instanceof Long ? value.toBigInt() : fail(14, "BSON field 'getMore' is the wrong type, expected type 'long'");
}

export const FIND: CommandTable = {
  find: { fields: FIELDS, run: find, query: findQuery },
  getMore: { fields: ['collection', 'batchSize', 'term'], run: getMore },
  killCursors: { fields: ['cursors'], run: killCursors },
};
