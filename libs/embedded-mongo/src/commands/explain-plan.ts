import type { Document } from '../document.js';
import type { IndexPlan } from '../planner.js';
import type { Query } from '../read.js';
import type { CommandContext } from './context.js';

/** The winning plan in MongoDB's words, and unless only that is asked for, the counts of running it. Nothing is changed by it. */
export async function explainQuery(query: Query, verbosity: string, { checkDeadline }: CommandContext): Promise<Document> {
  const queryPlanner = { namespace: query.ns, parsedQuery: query.filterSpec, winningPlan: winningPlan(query), rejectedPlans: [] };
  if (verbosity === 'queryPlanner') return { queryPlanner, serverInfo: SERVER_INFO, ok: 1 };
  const started = performance.now();
  const nReturned = await query.countResults(checkDeadline);
  return {
    queryPlanner,
    executionStats: {
      executionSuccess: true,
      nReturned,
      executionTimeMillis: Math.round(performance.now() - started),
      totalKeysExamined: query.scan?.keysExamined ?? 0,
      totalDocsExamined: query.scan?.docsExamined ?? 0,
      executionStages: winningPlan(query),
    },
    serverInfo: SERVER_INFO,
    ok: 1,
  };
}

const SERVER_INFO = { host: '127.0.0.1', version: '7.0.0', gitVersion: 'embedded-mongo' };

function winningPlan(query: Query): Document {
  const { plan } = query;
  const isSorted = plan.stage === 'EOF' || plan.isSorted;
  const access = accessPlan(query);
  return query.sort && !isSorted ? { stage: 'SORT', sortPattern: query.sort, inputStage: access } : access;
}

function accessPlan({ plan, filterSpec }: Query): Document {
  if (plan.stage === 'EOF') return { stage: 'EOF' };
  if (plan.stage === 'COLLSCAN') return { stage: 'COLLSCAN', filter: filterSpec, direction: directionName(plan.direction) };
  if (plan.stage === 'IXSCAN') return { stage: 'FETCH', filter: filterSpec, inputStage: indexScan(plan) };
  const inputStage = { stage: 'OR', inputStages: plan.branches.map(indexScan) };
  return { stage: 'SUBPLAN', inputStage: { stage: 'FETCH', filter: filterSpec, inputStage } };
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
