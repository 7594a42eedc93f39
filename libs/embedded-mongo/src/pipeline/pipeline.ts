import { asDocument, RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { parseSort } from '../sort.js';
import { namedArguments } from './functions.js';
import { conjunction, lookup, pushedDown } from './lookup.js';
import { eachDocument, gather, inBatches, type PipelineEnv, type Source, type Stage } from './source.js';
import { objectOf, pipelineOf, sort, STAGES, wholeOf, type CompileStages, type StageCompiler } from './stages.js';
import { compileTransform, isTransform } from './transforms.js';

/** What MongoDB has and this engine does not. */
const UNSUPPORTED = new Set(
  `$_internalInhibitOptimization $bucketAuto $changeStreamSplitLargeEvent $collStats $currentOp $densify $documents $fill $geoNear
  $graphLookup $indexStats $listLocalSessions $listSampledQueries $listSearchIndexes $listSessions $merge $out $planCacheStats
  $querySettings $queryStats $redact $search $searchMeta $setWindowFields $shardedDataDistribution $vectorSearch`.split(/\s+/),
);

function facet(operand: unknown, env: PipelineEnv, compile: CompileStages): Stage {
  const facets = Object.entries(objectOf('$facet', operand, 40169)).map(([name, stages]) => {
    const pipeline = pipelineOf('$facet', stages, 40170, 40171);
    if (pipeline.some((stage) => '$facet' in stage)) fail(40600, '$facet is not allowed to be used within a $facet stage');
    return [name, compile(pipeline, env)] as const;
  });
  if (facets.length === 0) fail(40169, 'the $facet specification must be a non-empty object');
  return function* (source) {
    const docs = yield* gather(source);
    const result: Document = {};
    for (const [name, stages] of facets) result[name] = (yield* gather(stages(inBatches(docs, (doc) => doc)))).map((doc) => doc.typed);
    yield [RawDocument.fromTyped(result)];
  };
}

function unionWith(operand: unknown, env: PipelineEnv, compile: CompileStages): Stage {
  const spec = typeof operand === 'string' ? { coll: operand } : operand;
  const [coll, pipeline = []] = namedArguments('$unionWith', spec, [{ coll: 9, pipeline: 0 }, 40415, 9]);
  if (typeof coll !== 'string') return fail(14, "BSON field '$unionWith.coll' must be a string");
  const { filters, rest } = pushedDown(pipelineOf('$unionWith', pipeline));
  const stages = compile(rest, env);
  return function* (source) {
    yield* source;
    yield* stages(env.scan(coll, conjunction(filters)));
  };
}

const ALL_STAGES = new Map<string, StageCompiler>(Object.entries({ ...STAGES, $facet: facet, $lookup: lookup, $unionWith: unionWith }));

function compileStage(stage: Document, env: PipelineEnv): Stage {
  const [name = ''] = Object.keys(stage);
  if (name === '$changeStream') fail(40573, 'The $changeStream stage is only supported on replica sets');
  if (UNSUPPORTED.has(name)) fail(238, `${name} is not supported by the embedded database`);
  if (isTransform(name)) {
    const transform = compileTransform(name, stage[name], env);
    return eachDocument((doc) => [RawDocument.fromTyped(transform(doc.typed))]);
  }
  const compile = ALL_STAGES.get(name) ?? fail(40324, `Unrecognized pipeline stage name: '${name}'`);
  return compile(stage[name], env, compileStages);
}

function compileStages(stages: Document[], env: PipelineEnv): Stage {
  const compiled = stages.map((stage, i) => {
    const limit = wholeOf(stages[i + 1]?.['$limit'], 1);
    return '$sort' in stage && limit !== undefined ? sort(stage['$sort'], limit) : compileStage(stage, env);
  });
  return (source) => compiled.reduce((current, stage) => stage(current), source);
}

/** Runs an aggregation. Malformed stages, and those this engine does not have (238), raise at once; what documents raise, raises while it is read. */
export function runPipeline(source: Source, stages: Document[], env: PipelineEnv): Source {
  return compileStages(pipelineOf('aggregate', stages), env)(source);
}

/** The head of a pipeline that a find could answer, and the stages that are left. */
type Head = Record<'skip' | 'limit', number | undefined> & { filter: Document; sort: Document | undefined; rest: Document[] };

/** Splits off `$match`es, then at most one `$sort`, `$skip` and `$limit`, in this order. */
export function leadingMatch(pipeline: Document[]): Head {
  const { filters, rest } = pushedDown(pipelineOf('aggregate', pipeline), () => true);
  const take = <T>(name: string, read: (operand: unknown) => T | undefined): T | undefined => {
    const value = read(rest[0]?.[name]);
    if (value !== undefined) rest.shift();
    return value;
  };
  const order = take('$sort', asDocument);
  if (order) parseSort(order);
  const skip = take('$skip', (operand) => wholeOf(operand, 0));
  return { filter: conjunction(filters), sort: order, skip, limit: take('$limit', (operand) => wholeOf(operand, 1)), rest };
}
