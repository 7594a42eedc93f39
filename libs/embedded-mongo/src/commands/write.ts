import type { Document, RawDocument } from '../document.js';
import { typeOf } from '../document.js';
import { fail, MongoError } from '../errors.js';
import type { Steps } from '../turns.js';
import { typedDocument } from '../wire.js';
import { Arguments } from './arguments.js';
import type { CommandContext } from './command.js';

const LARGEST_BATCH = 100_000;

/** What of a bulk went wrong, by its place in the bulk. */
type WriteError = Document & { index: number };

/** The statements of a bulk, from a section of their own or an array in the command. A malformed one refuses the whole bulk. */
export function statementsOf({ args, sequences }: CommandContext, name: string, required: string[], optional: string[]): Arguments[] {
  const documents = sequences.get(name)?.map(typedDocument) ?? args.required(name, args.documents(name));
  checkBatch(documents.length);
  return documents.map((document) => {
    const statement = new Arguments(`${args.command}.${name}`, document, args.db);
    statement.allowOnly([...required, ...optional]);
    for (const field of required) statement.required(field, statement.get(field));
    statement.document('q');
    statement.refuseCollation();
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
export function* eachStatement<T>(args: Arguments, statements: readonly T[], run: (statement: T, index: number) => Steps<void>) {
  const writeErrors: WriteError[] = [];
  const isOrdered = args.flag('ordered', true);
  for (const [index, statement] of statements.entries()) {
    try {
      yield* run(statement, index);
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.extra });
      if (isOrdered) break;
    }
    yield;
  }
  return writeErrors.length > 0 ? { writeErrors } : {};
}

/** A document as it is stored: with an `_id` of a permitted type. */
export function checkId(doc: RawDocument): void {
  const type = typeOf(doc.get('_id'));
  if (type === 'array' || type === 'regex' || type === 'undefined') fail(53, `The '_id' value cannot be of type ${type}`);
}
