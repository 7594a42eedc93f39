import { Long } from 'bson';
import { asDocument, RawDocument, typeOf, type Document } from '../document.js';
import { fail } from '../errors.js';
import { CLASS, compareValues } from '../key.js';
import { compileFilter } from '../matcher.js';
import { isNumber, toInteger } from '../numbers.js';
import { parseSort, sortBatches, sortedBy } from '../sort.js';
import { compileExpression, fieldPath, follow } from './expressions.js';
import { namedArguments } from './functions.js';
import { group } from './group.js';
import { eachDocument, type PipelineEnv, type Stage } from './source.js';
import type { Names } from './types.js';

export type { PipelineEnv, Source, Stage } from './source.js';

/** Compiles the stages of a pipeline within a stage. */
export type CompileStages = (stages: Document[], env: PipelineEnv) => Stage;
export type StageCompiler = (operand: unknown, env: PipelineEnv, compile: CompileStages) => Stage;

export function objectOf(name: string, operand: unknown, code: number): Document {
  return asDocument(operand) ?? fail(code, `the ${name} specification must be an object, but found type ${typeOf(operand)}`);
}

/** The stages of a pipeline, each of exactly one field. */
export function pipelineOf(name: string, operand: unknown, code = 14, stageCode = code): Document[] {
  if (!Array.isArray(operand)) return fail(code, `${name} requires an array of stages`);
  return operand.map((stage) => {
    const fields = objectOf(name, stage, stageCode);
    return Object.keys(fields).length === 1 ? fields : fail(40323, 'A pipeline stage specification object must contain exactly one field.');
  });
}

/** A whole number of at least `least`, or undefined. */
export function wholeOf(operand: unknown, least: number): number | undefined {
  const value = isNumber(operand) ? toInteger(operand) : undefined;
  return value === undefined || value < BigInt(least) ? undefined : Number(value);
}

function whole(name: string, operand: unknown, least: number, code: number): number {
  return wholeOf(operand, least) ?? fail(code, `invalid argument to ${name}: the value must be a whole number of at least ${least}`);
}

/** The documents from a position to before another. */
function between(first: number, end: number): Stage {
  return function* (source) {
    let at = 0;
    for (const batch of source) {
      yield batch.slice(Math.max(0, first - at), end - at);
      if ((at += batch.length) >= end) return;
    }
  };
}

/** `$sort`; where only the first `most` are wanted, no more are held. */
export function sort(operand: unknown, most?: number): Stage {
  const fields = parseSort(objectOf('$sort', operand, 15973));
  return (source) => sortBatches(source, fields, most);
}

function match(operand: unknown, env: PipelineEnv): Stage {
  const filter = compileFilter(objectOf('$match', operand, 15959), env);
  return eachDocument((doc) => (filter.matches(doc) ? [doc] : []));
}

