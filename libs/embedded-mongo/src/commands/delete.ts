import { fail } from '../errors.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import { queryOf, type CommandContext, type CommandTable } from './command.js';
import { statementQuery } from './update.js';
import { eachStatement, statementsOf } from './write.js';

function* remove(context: CommandContext): Steps<Reply> {
  const statements = statementsOf(context, 'deletes', ['q', 'limit'], ['hint', 'collation']);
  const wrong = statements.map((statement) => statement.count('limit') ?? 0).find((limit) => limit > 1);
  if (wrong) fail(9, `The limit field in delete objects must be 0 or 1. Got ${wrong}`);
  let n = 0;
  const errors = yield* eachStatement(context.args, statements, function* (statement) {
    n += yield* removeMatches(context, statement);
  });
  return { n, ...errors, ok: 1 };
}

function* removeMatches({ args, storage }: CommandContext, statement: Arguments): Steps<number> {
  const query = queryOf(storage, statement, { ns: args.ns, filter: 'q', variables: args.document('let') });
  if (statement.count('limit') === 1) {
    const row = yield* query.first();
    if (row) query.collection?.remove(row.id, row.doc);
    return row ? 1 : 0;
  }
  let n = 0;
  for (const id of yield* query.ids()) {
    const collection = storage.collection(args.ns);
    const doc = collection?.get(id);
    if (collection && doc && query.filter.matches(doc)) {
      collection.remove(id, doc);
      n++;
    }
    yield;
  }
  return n;
}

export const DELETE: CommandTable = {
  delete: {
    fields: ['deletes', 'ordered', 'let'],
    isWrite: true,
    run: remove,
    query: (storage, args) => statementQuery(storage, args, 'deletes'),
  },
};
