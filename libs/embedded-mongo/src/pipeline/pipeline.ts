import type { Document } from '../document.js';
import { asDocument, RawDocument } from '../document.js';
import { fail } from '../errors.js';
import { canonical } from '../key.js';
import { isNumber, toInteger } from '../numbers.js';
import { partsOf, visit } from '../paths.js';
import { Slices } from '../sort.js';
import { compileExpression } from './expressions.js';
import type { PipelineEnv, Source, Stage, StageCompiler } from './stages.js';
import { eachBatch, objectOf, scopeOf, sortStage, STAGES, withPath } from './stages.js';
import { compileTransform, isTransform } from './transforms.js';

export type { PipelineEnv, Source } from './stages.js';

const UNSUPPORTED = new Set(
  [
    '$out',
    '$merge',
    '$geoNear',
    '$graphLookup',
    '$setWindowFields',
    '$redact',
    '$densify',
    '$fill',
    '$bucketAuto',
    '$documents',
    '$collStats',
  ].concat([
    '$indexStats',
    '$currentOp',
    '$listSessions',
    '$listLocalSessions',
    '$planCacheStats',
    '$search',
    '$searchMeta',
    '$vectorSearch',
  ]),
);

async function gather(source: Source): Promise<RawDocument[]> {
  const all: RawDocument[] = [];
  for await (const batch of source) all.push(...batch);
  return all;
}

async function* batched(docs: RawDocument[]): AsyncGenerator<RawDocument[]> {
  for (let i = 0; i < docs.length; i += 100) yield docs.slice(i, i + 100);
}

const pipelineOf = (name: string, operand: unknown): Document[] =>
  Array.isArray(operand) ? operand.map((stage) => objectOf(name, stage, 14)) : fail(14, `${name} requires an array of stages`);

/** Leading `$match` stages that mention no variable may be answered by an index of the collection. */
function pushedDown(stages: Document[]): { filters: Document[]; rest: Document[] } {
  const end = stages.findIndex((stage) => !('$match' in stage) || JSON.stringify(stage).includes('$$'));
  const at = end < 0 ? stages.length : end;
  return { filters: stages.slice(0, at).map((stage) => objectOf('$match', stage['$match'], 15959)), rest: stages.slice(at) };
}

const conjunction = (filters: Document[]): Document => (filters.length < 2 ? (filters[0] ?? {}) : { $and: filters });

/** The values a path reaches, by key; a document that has none counts as null. */
function joinValues(doc: RawDocument, path: string): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const missing: unknown[] = [];
  visit(doc, partsOf(path), true, (value) => {
    if (value === undefined) missing.push(null);
    else values.set(canonical(value), value);
    return false;
  });
  if (missing.length > 0) values.set(canonical(null), null);
  return values;
}

function localValues(doc: RawDocument, path: string): Map<string, unknown> {
  const values = joinValues(doc, path);
  for (const [key, value] of values) if (Array.isArray(value)) values.delete(key);
  return values.size > 0 ? values : new Map([[canonical(null), null]]);
}

const text = (name: string, value: unknown): string => (typeof value === 'string' ? value : fail(4570, `${name} must be a string`));

interface Lookup {
  from: string;
  as: string[];
  pipeline: Document[];
  lets: [string, (root: unknown) => unknown][];
}

/** One scan of the other collection for a whole batch; which document belongs to which is decided by the values' keys. */
async function joinBatch(
  batch: RawDocument[],
  lookup: Lookup,
  localField: string,
  foreignField: string,
  filter: Document,
  env: PipelineEnv,
): Promise<RawDocument[][]> {
  const locals = batch.map((doc) => localValues(doc, localField));
  const wanted = new Map(locals.flatMap((values) => [...values]));
  const joined = batch.map((): RawDocument[] => []);
  const waiting = new Map<string, number[]>();
  locals.forEach((values, i) => [...values.keys()].forEach((key) => waiting.set(key, [...(waiting.get(key) ?? []), i])));
  const equal = { $or: [...wanted.values()].map((value) => ({ [foreignField]: { $eq: value } })) };
  const isPlain = ![...wanted.values()].some(
    (value) => value instanceof RegExp || (value as { _bsontype?: string } | null)?._bsontype === 'BSONRegExp',
  );
  const source = env
    .collection(lookup.from)
    .scan(
      conjunction(
        [isPlain ? { [foreignField]: { $in: [...wanted.values()] } } : equal, filter].filter((each) => Object.keys(each).length > 0),
      ),
    );
  for await (const found of source) {
    for (const doc of found) {
      const owners = new Set([...joinValues(doc, foreignField).keys()].flatMap((key) => waiting.get(key) ?? []));
      for (const owner of owners) joined[owner]?.push(doc);
    }
  }
  return joined;
}