function sample(operand: unknown): Stage {
  const [wanted] = namedArguments('$sample', operand, [{ size: 28749 }, 28748, 28745]);
  const size = whole('$sample', wanted, 1, isNumber(wanted) ? 28747 : 28746);
  return (source) => sortedBy(source, () => String(Math.random()), size);
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
  const names: Names = [{ path: 28812, includeArrayIndex: 0, preserveNullAndEmptyArrays: 0 }, 28811, 15981];
  const [path, index, preserve] = namedArguments('$unwind', typeof operand === 'string' ? { path: operand } : operand, names);
  if (typeof path !== 'string') return fail(28808, 'expected a string as the path for $unwind stage');
  if (!path.startsWith('$')) fail(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  if (index !== undefined && (typeof index !== 'string' || index === ''))
    return fail(28810, 'expected a non-empty string for the includeArrayIndex option to $unwind stage');
  if (index?.startsWith('$')) fail(28822, `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${index}`);
  if (preserve !== undefined && typeof preserve !== 'boolean')
    fail(28809, 'expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage');
  const parts = fieldPath(path.slice(1));
  const indexed = (doc: Document, position: unknown): RawDocument =>
    RawDocument.fromTyped(index === undefined ? doc : withPath(doc, index.split('.'), position));

  return eachDocument(function* ({ typed: doc }) {
    const parent = parts.slice(0, -1).reduce<unknown>((value, part) => asDocument(value)?.[part], doc);
    const value = asDocument(parent) && follow(parent, parts.slice(-1));
    if (Array.isArray(value) && value.length > 0) {
      for (const [i, element] of value.entries()) yield indexed(withPath(doc, parts, element), Long.fromNumber(i));
    } else if (value !== undefined && value !== null && !Array.isArray(value)) yield indexed(doc, null);
    else if (preserve) yield indexed(Array.isArray(value) ? withPath(doc, parts, undefined) : doc, null);
  });
}

function counted(operand: unknown): Document[] {
  if (typeof operand !== 'string' || operand === '')
    return fail(operand === '' ? 40157 : 40156, 'the $count field must be a non-empty string');
  if (operand.startsWith('$')) fail(40158, 'the $count field cannot be a $-prefixed path');
  if (operand.includes('.')) fail(40160, "the $count field cannot contain '.'");
  return [{ $group: { _id: null, [operand]: { $sum: 1 } } }, { $project: { _id: 0 } }];
}

/** Whether an operand is a path or an expression inside an object. */
function isReference(operand: unknown): boolean {
  const first = typeof operand === 'string' ? operand : Object.keys(asDocument(operand) ?? {})[0];
  return first?.startsWith('$') === true;
}

function sortByCount(operand: unknown): Document[] {
  const code = typeof operand === 'string' ? 40148 : asDocument(operand) ? 40147 : 40149;
  if (!isReference(operand)) fail(code, '$sortByCount takes a $-prefixed path or an expression inside an object');
  return [{ $group: { _id: operand, count: { $sum: 1 } } }, { $sort: { count: -1 } }];
}

/** The value of an expression that reads no document. */
function constant(expression: unknown, code: number): unknown {
  try {
    return compileExpression(expression, {})(new RawDocument(new Uint8Array()));
  } catch {
    return fail(code, "The 'boundaries' and the 'default' of $bucket must be constants");
  }
}

function bucket(operand: unknown): Document[] {
  const names: Names = [{ groupBy: 40198, boundaries: 40198, default: 0, output: 0 }, 40197, 40201];
  const [groupBy, boundaries, otherwise, output = { count: { $sum: 1 } }] = namedArguments('$bucket', operand, names);
  if (!isReference(groupBy)) fail(40202, "The $bucket 'groupBy' must be a $-prefixed path or an expression inside an object");
  if (!Array.isArray(boundaries)) return fail(40200, "The $bucket 'boundaries' field must be an array");
  if (boundaries.length < 2) fail(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const bounds = boundaries.map((each) => constant(each, 40191));
  const branches = bounds.slice(1).map((to, i) => {
    if (CLASS[typeOf(bounds[i])] !== CLASS[typeOf(to)]) fail(40193, "All values in the 'boundaries' of $bucket must have the same type");
    if (compareValues(bounds[i], to) >= 0) fail(40194, "The 'boundaries' of $bucket must be sorted in ascending order");
    const from = { $literal: bounds[i] };
    return { case: { $and: [{ $gte: [groupBy, from] }, { $lt: [groupBy, { $literal: to }] }] }, then: from };
  });
  const rest = otherwise === undefined ? undefined : constant(otherwise, 40195);
  if (rest !== undefined && compareValues(rest, bounds[0]) >= 0 && compareValues(rest, bounds.at(-1)) < 0)
    fail(40199, "The $bucket 'default' must lie outside of the 'boundaries'");
  const choice = { branches, ...(rest !== undefined && { default: { $literal: rest } }) };
  return [{ $group: { _id: { $switch: choice }, ...objectOf("$bucket 'output'", output, 40196) } }, { $sort: { _id: 1 } }];
}

/** A stage that MongoDB defines as a sequence of others. */
function shorthand(expand: (operand: unknown) => Document[]): StageCompiler {
  return (operand, env, compile) => compile(expand(operand), env);
}

/** Stages that need nothing but their input. */
export const STAGES: Readonly<Record<string, StageCompiler>> = {
  $bucket: shorthand(bucket),
  $count: shorthand(counted),
  $group: (operand, env) => group(objectOf('$group', operand, 15947), env),
  $limit: (operand) => between(0, whole('$limit', operand, 1, 15958)),
  $match: match,
  $sample: sample,
  $skip: (operand) => between(whole('$skip', operand, 0, 5107200), Infinity),
  $sort: (operand) => sort(operand),
  $sortByCount: shorthand(sortByCount),
  $unwind: unwind,
};
