import { ObjectId } from 'bson';
import type { Collection } from '../collection.js';
import { asDocument, RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import type { Filter } from '../matcher.js';
import type { Row } from '../scan.js';
import type { Storage } from '../storage.js';
import type { Steps } from '../turns.js';
import { compileUpdate, upsertSeed, type Update } from '../updater.js';
import type { Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import { queryOf, type CommandContext, type CommandTable } from './command.js';
import { checkId, eachStatement, statementsOf } from './write.js';

interface Outcome {
  n: number;
  nModified: number;
  upserted: Document[];
}

function* update(context: CommandContext): Steps<Reply> {
  const statements = statementsOf(context, 'updates', ['q', 'u'], ['upsert', 'multi', 'arrayFilters', 'hint', 'collation', 'c']);
  const outcome: Outcome = { n: 0, nModified: 0, upserted: [] };
  const run = (statement: Arguments, index: number): Steps<void> => updateOne(context, statement, index, outcome);
  const errors = yield* eachStatement(context.args, statements, run);
  const { upserted, ...counts } = outcome;
  return { ...counts, ...(upserted.length > 0 && { upserted }), ...errors, ok: 1 };
}

function* updateOne({ args, storage }: CommandContext, statement: Arguments, index: number, outcome: Outcome): Steps<void> {
  const variables = statement.document('c') ?? args.document('let');
  const query = queryOf(storage, statement, { ns: args.ns, filter: 'q', variables });
  const changes = changesOf(statement, 'u', variables);
  const isMulti = statement.flag('multi');
  if (isMulti && changes.isReplacement) fail(9, 'multi update is not supported for replacement-style update');
  const before = outcome.n;
  const change = (collection: Collection, row: Row): void => {
    if (applyTo(collection, row, query.filter, changes)) outcome.nModified++;
    outcome.n++;
  };
  if (isMulti) {
    for (const id of yield* query.ids()) {
      const collection = storage.collection(args.ns);
      const doc = collection?.get(id);
      if (collection && doc && query.filter.matches(doc)) change(collection, { id, doc });
      yield;
    }
  } else {
    const row = yield* query.first();
    if (row && query.collection) change(query.collection, row);
  }
  if (outcome.n > before || !statement.flag('upsert')) return;
  const doc = upsert(storage, args, query.request.filter, changes);
  outcome.n++;
  outcome.upserted.push({ index, _id: doc.get('_id') });
}

/** The change a statement asks for; `field` holds operators, a replacement or a pipeline. */
export function changesOf(statement: Arguments, field: string, variables: Document | undefined): Update {
  const value = statement.required(field, statement.get(field));
  const spec = Array.isArray(value) ? (value as Document[]) : asDocument(value);
  const arrayFilters = statement.documents('arrayFilters');
  return compileUpdate(spec ?? fail(9, 'Update argument must be either an object or an array'), {
    now: new Date(),
    ...(arrayFilters && { arrayFilters }),
    ...(variables && { variables }),
  });
}

/** Stores the changed document; undefined when nothing changed, byte for byte. */
export function applyTo(collection: Collection, { id, doc }: Row, filter: Filter, changes: Update): RawDocument | undefined {
  const context = {
    isInsert: false,
    get arrayIndex(): number | undefined {
      return filter.arrayIndex(doc);
    },
  };
  const next = RawDocument.fromTyped(changes.apply(doc.typed, context));
  if (next.bytes.equals(doc.bytes)) return undefined;
  collection.replace(id, doc, next);
  return next;
}

/** Inserts what an upsert that matched nothing makes of its filter and its update. */
export function upsert(storage: Storage, { db, collection }: Arguments, filter: Document, changes: Update): RawDocument {
  const { _id = new ObjectId(), ...fields } = changes.apply(upsertSeed(filter), { isInsert: true });
  const doc = RawDocument.fromTyped({ _id, ...fields });
  checkId(doc);
  storage.ensure(db, collection).insert(doc);
  return doc;
}

export const UPDATE: CommandTable = {
  update: {
    fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let'],
    isWrite: true,
    run: update,
    query: (storage, args) => statementQuery(storage, args, 'updates'),
  },
};

/** The query of the first statement of an update or a delete. */
export function statementQuery(storage: Storage, args: Arguments, list: string): ReturnType<typeof queryOf> {
  const [first = {}] = args.required(list, args.documents(list));
  return queryOf(storage, new Arguments(args.command, first, args.db), { ns: args.ns, filter: 'q', variables: args.document('let') });
}
