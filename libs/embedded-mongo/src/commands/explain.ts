import type { Document } from '../document.js';
import { fail } from '../errors.js';
import type { IndexPlan } from '../planner.js';
import type { Query } from '../query.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import type { Command, CommandContext } from './command.js';

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];
const SERVER_INFO = { host: '127.0.0.1', version: '7.0.0', gitVersion: 'embedded-mongo' };

/** `explain` of the commands of a table that look for something. */
export function explain({ args, storage }: CommandContext, commands: ReadonlyMap<string, Command>): Steps<Reply> {
  const inner = args.required('explain', args.document('explain'));
  const name = Object.keys(inner)[0] ?? '';
  const command = commands.get(name);
  if (!command) fail(59, `Explain failed due to unknown command: ${name}`);
  const verbosity = args.text('verbosity') ?? 'allPlansExecution';
  if (!VERBOSITIES.includes(verbosity)) fail(2, `verbosity must be one of ${VERBOSITIES.join(', ')}`);
  const explained = new Arguments(name, inner, args.db);
  explained.allowOnly(command.fields ?? []);
  return explainQuery(command.query?.(storage, explained) ?? fail(20, `${name} cannot be explained`), verbosity);
}

/** The winning plan in MongoDB's words, and unless only that is asked for, the counts of running it. Nothing is changed by it. */
export function* explainQuery(query: Query, verbosity: string): Steps<Reply> {
  const { ns: namespace, filter: parsedQuery } = query.request;
  const plan = winningPlan(query);
  const queryPlanner = { namespace, parsedQuery, winningPlan: plan, rejectedPlans: [] };
  if (verbosity === 'queryPlanner') return { queryPlanner, serverInfo: SERVER_INFO, ok: 1 };
  const started = performance.now();
  let nReturned = 0;
  for (const docs of query.docs()) {
    nReturned += docs.length;
    yield;
  }
  const executionStats = {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - started),
    totalKeysExamined: query.examined.keys,
    totalDocsExamined: query.examined.docs,
    executionStages: plan,
  };
  return { queryPlanner, executionStats, serverInfo: SERVER_INFO, ok: 1 };
}

function winningPlan({ plan, request: { filter, sort } }: Query): Document {
  const access =
    plan.stage === 'IXSCAN'
      ? { stage: 'FETCH', filter, inputStage: indexScan(plan) }
      : plan.stage === 'EOF'
        ? { stage: 'EOF' }
        : { stage: 'COLLSCAN', filter, direction: directionName(plan.direction) };
  return plan.isSorted ? access : { stage: 'SORT', sortPattern: sort, inputStage: access };
}

function indexScan({ index, direction }: IndexPlan): Document {
  return {
    stage: 'IXSCAN',
    keyPattern: index.record.spec['key'],
    indexName: index.name,
    isMultiKey: index.multikey.size > 0,
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partialSpec !== undefined,
    direction: directionName(direction),
  };
}

function directionName(direction: 1 | -1): string {
  return direction > 0 ? 'forward' : 'backward';
}