function lookup(operand: unknown, env: PipelineEnv): Stage {
  const spec = objectOf('$lookup', operand, 9);
  const unknown = Object.keys(spec).find((key) => !['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'].includes(key));
  if (unknown) fail(9, `unknown argument to $lookup: ${unknown}`);
  const { from, as, localField, foreignField } = spec;
  if (typeof from !== 'string') return fail(9, "missing or invalid 'from' option to $lookup stage specification");
  if (typeof as !== 'string') return fail(9, "must specify 'as' field for a $lookup");
  if ((localField === undefined) !== (foreignField === undefined) || (localField === undefined && spec['pipeline'] === undefined)) {
    fail(9, "$lookup requires both or neither of 'localField' and 'foreignField' to be specified, or a 'pipeline'");
  }
  const scope = scopeOf(env);
  const lets = Object.entries(asDocument(spec['let']) ?? {}).map(([name, value]): [string, (root: unknown) => unknown] => [
    name,
    compileExpression(value, scope),
  ]);
  const { filters, rest } = pushedDown(pipelineOf('$lookup', spec['pipeline'] ?? []));
  const plan: Lookup = { from, as: as.split('.'), pipeline: rest, lets };
  const run = (source: Source, doc: RawDocument): Promise<RawDocument[]> => {
    const variables = { ...env.variables, ...Object.fromEntries(lets.map(([name, evaluate]) => [name, evaluate(doc)])) };
    return gather(runPipeline(source, rest, { ...env, variables }));
  };
  if (rest.length > 0)
    compileStages(rest, { ...env, variables: { ...env.variables, ...Object.fromEntries(lets.map(([name]) => [name, null])) } });
  const slices = new Slices(() => env.yieldTurn());
  let cached: RawDocument[] | undefined;
  return async function* (source) {
    for await (const batch of source) {
      const byField =
        localField === undefined
          ? undefined
          : await joinBatch(batch, plan, text('localField', localField), text('foreignField', foreignField), conjunction(filters), env);
      const out: RawDocument[] = [];
      for (const [i, doc] of batch.entries()) {
        let found = byField?.[i] ?? cached;
        if (!found) found = await run(env.collection(from).scan(conjunction(filters)), doc);
        else if (byField && rest.length > 0) found = await run(batched(found), doc);
        if (!byField && lets.length === 0) cached = found;
        const joined = found.map((each) => each.typed);
        out.push(RawDocument.fromTyped(withPath(doc.typed, plan.as, joined)));
        await slices.pause();
      }
      yield out;
    }
  };
}

function facet(operand: unknown, env: PipelineEnv): Stage {
  const facets = Object.entries(objectOf('$facet', operand, 40169)).map(([name, stages]): [string, Document[]] => [
    name,
    pipelineOf('$facet', stages),
  ]);
  if (facets.length === 0) fail(40169, 'the $facet specification must be a non-empty object');
  for (const [, stages] of facets) {
    const nested = stages.flatMap((stage) => Object.keys(stage)).find((name) => name === '$facet');
    if (nested) fail(40600, `${nested} is not allowed to be used within a $facet stage`);
    compileStages(stages, env);
  }
  return async function* (source) {
    const docs = await gather(source);
    const result: Document = {};
    for (const [name, stages] of facets) result[name] = (await gather(runPipeline(batched(docs), stages, env))).map((doc) => doc.typed);
    yield [RawDocument.fromTyped(result)];
  };
}

