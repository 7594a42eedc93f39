import { Int32 } from 'bson';
import { IterableSource, type DocumentSource } from '../cursor.js';
import { RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { leadingMatch, runPipeline } from '../pipeline/pipeline.js';
import { pipelineEnv, Query } from '../read.js';
import type { Reply } from '../wire.js';
import { Arguments } from './arguments.js';
import { hintOf, refuseCollation, type CommandContext, type CommandTable } from './context.js';
import { explainQuery } from './explain-plan.js';
import { firstBatch } from './find.js';

const FIELDS = ['pipeline', 'cursor', 'explain', 'allowDiskUse', 'hint', 'let', 'collation', 'bypassDocumentValidation'] as const;
const FIRST_BATCH = 101;

async function aggregate(context: CommandContext): Promise<Reply> {
  const { args } = context;
  if (args.flag('explain')) return explainQuery(aggregateQuery(context, args).query, 'queryPlanner', context);
  const cursor = args.document('cursor') ?? fail(9, "The 'cursor' option is required, except for aggregate with the explain argument");
  const batchSize = new Arguments('cursor', cursor).count('batchSize') ?? FIRST_BATCH;
  const { ns, query, stages } = aggregateQuery(context, args);
  return firstBatch(context, ns, sourceOf(context, ns, query, stages), batchSize);
}

/** The head of a pipeline as a query that can use an index, and the stages after it. */
export function aggregateQuery({ server, args: outer }: CommandContext, args: Arguments): { ns: string; query: Query; stages: Document[] } {
  refuseCollation(args);
  if (typeof args.get('aggregate') !== 'string') fail(238, 'aggregations over a whole database are not supported by the embedded database');
  const ns = `${outer.database()}.${args.collection()}`;
  const stages = args.required('pipeline', args.documents('pipeline'));
  const { filter, sort, skip, limit, rest } = leadingMatch(stages);
  const variables = args.document('let');
  const query = new Query(server.storage, { ns, filter, sort, skip, limit, hint: hintOf(args), variables });
  return { ns, query, stages: rest };
}

function sourceOf({ server: { storage }, args }: CommandContext, ns: string, query: Query, stages: Document[]): DocumentSource {
  const env = pipelineEnv(storage, args.database(), new Date(), args.document('let'));
  const counted = countedGroup(stages);
  const collection = storage.collection(ns);
  if (counted && query.isWhole && collection) {
    const docs = collection.count > 0 ? [RawDocument.fromTyped({ _id: counted.id, [counted.name]: new Int32(collection.count) })] : [];
    return new IterableSource(once(docs));
  }
  const source = query.source(env);
  return stages.length === 0 ? source : new IterableSource(runPipeline(batchesOf(source, storage.turns), stages, env));
}

async function* once(docs: RawDocument[]): AsyncGenerator<RawDocument[]> {
  if (docs.length > 0) yield docs;
}

async function* batchesOf(source: DocumentSource, turns: { isOver(): boolean; next(): Promise<void> }): AsyncGenerator<RawDocument[]> {
  while (!source.isDone) {
    const docs = await source.read(1_000);
    if (docs.length > 0) yield docs;
    if (turns.isOver()) await turns.next();
  }
}

/** `[{$group: {_id: <constant>, n: {$sum: 1}}}]`, which is how drivers count documents. */
function countedGroup(stages: Document[]): { id: unknown; name: string } | undefined {
  const group = stages.length === 1 ? (stages[0]?.['$group'] as Document | undefined) : undefined;
  if (!group) return undefined;
  const [first, second, ...others] = Object.entries(group);
  if (first?.[0] !== '_id' || !second || others.length > 0) return undefined;
  const sum = second[1] as Document | null;
  const id = first[1];
  const isOne = typeof sum === 'object' && sum !== null && Object.keys(sum).length === 1 && Number(sum['$sum']) === 1;
  return isOne && (id === null || id instanceof Int32) ? { id, name: second[0] } : undefined;
}

export const AGGREGATE: CommandTable = {
  aggregate: { fields: FIELDS, run: aggregate },
};
