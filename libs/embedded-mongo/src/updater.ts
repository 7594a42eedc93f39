import { asDocument, typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import { canonical } from './key.js';
import { isOperatorDocument } from './matcher.js';
import { partsOf, valueAt } from './paths.js';
import { runPipeline } from './pipeline/pipeline.js';
import { compileTransform, isTransform } from './pipeline/transforms.js';
import { UPDATE_OPERATORS } from './update-operators.js';
import { arrayFilters, checkConflicts, comparePaths, concretePaths, isPositional, updatePath, type Path } from './update-paths.js';
import { writeAll, type Write } from './update-write.js';

interface ApplyContext {
  /** What the positional `$` stands for. */
  arrayIndex?: number | undefined;
  /** An upsert that inserts: the document is the seed. */
  isInsert: boolean;
}

export interface UpdateOptions {
  arrayFilters?: Document[] | undefined;
  now: Date;
  variables?: Document;
}

export interface Update {
  readonly isReplacement: boolean;
  /** The updated document; `doc` stays as it is, also when an operator fails. Whoever stores it compares bytes to know whether it was modified. */
  apply(doc: Document, context: ApplyContext): Document;
}

/** The `_id` of a stored document never changes and stands first; an update that leaves it out keeps it. */
function keepId(before: Document, after: Document): Document {
  const isKept = after['_id'] !== undefined && after['_id'] === before['_id'];
  if (isKept && Object.keys(after)[0] === '_id') return after;
  const { _id = before['_id'], ...fields } = after;
  if (_id === undefined) return after;
  if (before['_id'] !== undefined && canonical(before['_id']) !== canonical(_id)) fail(66, "The immutable field '_id' would be altered");
  return { _id, ...fields };
}

function pipelineUpdate(stages: Document[], options: UpdateOptions): Update {
  const transforms = stages.map((stage) => {
    const [name = '', ...others] = Object.keys(asDocument(stage) ?? {});
    if (others.length === 0 && isTransform(name)) return compileTransform(name, stage[name], options);
    // What is wrong with the stage itself comes first.
    runPipeline([], [stage], { ...options, scan: () => [] });
    return fail(72, `${name} is not allowed to be used within an update`);
  });
  const run = (doc: Document): Document => transforms.reduce((current, transform) => transform(current), doc);
  return { isReplacement: false, apply: (doc) => keepId(doc, run(doc)) };
}

function replacement(update: Document): Update {
  const dollar = Object.keys(update).find((name) => name.startsWith('$'));
  if (dollar) fail(52, `The dollar ($) prefixed field '${dollar}' is not allowed in a replacement document`);
  return { isReplacement: true, apply: (doc) => keepId({ _id: doc['_id'] }, update) };
}

const pathsOf = (writes: readonly Write[]): Path[] => writes.map(({ path }) => path);

function stepsOf(operator: string, operand: unknown, now: Date): Write[] {
  const compile = Object.hasOwn(UPDATE_OPERATORS, operator) ? UPDATE_OPERATORS[operator] : undefined;
  if (!compile && operator !== '$rename') fail(9, `Unknown modifier: ${operator}`);
  const fields = asDocument(operand) ?? fail(9, `Modifiers operate on fields but we found type ${typeOf(operand)} for ${operator}`);
  return Object.entries(fields).flatMap(([path, value]) =>
    compile ? { path: updatePath(path), operator, change: compile(value, path, now) } : renameSteps(path, value),
  );
}

function renameSteps(name: string, newName: unknown): Write[] {
  const leads = (path: string, on: unknown): boolean => `${String(on)}.`.startsWith(`${path}.`);
  if (typeof newName !== 'string' || leads(name, newName) || leads(newName, name))
    return fail(2, `$rename of '${name}' needs the name of a field on another path`);
  const [from, to] = [updatePath(name), updatePath(newName)];
  if (isPositional([...from, ...to])) fail(2, `$rename from '${name}' to '${newName}' may not be positional`);
  const applies = (doc: Document): boolean => {
    const containers = [from, to].flatMap((path) => path.map((_, length) => valueAt(doc, path.slice(0, length))));
    const isThere = valueAt(doc, from) !== undefined;
    if (isThere && containers.some(Array.isArray)) fail(2, `$rename from '${name}' to '${newName}': neither can be in an array`);
    return isThere;
  };
  return [
    { path: to, operator: '$set', change: (_, doc) => valueAt(doc, from), applies },
    { path: from, operator: '$rename', change: () => undefined },
  ];
}

function operatorUpdate(update: Document, options: UpdateOptions): Update {
  const steps = Object.entries(update).flatMap(([operator, operand]) => stepsOf(operator, operand, options.now));
  const paths = pathsOf(steps);
  checkConflicts(paths, 40);
  const filters = arrayFilters(options.arrayFilters ?? [], paths);
  const byPath = (a: Write, b: Write): number => comparePaths(a.path, b.path);
  steps.sort(byPath);
  const hasPositional = paths.some(isPositional);
  const concrete = (writes: Write[], doc: Document, context: ApplyContext): Write[] => {
    const found = writes.flatMap((write) => concretePaths(write.path, doc, context, filters).map((path) => ({ ...write, path })));
    checkConflicts(pathsOf(found), 40);
    return found.sort(byPath);
  };
  const apply = (doc: Document, context: ApplyContext): Document => {
    const isDone = ({ operator, applies }: Write): boolean => (operator !== '$setOnInsert' || context.isInsert) && (applies?.(doc) ?? true);
    const writes = steps.filter(isDone);
    const after = writeAll(doc, hasPositional ? concrete(writes, doc, context) : writes);
    if (doc['_id'] !== undefined && after['_id'] === undefined) fail(66, "The immutable field '_id' would be removed");
    return keepId(doc, after);
  };
  return { isReplacement: false, apply };
}

/** Compiles an update. Raises 2, 9, 14, 28, 40, 52, 56, 66 as MongoDB does, on compiling where the update is wrong and on `apply` where the document is. */
export function compileUpdate(update: Document | Document[], options: UpdateOptions): Update {
  if (!Array.isArray(update) && isOperatorDocument(update)) return operatorUpdate(update, options);
  if (options.arrayFilters?.length) fail(9, 'arrayFilters may only be specified for updates with operators');
  return Array.isArray(update) ? pipelineUpdate(update, options) : replacement(update);
}

/** What a filter says a field is equal to: its operand, or the `$eq`, the only `$in` or the `$all` among its operators. */
function equalValues(operand: unknown): unknown[] {
  const isValue = (value: unknown): boolean => !isOperatorDocument(value) && typeOf(value) !== 'regex';
  if (!isOperatorDocument(operand)) return [operand].filter(isValue);
  return Object.entries(operand).flatMap(([operator, value]) => {
    if (operator === '$eq') return [value];
    const isEqual = operator === '$all' || (operator === '$in' && (value as unknown[]).length === 1);
    return isEqual ? (value as unknown[]).filter(isValue) : [];
  });
}

function equalities(filter: Document): Write[] {
  return Object.entries(filter).flatMap(([name, operand]) => {
    if (name === '$expr') fail(224, '$expr is not allowed in the filter of an upsert');
    if (['$and', '$or', '$nor'].includes(name)) {
      const branches = (operand as Document[]).map(equalities);
      return name === '$and' || (name === '$or' && branches.length === 1) ? branches.flat() : [];
    }
    if (name.startsWith('$')) return [];
    return equalValues(operand).map((value) => ({ path: partsOf(name), operator: '$set', change: () => value }));
  });
}

/** The fields an upsert starts from: the equality conditions of its (well-formed) filter, by path. Raises 54 when a path is given twice, 224 for an `$expr`. */
export function upsertSeed(filter: Document): Document {
  const writes = equalities(filter).sort((a, b) => comparePaths(a.path, b.path));
  checkConflicts(pathsOf(writes), 54);
  return writeAll({}, writes);
}