function unionWith(operand: unknown, env: PipelineEnv): Stage {
  const spec: Document = typeof operand === 'string' ? { coll: operand } : objectOf('$unionWith', operand, 9);
  const name =
    typeof spec['coll'] === 'string' ? spec['coll'] : fail(40414, "BSON field '$unionWith.coll' is missing but a required field");
  const { filters, rest } = pushedDown(pipelineOf('$unionWith', spec['pipeline'] ?? []));
  compileStages(rest, env);
  return async function* (source) {
    yield* source;
    yield* runPipeline(env.collection(name).scan(conjunction(filters)), rest, env);
  };
}

const JOINING: Readonly<Record<string, StageCompiler>> = { $lookup: lookup, $facet: facet, $unionWith: unionWith };

function compileStage(stage: Document, env: PipelineEnv): Stage {
  const [name = '', ...others] = Object.keys(stage);
  if (others.length > 0 || name === '') fail(40323, 'A pipeline stage specification object must contain exactly one field.');
  if (isTransform(name)) {
    const transform = compileTransform(name, stage[name], scopeOf(env));
    return eachBatch((batch) => batch.map((doc) => RawDocument.fromTyped(transform(doc.typed))));
  }
  if (name === '$changeStream') fail(40573, 'The $changeStream stage is only supported on replica sets');
  if (UNSUPPORTED.has(name)) fail(238, `${name} is not supported by the embedded database`);
  const compile = Object.hasOwn(STAGES, name) ? STAGES[name] : Object.hasOwn(JOINING, name) ? JOINING[name] : undefined;
  return (compile ?? fail(40324, `Unrecognized pipeline stage name: '${name}'`))(stage[name], env);
}

function compileStages(stages: Document[], env: PipelineEnv): Stage[] {
  return stages.map((stage, i) => {
    const next = stages[i + 1]?.['$limit'];
    // A sort that is cut right away needs to hold no more than what is left of it.
    if ('$sort' in stage && Object.keys(stage).length === 1 && isNumber(next) && Number(toInteger(next)) > 0)
      return sortStage(stage['$sort'], env, Number(toInteger(next)));
    return compileStage(stage, env);
  });
}

/**
 * Runs an aggregation over batches of documents. Malformed stages raise at once, as MongoDB's numbers (40323, 40324, 15958, …; 238 for stages
 * this engine does not have); documents a stage cannot work on raise while it is read.
 */
export function runPipeline(source: Source, stages: Document[], env: PipelineEnv): Source {
  return paced(
    compileStages(stages, env).reduce((current, stage) => stage(current), source),
    env,
  );
}

async function* paced(source: Source, env: PipelineEnv): AsyncGenerator<RawDocument[]> {
  const slices = new Slices(() => env.yieldTurn());
  for await (const batch of source) {
    yield batch;
    await slices.pause();
  }
}

export interface Head {
  filter: Document;
  sort?: Document;
  skip?: number;
  limit?: number;
  /** The stages that are left. */
  rest: Document[];
}

/** The head of a pipeline that a find could answer: `$match`es, then at most one `$sort`, `$skip` and `$limit`, in this order. */
export function leadingMatch(stages: Document[]): Head {
  let at = 0;
  const filters: Document[] = [];
  for (; '$match' in (stages[at] ?? {}); at++) filters.push(objectOf('$match', stages[at]?.['$match'], 15959));
  const head: Head = { filter: conjunction(filters), rest: [] };
  const sort = asDocument(stages[at]?.['$sort']);
  if (sort) {
    head.sort = sort;
    at++;
  }
  for (const [name, key, least] of [
    ['$skip', 'skip', 0],
    ['$limit', 'limit', 1],
  ] as const) {
    const value = stages[at]?.[name];
    const number = isNumber(value) ? toInteger(value) : undefined;
    if (number === undefined || number < BigInt(least)) continue;
    head[key] = Number(number);
    at++;
  }
  head.rest = stages.slice(at);
  return head;
}
