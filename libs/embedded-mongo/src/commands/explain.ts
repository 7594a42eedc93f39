import { fail } from '../errors.js';
import { Query } from '../read.js';
import type { Reply } from '../wire.js';
import { aggregateQuery } from './aggregate.js';
import { Arguments } from './arguments.js';
import type { CommandContext, CommandTable } from './context.js';
import { countQuery } from './count.js';
import { explainQuery } from './explain-plan.js';
import { findQuery } from './find.js';

type Planner = (context: CommandContext, args: Arguments) => Query;

const namespace = (context: CommandContext, args: Arguments): string => `${context.args.database()}.${args.collection()}`;

/** The query inside each command that can be explained. */
const PLANNERS: Record<string, Planner> = {
  find: findQuery,
  aggregate: (context, args) => aggregateQuery(context, args).query,
  count: (context, args) => countQuery(context, namespace(context, args), args),
  distinct: (context, args) => countQuery(context, namespace(context, args), args),
  update: (context, args) => statementQuery(context, args, 'updates', 'q'),
  delete: (context, args) => statementQuery(context, args, 'deletes', 'q'),
  findAndModify: (context, args) => {
    const sort = args.document('sort');
    return new Query(context.server.storage, {
      ns: namespace(context, args),
      filter: args.document('query') ?? {},
      sort,
      hint: args.get('hint'),
    });
  },
};

function statementQuery(context: CommandContext, args: Arguments, list: string, field: string): Query {
  const statement = new Arguments(args.command, args.documents(list)?.[0] ?? {});
  const filter = statement.document(field) ?? {};
  return new Query(context.server.storage, { ns: namespace(context, args), filter, hint: statement.get('hint') });
}

async function explain(context: CommandContext): Promise<Reply> {
  const inner = context.args.document('explain') ?? fail(9, 'explain needs a command');
  const name = Object.keys(inner)[0] ?? '';
  const planner = PLANNERS[name] ?? fail(20, `Explain failed due to unknown command: ${name}`);
  const query = planner(context, new Arguments(name, inner));
  return explainQuery(query, context.args.text('verbosity') ?? 'allPlansExecution', context);
}

export const EXPLAIN: CommandTable = { explain: { fields: ['verbosity'], run: explain } };
