import { ObjectId } from 'bson';
import type { Collection } from '../collection.js';
import type { Steps } from '../committer.js';
import { RawDocument, asDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { compileFilter, type Filter } from '../matcher.js';
import { Query } from '../read.js';
import type { Row } from '../scan.js';
import type { Storage } from '../storage.js';
import { compileUpdate, upsertSeed, type Update } from '../updater.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import { hintOf, namespaceOf, type CommandContext, type CommandTable } from './context.js';
import { allMatches, checkId, commit, eachStatement, firstMatch, isOrdered, statementsOf } from './write.js';

interface Outcome {
  n: number;
  nModified: number;
  upserted: Document[];
}

async function update(context: CommandContext): Promise<Reply> {
  const statements = statementsOf(context, 'updates', ['q', 'u'], ['upsert', 'multi', 'arrayFilters', 'hint', 'collation', 'c']);
  namespaceOf(context.args);
  return commit(context, updateSteps(context, statements));
}

function* updateSteps(context: CommandContext, statements: Arguments[]): Steps<Reply> {
  const outcome: Outcome = { n: 0, nModified: 0, upserted: [] };
  const writeErrors = yield* eachStatement(statements, isOrdered(context.args), (statement, index) =>
    runStatement(context, statement, index, outcome),
  );
  const { n, nModified, upserted } = outcome;
  return { n, nModified, ...(upserted.length > 0 && { upserted }), ...(writeErrors.length > 0 && { writeErrors }), ok: 1 };
}

function* runStatement({ args, server: { storage } }: CommandContext, statement: Arguments, index: number, outcome: Outcome): Steps<void> {
  const ns = namespaceOf(args);
  const filterSpec = statement.required('q', statement.document('q'));
  const variables = statement.document('c') ?? args.document('let');
  const changes = compileChanges(statement, 'u', variables);
  const isMulti = statement.flag('multi');
  if (isMulti && changes.isReplacement) fail(9, 'multi update is not supported for replacement-style update');
  const filter = compileFilter(filterSpec, { ...(variables && { variables }) });
  const request = { ns, filter: filterSpec, hint: hintOf(statement), variables };
  let matched = 0;
  if (isMulti) {
    for (const id of yield* allMatches(storage, request)) {
      const collection = storage.collection(ns);
      const doc = collection?.get(id);
      if (!collection || !doc || !filter.matches(doc)) continue;
      if (applyTo(collection, { id, doc }, filter, changes)) outcome.nModified++;
      matched++;
      outcome.n++;
      yield;
    }
  } else {
    const row = yield* firstMatch(storage, new Query(storage, request, filter), undefined);
    const collection = storage.collection(ns);
    if (row && collection) {
      if (applyTo(collection, row, filter, changes)) outcome.nModified++;
      matched++;
      outcome.n++;
    }
  }
  if (matched > 0 || !statement.flag('upsert')) return;
  const doc = upsert(storage, args, filterSpec, changes);
  outcome.n++;
  outcome.upserted.push({ index, _id: doc.get('_id') });
}

/** The change a statement asks for; `field` holds operators, a replacement or a pipeline. */
export function compileChanges(statement: Arguments, field: string, variables: Document | undefined): Update {
  const value = statement.required(field, statement.get(field));
  const spec = Array.isArray(value)
    ? (value as Document[])
    : (asDocument(value) ?? fail(9, 'Update argument must be either an object or an array'));
  const arrayFilters = statement.documents('arrayFilters');
  return compileUpdate(spec, { now: new Date(), ...(arrayFilters && { arrayFilters }), ...(variables && { variables }) });
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
export function upsert(storage: Storage, args: Arguments, filter: Document, changes: Update): RawDocument {
  const { _id, ...fields } = changes.apply(upsertSeed(filter), { isInsert: true });
  const doc = RawDocument.fromTyped({ _id: _id === undefined ? new ObjectId() : _id, ...fields });
  checkId(doc);
  storage.ensure(args.database(), args.collection()).insert(doc);
  return doc;
}

export const UPDATE: CommandTable = {
  update: { fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let'], run: update },
};
