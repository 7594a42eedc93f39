import { Int32 } from 'bson';
import { RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { leadingMatch, runPipeline } from '../pipeline/pipeline.js';
import type { Source } from '../pipeline/stages.js';
import { pipelineEnv, Query } from '../query.js';
import type { Storage } from '../storage.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import type { CommandContext, CommandTable } from './command.js';
import { explainQuery } from './explain.js';
import { firstBatch } from './find.js';

const FIELDS = ['pipeline', 'cursor', 'explain', 'allowDiskUse', 'hint', 'let', 'collation', 'bypassDocumentValidation'];
const FIRST_BATCH = 101;

function aggregate(context: CommandContext): Steps<Reply> {
  const { args, storage } = context;
  const { query, stages } = headOf(storage, args);
  if (args.flag('explain')) return explainQuery(query, 'queryPlanner');
  const cursor = args.document('cursor') ?? fail(9, "The 'cursor' option is required, except for aggregate with the explain argument");
  const options = new Arguments('cursor', cursor, args.db);
  options.allowOnly(['batchSize']);
  const batchSize = options.count('batchSize') ?? FIRST_BATCH;
  return firstBatch(context, args.ns, resultOf(storage, args, query, stages), batchSize);
}

/** The head of a pipeline as a query that can use an index, and the stages after it. */
function headOf(storage: Storage, args: Arguments): { query: Query; stages: Document[] } {
  args.refuseCollation();
  const pipeline = args.required('pipeline', args.documents('pipeline'));
  if ('$changeStream' in (pipeline[0] ?? {})) fail(40573, 'The $changeStream stage is only supported on replica sets');
  if (typeof args.get('aggregate') !== 'string') fail(238, 'aggregate of a whole database is not supported by the embedded database');
  const { rest, ...head } = leadingMatch(pipeline);
  const query = new Query(storage, { ns: args.ns, ...head, hint: args.get('hint'), variables: args.document('let') });
  return { query, stages: rest };
}

function resultOf(storage: Storage, args: Arguments, query: Query, stages: Document[]): Source {
  const { filter, skip = 0, limit = 0 } = query.request;
  // Compiled first, so that a malformed stage is refused where the count is known, too.
  const result = runPipeline(query.docs(), stages, pipelineEnv(storage, args.db, args.document('let')));
  const counted = Object.keys(filter).length === 0 && skip + limit === 0 ? countedGroup(stages) : undefined;
  const count = query.collection?.count ?? 0;
  if (counted) return [count > 0 ? [RawDocument.fromTyped({ _id: counted.id, [counted.field]: new Int32(count) })] : []];
  return result;
}

/** `[{$group: {_id: <constant>, n: {$sum: 1}}}]`, which is how drivers count documents: the collection knows its number. */
function countedGroup(stages: Document[]): { id: unknown; field: string } | undefined {
  const [group, ...others] = stages.map((stage) => stage['$group'] as Document | undefined);
  const { _id: id, ...fields } = group ?? {};
  const [[field, sum] = ['', undefined], ...more] = Object.entries(fields);
  const isConstant = id === null || id instanceof Int32;
  if (!isConstant || others.length > 0 || more.length > 0) return undefined;
  const operand = (sum as Document | undefined)?.['$sum'];
  return operand instanceof Int32 && operand.value === 1 ? { id, field } : undefined;
}

export const AGGREGATE: CommandTable = {
  aggregate: { fields: FIELDS, run: aggregate, query: (storage, args) => headOf(storage, args).query },
};
