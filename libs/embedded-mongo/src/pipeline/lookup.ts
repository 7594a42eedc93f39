import { RawDocument, typeOf, type Document } from '../document.js';
import { fail } from '../errors.js';
import { canonical } from '../key.js';
import { partsOf, visit } from '../paths.js';
import { variableName } from './control.js';
import { compileExpression, fieldPath } from './expressions.js';
import { namedArguments } from './functions.js';
import { gather, inBatches, type PipelineEnv, type Source, type Stage } from './source.js';
import { objectOf, pipelineOf, withPath, type CompileStages } from './stages.js';
import type { Names } from './types.js';

const isClosed = (stage: Document): boolean => !JSON.stringify(stage).includes('$$');

/** Splits leading `$match` stages, such as mention no variable, off a pipeline: an index may answer them. */
export function pushedDown(stages: Document[], mayPush = isClosed): { filters: Document[]; rest: Document[] } {
  const end = stages.findIndex((stage) => !('$match' in stage && mayPush(stage)));
  const at = end < 0 ? stages.length : end;
  return { filters: stages.slice(0, at).map((stage) => objectOf('$match', stage['$match'], 15959)), rest: stages.slice(at) };
}

/** Filters that must all hold as one. */
export const conjunction = (filters: Document[]): Document => (filters.length < 2 ? (filters[0] ?? {}) : { $and: filters });

/** The values a path reaches, by key; null stands for missing ones. */
function valuesAt(doc: RawDocument, path: string): Map<string, unknown> {
  const values = new Map<string, unknown>();
  visit(doc, partsOf(path), true, (value) => {
    values.set(canonical(value), value ?? null);
    return false;
  });
  return values;
}

/** The values a document is joined by: those of an array one by one, null where there are none. */
function localValues(doc: RawDocument, path: string): Map<string, unknown> {
  const values = valuesAt(doc, path);
  for (const [key, value] of values) if (Array.isArray(value)) values.delete(key);
  if ([...values.values()].some((value) => typeOf(value) === 'regex'))
    fail(238, `$lookup by the regular expression in '${path}' is not supported by the embedded database`);
  return values.size > 0 ? values : new Map([[canonical(null), null]]);
}

/** One scan of the other collection for a whole batch; which document belongs to which is decided by the values' keys. */
function* joinBatch(
  batch: RawDocument[],
  [localField, foreignField]: readonly [string, string],
  scan: (filter: Document) => Source,
): Generator<RawDocument[], RawDocument[][]> {
  const joined = batch.map((): RawDocument[] => []);
  const wanted = new Map<string, unknown>();
  const owners = new Map<string, number[]>();
  for (const [i, doc] of batch.entries()) {
    for (const [key, value] of localValues(doc, localField)) {
      wanted.set(key, value);
      owners.set(key, [...(owners.get(key) ?? []), i]);
    }
  }
  for (const found of scan({ [foreignField]: { $in: [...wanted.values()] } })) {
    for (const doc of found) {
      const matched = new Set([...valuesAt(doc, foreignField).keys()].flatMap((key) => owners.get(key) ?? []));
      for (const owner of matched) joined[owner]?.push(doc);
    }
    yield [];
  }
  return joined;
}

/** `$lookup` by equal fields, by a pipeline with variables, or by both. */
export function lookup(operand: unknown, env: PipelineEnv, compile: CompileStages): Stage {
  const names: Names = [{ from: 9, as: 9, localField: 0, foreignField: 0, pipeline: 0, let: 0 }, 9, 9];
  const [from, as, localField, foreignField, pipeline, vars = {}] = namedArguments('$lookup', operand, names);
  if (typeof from !== 'string' || typeof as !== 'string') return fail(9, "$lookup requires 'from' and 'as' as strings");
  const fields = typeof localField === 'string' && typeof foreignField === 'string' ? ([localField, foreignField] as const) : undefined;
  if (!fields && (localField !== undefined || foreignField !== undefined || pipeline === undefined))
    fail(9, "$lookup requires both 'localField' and 'foreignField', as strings, or a 'pipeline'");
  const path = fieldPath(as);
  const lets = Object.entries(objectOf('let of $lookup', vars, 9)).map(([name, value]) => {
    return [variableName(name), compileExpression(value, env)] as const;
  });
  const { filters, rest } = pushedDown(pipelineOf('$lookup', pipeline ?? []));
  const scan = (filter: Document[]): Source => env.scan(from, conjunction([...filter, ...filters]));
  const stagesWith = (valueOf: (evaluate: (root: unknown) => unknown) => unknown): Stage => {
    const values = Object.fromEntries(lets.map(([name, evaluate]) => [name, valueOf(evaluate)]));
    return compile(rest, { ...env, variables: { ...env.variables, ...values } });
  };
  // Malformed stages are refused before anything is read.
  stagesWith(() => null);

  return function* (source) {
    let always: RawDocument[] | undefined;
    for (const batch of source) {
      const joined = fields && (yield* joinBatch(batch, fields, (filter) => scan([filter])));
      const out: RawDocument[] = [];
      for (const [i, doc] of batch.entries()) {
        const input = (): Source => (joined ? inBatches(joined[i] ?? [], (each) => each) : scan([]));
        const found = always ?? (yield* gather(stagesWith((evaluate) => evaluate(doc))(input())));
        if (!fields && lets.length === 0) always = found;
        const documents = found.map((each) => each.typed);
        out.push(RawDocument.fromTyped(withPath(doc.typed, path, documents)));
      }
      yield out;
    }
  };
}
