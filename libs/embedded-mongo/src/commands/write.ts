import type { Steps } from '../committer.js';
import type { Document, RawDocument } from '../document.js';
import { typeOf } from '../document.js';
import { fail, MongoError } from '../errors.js';
import { isNumber, toDouble } from '../numbers.js';
import { Query, type QueryRequest } from '../read.js';
import type { Row } from '../scan.js';
import { parseSort, sortKey } from '../sort.js';
import type { Storage } from '../storage.js';
import { typedDocument, type Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import { refuseCollation, type CommandContext } from './context.js';

const LARGEST_BATCH = 100_000;
const PAGE = 128;

/** What of a bulk went wrong, by its place in the bulk. */
export type WriteError = Document & { index: number };

/** Runs a write and answers it when it is committed, or with `j: true` when it is on the disk. */
export async function commit({ args, server }: CommandContext, steps: Pick<Steps<Reply>, 'next'>): Promise<Reply> {
  const concern = args.document('writeConcern');
  const w = concern?.['w'];
  if (isNumber(w) && toDouble(w) > 1) fail(2, "cannot use 'w' > 1 when a host is not replicated");
  const reply = await server.storage.run(steps);
  if (concern?.['j'] === true) await server.storage.flush();
  return reply;
}

/** The statements of a bulk, from a section of their own or an array in the command. A malformed one refuses the whole bulk. */
export function statementsOf({ args, sequences }: CommandContext, name: string, required: string[], optional: string[]): Arguments[] {
  const documents = sequences.get(name)?.map(typedDocument) ?? args.required(name, args.documents(name));
  checkBatch(documents.length);
  const known = [...required, ...optional];
  return documents.map((document) => {
    const statement = new Arguments(`${args.command}.${name}`, document);
    statement.allowOnly(known);
    for (const field of required) statement.required(field, statement.get(field));
    statement.document('q');
    refuseCollation(statement);
    return statement;
  });
}

export function checkBatch(size: number): void {
  if (size < 1 || size > LARGEST_BATCH) fail(16, `Write batch sizes must be between 1 and ${LARGEST_BATCH}. Got ${size} operations.`);
}

/**
 * Runs the statements of a bulk one by one; each either happens whole or becomes a write error, after which an ordered bulk
 * stops.
 */
export function* eachStatement<T>(
  statements: readonly T[],
  ordered: boolean,
  run: (statement: T, index: number) => Steps<void> | void,
): Steps<WriteError[]> {
  const errors: WriteError[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      const steps = run(statement, index);
      if (steps) yield* steps;
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      errors.push({ index, code: error.code, errmsg: error.message, ...error.extra });
      if (ordered) break;
    }
    yield;
  }
  return errors;
}

export function isOrdered(args: Arguments): boolean {
  return args.has('ordered') ? args.flag('ordered') : true;
}

/** The first match in the wanted order, found inside a write. */
export function* firstMatch(storage: Storage, query: Query, sort: Document | undefined): Steps<Row | undefined> {
  const { scan, plan } = query;
  if (!scan || plan.stage === 'EOF') return undefined;
  const rows: Row[] = [];
  if (!sort || plan.isSorted) {
    while (rows.length === 0 && !scan.isDone) {
      scan.read(rows, 1, storage.turns);
      if (rows.length === 0) yield;
    }
    return rows[0];
  }
  const fields = parseSort(sort);
  let best: { row: Row; key: string } | undefined;
  while (!scan.isDone) {
    scan.read(rows, PAGE, storage.turns);
    for (const row of rows.splice(0)) {
      const key = sortKey(row.doc, fields);
      if (!best || key < best.key) best = { row, key };
    }
    yield;
  }
  return best?.row;
}

/** The record ids of all matches: gathered before the first change, so that no document is met again where a change has moved it. */
export function* allMatches(storage: Storage, request: QueryRequest): Steps<Buffer[]> {
  const { scan } = new Query(storage, request);
  const ids: Buffer[] = [];
  const rows: Row[] = [];
  while (scan && !scan.isDone) {
    scan.read(rows, PAGE, storage.turns);
    for (const { id } of rows.splice(0)) ids.push(id);
    yield;
  }
  return ids;
}

/** A document as it is stored: with an `_id` of a permitted type. */
export function checkId(doc: RawDocument): void {
  const type = typeOf(doc.get('_id'));
  if (type === 'array' || type === 'regex' || type === 'undefined') fail(53, `The '_id' value cannot be of type ${type}`);
}
