import type { Steps } from '../committer.js';
import { compileFilter } from '../matcher.js';
import { Query } from '../read.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import { hintOf, namespaceOf, type CommandContext, type CommandTable } from './context.js';
import { allMatches, commit, eachStatement, firstMatch, isOrdered, statementsOf } from './write.js';

async function remove(context: CommandContext): Promise<Reply> {
  const statements = statementsOf(context, 'deletes', ['q', 'limit'], ['hint', 'collation']);
  namespaceOf(context.args);
  return commit(context, deleteSteps(context, statements));
}

function* deleteSteps(context: CommandContext, statements: Arguments[]): Steps<Reply> {
  let n = 0;
  const writeErrors = yield* eachStatement(statements, isOrdered(context.args), function* (statement) {
    n += yield* runStatement(context, statement);
  });
  return { n, ...(writeErrors.length > 0 && { writeErrors }), ok: 1 };
}

function* runStatement({ args, server: { storage } }: CommandContext, statement: Arguments): Steps<number> {
  const ns = namespaceOf(args);
  const spec = statement.required('q', statement.document('q'));
  const isSingle = statement.required('limit', statement.count('limit')) === 1;
  const variables = args.document('let');
  const request = { ns, filter: spec, hint: hintOf(statement), variables };
  const filter = compileFilter(spec, { ...(variables && { variables }) });
  if (isSingle) {
    const row = yield* firstMatch(storage, new Query(storage, request, filter), undefined);
    if (row) storage.collection(ns)?.remove(row.id, row.doc);
    return row ? 1 : 0;
  }
  let n = 0;
  for (const id of yield* allMatches(storage, request)) {
    const collection = storage.collection(ns);
    const doc = collection?.get(id);
    if (!collection || !doc || !filter.matches(doc)) continue;
    collection.remove(id, doc);
    n++;
    yield;
  }
  return n;
}

export const DELETE: CommandTable = {
  delete: { fields: ['deletes', 'ordered', 'let'], run: remove },
};
