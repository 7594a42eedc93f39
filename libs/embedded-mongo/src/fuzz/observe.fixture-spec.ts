import { MongoServerError, type ClientSession, type Db } from 'mongodb';
import type { Expected, Operation, Selection } from './operation.fixture-spec.js';
import { indexName, type IndexSpec } from './oracle-keys.fixture-spec.js';
import { bytesOf, compare, identical, toNumber, type Doc } from './oracle-order.fixture-spec.js';

/** Every value in the type it is stored in. */
export const TYPED = { promoteValues: false, promoteBuffers: false, bsonRegExp: true } as const;

/** Documents as their bytes. */
const RAW = { raw: true } as const;

/** Where operations go. One session for all spares the driver a fifth of its work. */
export interface Target {
  db: Db;
  session: ClientSession;
}

/** What the server answered: the reply or the code of its refusal. */
export type Observed = { reply: unknown } | { code: number };

function findOptions({ filter, sort, skip, limit, batchSize }: Selection): Doc {
  return Object.fromEntries(Object.entries({ filter, sort, skip, limit, batchSize }).filter(([, value]) => value !== undefined));
}

const updateStatement = (operation: Extract<Operation, { kind: 'update' }>): Doc => ({
  q: operation.filter,
  u: operation.update,
  multi: operation.multi === true,
  upsert: operation.upsert === true,
});

function commandOf(name: string, operation: Operation, indexes: readonly IndexSpec[]): Doc {
  switch (operation.kind) {
    case 'insert':
      return { insert: name, documents: operation.documents, ordered: operation.ordered };
    case 'update':
      return { update: name, updates: [updateStatement(operation)] };
    case 'delete':
      return { delete: name, deletes: [{ q: operation.filter, limit: operation.multi ? 0 : 1 }] };
    case 'modify': {
      const { filter, update, sort, after, upsert } = operation;
      return { findAndModify: name, query: filter, update, new: after, upsert: upsert === true, ...(sort && { sort }) };
    }
    case 'remove':
      return { findAndModify: name, query: operation.filter, remove: true, ...(operation.sort && { sort: operation.sort }) };
    case 'count': {
      const { filter, skip, limit } = operation;
      return { count: name, query: filter, ...(skip !== undefined && { skip }), ...(limit !== undefined && { limit }) };
    }
    case 'distinct':
      return { distinct: name, key: operation.path, query: operation.filter };
    case 'createIndex':
      return { createIndexes: name, indexes: [{ ...operation.index, name: indexName(operation.index) }] };
    case 'dropIndex':
      return { dropIndexes: name, index: indexName(indexes[operation.number] as IndexSpec) };
    case 'badUpdate':
      return { update: name, updates: [{ q: {}, u: operation.update }] };
    case 'find':
    case 'badFilter':
      return { find: name, filter: operation.filter };
  }
}

/** A find whose documents come in one batch, without the work of a cursor. */
async function findAtOnce({ db, session }: Target, name: string, options: Doc): Promise<Doc[]> {
  const { cursor } = await db.command(
    { find: name, ...options, singleBatch: true, batchSize: 1_000 },
    { session, fieldsAsRaw: { firstBatch: true } },
  );
  return cursor.firstBatch;
}

/** Sends an operation to a collection. */
export async function send(target: Target, name: string, operation: Operation, indexes: readonly IndexSpec[]): Promise<Observed> {
  const { db, session } = target;
  try {
    if (operation.kind === 'find' && operation.batchSize === undefined)
      return { reply: await findAtOnce(target, name, findOptions(operation)) };
    if (operation.kind === 'find') {
      return {
        reply: await db
          .collection(name)
          .find(operation.filter, { ...RAW, session, ...findOptions(operation) })
          .toArray(),
      };
    }
    return { reply: await db.command(commandOf(name, operation, indexes), { ...TYPED, session }) };
  } catch (error) {
    if (error instanceof MongoServerError) return { code: toNumber(error.code) };
    throw error;
  }
}

/** The documents that an index leads to; each as often as the server returns it. */
export const byIndex = (target: Target, name: string, filter: Doc, hint: string | Doc): Promise<Doc[]> =>
  findAtOnce(target, name, { filter, hint });

/** Whether two lists hold the same documents, in any order. */
export function sameSet(a: readonly Doc[], b: readonly Doc[]): boolean {
  const [left, right] = [a.map(bytesOf).sort(), b.map(bytesOf).sort()];
  return left.length === right.length && left.every((bytes, i) => bytes === right[i]);
}

function inGroups(docs: readonly Doc[], groups: readonly Doc[][]): boolean {
  let from = 0;
  for (const group of groups) {
    if (!sameSet(docs.slice(from, from + group.length), group)) return false;
    from += group.length;
  }
  return from === docs.length;
}

const lenient = (values: readonly unknown[]): unknown[] => values.filter((value) => value !== null);

/** Every value is one of a class and no class is missing or there twice. An index may give null for fields that are missing. */
function sameClasses(values: readonly unknown[], classes: readonly unknown[][], indexed: boolean): boolean {
  const known = indexed ? classes.filter(([first]) => first !== null) : classes;
  const found = indexed ? lenient(values) : values;
  const classOfValue = (value: unknown): unknown[] | undefined =>
    known.find((forms) => compare(forms[0], value) === 0 && forms.some((form) => identical(form, value)));
  return found.length === known.length && new Set(found.map(classOfValue)).size === known.length && found.every(classOfValue);
}

interface WriteReply {
  n: unknown;
  nModified?: unknown;
  upserted?: { _id: unknown }[];
  writeErrors?: { index: unknown; code: unknown }[];
}

function sameWrite(reply: WriteReply, expected: Extract<Expected, { kind: 'written' }>): boolean {
  const errors = reply.writeErrors ?? [];
  return (
    toNumber(reply.n) === expected.n &&
    (expected.modified === undefined || toNumber(reply.nModified) === expected.modified) &&
    identical(reply.upserted?.[0]?._id, expected.upserted) &&
    errors.length === expected.errors.length &&
    errors.every(({ index, code }, i) => {
      const wanted = expected.errors[i];
      return toNumber(index) === wanted?.index && wanted.codes.includes(toNumber(code));
    })
  );
}

/** Whether the server answered what MongoDB answers. */
export function isAsExpected(observed: Observed, expected: Expected, indexed: boolean): boolean {
  if ('code' in observed) return expected.kind === 'refused' && expected.codes.includes(observed.code);
  const { reply } = observed;
  switch (expected.kind) {
    case 'refused':
      return false;
    case 'written':
      return sameWrite(reply as WriteReply, expected);
    case 'document':
      return identical((reply as { value?: unknown }).value ?? null, expected.doc);
    case 'documents':
      return inGroups(reply as Doc[], expected.groups);
    case 'number':
      return toNumber((reply as { n: unknown }).n) === expected.n;
    case 'values':
      return sameClasses((reply as { values: unknown[] }).values, expected.classes, indexed);
    case 'done':
      return true;
  }
}
