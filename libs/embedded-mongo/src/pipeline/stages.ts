import { Int32, Long } from 'bson';
import type { Document } from '../document.js';
import { asDocument, RawDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { canonical } from '../key.js';
import { compileFilter } from '../matcher.js';
import { isNumber, toInteger } from '../numbers.js';
import { parseSort, sortBatches } from '../sort.js';
import type { Scope } from './expressions.js';
import { compileExpression, follow } from './expressions.js';
import { group } from './group.js';

/** Documents in batches, so that whoever pulls them can give way in between. */
export type Source = AsyncIterable<RawDocument[]>;

export interface PipelineEnv {
  now: Date;
  /** Values of `$$name`. */
  variables?: Document;
  /** A collection of the same database; one that does not exist is empty. */
  collection(name: string): { scan(filter: Document): Source };
  /** Lets other work in; called about every 8 ms. */
  yieldTurn(): Promise<void>;
}

export type Stage = (source: Source) => Source;
export type StageCompiler = (operand: unknown, env: PipelineEnv) => Stage;

/** One batch in, one out. */
export function eachBatch(change: (batch: RawDocument[]) => RawDocument[]): Stage {
  return async function* (source) {
    for await (const batch of source) {
      const changed = change(batch);
      if (changed.length > 0) yield changed;
    }
  };
}

export const scopeOf = (env: PipelineEnv): Scope => ({ now: env.now, variables: env.variables ?? {} });

export function objectOf(name: string, operand: unknown, code: number): Document {
  return asDocument(operand) ?? fail(code, `the ${name} specification must be an object, but found type ${typeOf(operand)}`);
}

function whole(name: string, operand: unknown, least: number, code: number): number {
  const value = isNumber(operand) ? toInteger(operand) : undefined;
  if (value === undefined || value < BigInt(least))
    return fail(code, `invalid argument to ${name} stage: the value must be a whole number of at least ${least}`);
  return Number(value);
}

function limit(operand: unknown): Stage {
  const most = whole('$limit', operand, 1, 15958);
  return async function* (source) {
    let left = most;
    for await (const batch of source) {
      yield batch.slice(0, left);
      if ((left -= batch.length) <= 0) return;
    }
  };
}

function skip(operand: unknown): Stage {
  let left = whole('$skip', operand, 0, 5107200);
  return eachBatch((batch) => {
    const kept = batch.slice(left);
    left = Math.max(0, left - batch.length);
    return kept;
  });
}

/** `doc` with the value at a path of embedded documents replaced, or with undefined, taken away. */
export function withPath(doc: Document, path: readonly string[], value: unknown): Document {
  const [name = '', ...rest] = path;
  const own = rest.length === 0 ? value : withPath(asDocument(doc[name]) ?? {}, rest, value);
  const copy = { ...doc };
  if (own === undefined) delete copy[name];
  else copy[name] = own;
  return copy;
}

function unwind(operand: unknown): Stage {
  const spec = typeof operand === 'string' ? { path: operand } : objectOf('$unwind', operand, 15981);
  const { path, includeArrayIndex: index, preserveNullAndEmptyArrays: preserve } = spec;
  const unknown = Object.keys(spec).find((key) => !['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays'].includes(key));
  if (unknown) fail(28811, `unrecognized option to $unwind stage: ${unknown}`);
  if (typeof path !== 'string') return fail(28812, 'no path specified to $unwind stage');
  if (!path.startsWith('$')) fail(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  if (index !== undefined && (typeof index !== 'string' || index.startsWith('$') || index === ''))
    fail(28810, 'expected a non-empty string for the includeArrayIndex option to $unwind stage');
  if (preserve !== undefined && typeof preserve !== 'boolean')
    fail(28809, 'expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage');
  const parts = path.slice(1).split('.');
  const indexed = (doc: Document, position: unknown): RawDocument =>
    RawDocument.fromTyped(typeof index === 'string' ? withPath(doc, index.split('.'), position) : doc);
  return eachBatch((batch) =>
    batch.flatMap((raw) => {
      const doc = raw.typed;
      const inside = parts.slice(0, -1).reduce<unknown>((value, part) => asDocument(value)?.[part], doc);
      const value = asDocument(inside) ? follow(inside, parts.slice(-1)) : undefined;
      if (Array.isArray(value) && value.length > 0)
        return value.map((element, i) => indexed(withPath(doc, parts, element), Long.fromNumber(i)));
      if (value !== undefined && value !== null && !Array.isArray(value)) return [indexed(doc, null)];
      return preserve ? [indexed(Array.isArray(value) ? withPath(doc, parts, undefined) : doc, null)] : [];
    }),
  );
}

function count(operand: unknown): Stage {
  if (typeof operand !== 'string' || operand === '') return fail(40156, 'the count field must be a non-empty string');
  if (operand.startsWith('$')) fail(40158, 'the count field cannot be a $-prefixed path');
  if (operand.includes('.')) fail(40160, "the count field cannot contain '.'");
  return async function* (source) {
    let total = 0;
    for await (const batch of source) total += batch.length;
    if (total > 0) yield [RawDocument.fromTyped({ [operand]: new Int32(total) })];
  };
}

function sample(operand: unknown): Stage {
  const size = whole('$sample', objectOf('$sample', operand, 28745)['size'], 1, 28747);
  return async function* (source) {
    const chosen: RawDocument[] = [];
    let seen = 0;
    for await (const batch of source) {
      for (const doc of batch) {
        const place = seen < size ? seen : Math.floor(Math.random() * (seen + 1));
        if (place < size) chosen[place] = doc;
        seen++;
      }
    }
    for (let i = chosen.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [chosen[i], chosen[j]] = [chosen[j] as RawDocument, chosen[i] as RawDocument];
    }
    if (chosen.length > 0) yield chosen;
  };
}

function sort(operand: unknown, env: PipelineEnv, most?: number): Stage {
  const fields = parseSort(objectOf('$sort', operand, 15973));
  return (source) => sortBatches(source, fields, () => env.yieldTurn(), most);
}

function sortByCount(operand: unknown, env: PipelineEnv): Stage {
  const isExpression = typeof operand === 'string' ? operand.startsWith('$') : Object.keys(asDocument(operand) ?? {})[0]?.startsWith('$');
  if (!isExpression) fail(40147, 'the sortByCount field must be defined as a $-prefixed path or an expression inside an object');
  const grouped = group({ _id: operand, count: { $sum: 1 } }, scopeOf(env), () => env.yieldTurn());
  return (source) => sort({ count: -1 }, env)(grouped(source));
}

function bucket(operand: unknown, env: PipelineEnv): Stage {
  const spec = objectOf('$bucket', operand, 40201);
  const unknown = Object.keys(spec).find((key) => !['groupBy', 'boundaries', 'default', 'output'].includes(key));
  if (unknown) fail(40197, `Unrecognized option to $bucket: ${unknown}.`);
  if (!('groupBy' in spec) || !('boundaries' in spec)) fail(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  const scope = scopeOf(env);
  const boundaries = Array.isArray(spec['boundaries'])
    ? spec['boundaries'].map((each) => compileExpression(each, scope)({}))
    : fail(40200, "The $bucket 'boundaries' field must be an array");
  if (boundaries.length < 2) fail(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const keys = boundaries.map(canonical);
  if (keys.some((key, i) => i > 0 && key <= (keys[i - 1] ?? '')))
    fail(40194, "The 'boundaries' option to $bucket must be sorted in ascending order");
  const groupBy = compileExpression(spec['groupBy'], scope);
  const bucketOf = (doc: RawDocument): unknown => {
    const key = canonical(groupBy(doc));
    const at = keys.findIndex((from, i) => i < keys.length - 1 && from <= key && key < (keys[i + 1] ?? ''));
    if (at >= 0) return boundaries[at];
    return 'default' in spec
      ? spec['default']
      : fail(40066, '$switch could not find a matching branch for an input, and no default was specified.');
  };
  const grouped = group(asDocument(spec['output']) ?? { count: { $sum: 1 } }, scope, () => env.yieldTurn(), bucketOf);
  return (source) => sort({ _id: 1 }, env)(grouped(source));
}

/** Stages that need nothing but their input. */
export const STAGES: Readonly<Record<string, StageCompiler>> = {
  $match: (operand, env) => {
    const filter = compileFilter(objectOf('$match', operand, 15959), scopeOf(env));
    return eachBatch((batch) => batch.filter((doc) => filter.matches(doc)));
  },
  $sort: sort,
  $skip: skip,
  $limit: limit,
  $unwind: unwind,
  $group: (operand, env) => group(objectOf('$group', operand, 15947), scopeOf(env), () => env.yieldTurn()),
  $count: count,
  $sample: sample,
  $sortByCount: sortByCount,
  $bucket: bucket,
};

export { sort as sortStage };
