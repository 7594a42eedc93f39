import { arithmetic, zeroOf } from './oracle-arithmetic.fixture-spec.js';
import { isPulled } from './oracle-filter.fixture-spec.js';
import { compare, identical, isDocument, toNumber, type Doc } from './oracle-order.fixture-spec.js';
import { Refusal, Undecided } from './oracle-refusal.fixture-spec.js';

/** What became of a document. `changed` is undefined where MongoDB may count an unchanged document as modified. */
export interface Updated {
  doc: Doc;
  changed: boolean | undefined;
}

const copy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copy);
  return isDocument(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)])) : value;
};

/** Where a path ends: at a field, at a place where one can be made, or before a value that has no fields. */
type Place =
  | { kind: 'field'; parent: Doc; name: string; value: unknown }
  | { kind: 'gap'; make(value: unknown): void }
  | { kind: 'wall'; array: boolean };

function find(doc: Doc, path: string): Place {
  const parts = path.split('.');
  const name = parts.pop() ?? '';
  let parent = doc;
  for (const [i, part] of parts.entries()) {
    const next = Object.hasOwn(parent, part) ? parent[part] : undefined;
    if (next === undefined) {
      const [from, missing] = [parent, parts.slice(i)];
      return { kind: 'gap', make: (value) => void ([...missing].reduce((at, each) => (at[each] = {}) as Doc, from)[name] = value) };
    }
    if (!isDocument(next)) return { kind: 'wall', array: Array.isArray(next) };
    parent = next;
  }
  const at = parent;
  if (Object.hasOwn(at, name)) return { kind: 'field', parent: at, name, value: at[name] };
  return { kind: 'gap', make: (value) => void (at[name] = value) };
}

/** The new value of a field: `value` undefined leaves it as it is. */
interface Change {
  value?: unknown;
  /** Set where the value does not change but MongoDB may count it as modified. */
  loose?: boolean;
}

type FieldOperator = (current: unknown, operand: unknown) => Change;

const arrayOf = (current: unknown): unknown[] => {
  if (!Array.isArray(current)) throw new Refusal([2]);
  return current;
};

/** The values that `$push` and `$addToSet` bring, and the modifiers beside them. */
function eachOf(operand: unknown): { each: unknown[]; modifiers: Doc } {
  if (!isDocument(operand) || !Array.isArray(operand['$each'])) return { each: [operand], modifiers: {} };
  return { each: operand['$each'] as unknown[], modifiers: operand };
}

function push(current: unknown, operand: unknown): Change {
  const array = arrayOf(current);
  const { each, modifiers } = eachOf(operand);
  const at = modifiers['$position'] === undefined ? array.length : toNumber(modifiers['$position']);
  const result = array.toSpliced(at, 0, ...each);
  if (modifiers['$sort'] !== undefined) {
    const direction = toNumber(modifiers['$sort']);
    result.sort((a, b) => {
      const order = compare(a, b) * direction;
      if (order === 0 && !identical(a, b)) throw new Undecided();
      return order;
    });
  }
  const slice = modifiers['$slice'] === undefined ? undefined : toNumber(modifiers['$slice']);
  const value = slice === undefined ? result : slice < 0 ? result.slice(slice) : result.slice(0, slice);
  return { value, loose: each.length > 0 || modifiers['$sort'] !== undefined };
}

function addToSet(current: unknown, operand: unknown): Change {
  const result = [...arrayOf(current)];
  for (const value of eachOf(operand).each) if (!result.some((each) => compare(each, value) === 0)) result.push(value);
  return { value: result };
}

/** What an operator does with a field that is there. */
const ON_FIELD: Readonly<Record<string, FieldOperator>> = {
  $set: (_current, operand) => ({ value: operand }),
  $inc: (current, operand) => ({ value: arithmetic(current, operand, false) }),
  $mul: (current, operand) => ({ value: arithmetic(current, operand, true) }),
  $min: (current, operand) => (compare(operand, current) < 0 ? { value: operand } : {}),
  $max: (current, operand) => (compare(operand, current) > 0 ? { value: operand } : {}),
  $push: push,
  $addToSet: addToSet,
  $pull: (current, operand) => ({ value: arrayOf(current).filter((element) => !isPulled(element, operand)) }),
};

/** What an operator puts where there is no field yet; the others leave it so. */
const ON_GAP: Readonly<Record<string, (operand: unknown) => unknown>> = {
  $set: (operand) => operand,
  $inc: (operand) => operand,
  $mul: zeroOf,
  $min: (operand) => operand,
  $max: (operand) => operand,
  $push: (operand) => push([], operand).value,
  $addToSet: (operand) => addToSet([], operand).value,
};

function applyToPath(doc: Doc, operator: string, path: string, operand: unknown): boolean {
  const place = find(doc, path);
  if (operator === '$unset') {
    if (place.kind !== 'field') return false;
    return delete place.parent[place.name];
  }
  if (place.kind === 'wall') throw new Refusal([28]);
  if (place.kind === 'gap') {
    const make = ON_GAP[operator];
    if (make) place.make(copy(make(operand)));
    return false;
  }
  const change = ON_FIELD[operator]?.(place.value, operand);
  if (change?.value !== undefined) place.parent[place.name] = copy(change.value);
  return change?.loose === true;
}

function rename(doc: Doc, from: string, to: string): void {
  const source = find(doc, from);
  if (source.kind === 'wall') throw new Refusal([28]);
  if (source.kind === 'gap') return;
  const target = find(doc, to);
  if (target.kind === 'wall') throw new Refusal([target.array ? 2 : 28]);
  if (target.kind === 'gap') target.make(source.value);
  else target.parent[target.name] = source.value;
  delete source.parent[source.name];
}

interface Step {
  operator: string;
  path: string;
  operand: unknown;
}

/** The steps of an update in the order in which MongoDB takes them: by path, part by part. Two on one path are refused. */
function stepsOf(update: Doc): Step[] {
  const steps = Object.entries(update).flatMap(([operator, fields]) =>
    Object.entries(fields as Doc).map(([path, operand]) => ({ operator, path, operand })),
  );
  const paths = steps.flatMap(({ operator, path, operand }) => (operator === '$rename' ? [path, operand as string] : [path]));
  if (paths.some((path, i) => paths.some((other, j) => i !== j && `${other}.`.startsWith(`${path}.`)))) throw new Refusal([40]);
  const placeOf = ({ operator, path, operand }: Step): string => (operator === '$rename' ? (operand as string) : path);
  return steps.sort((a, b) => (placeOf(a).replaceAll('.', '\0') < placeOf(b).replaceAll('.', '\0') ? -1 : 1));
}

const isReplacement = (update: Doc): boolean => !(Object.keys(update)[0] ?? '').startsWith('$');

/** Refuses what MongoDB refuses before it looks at any document. */
export function checkUpdate(update: Doc): void {
  if (!isReplacement(update)) stepsOf(update);
}

/** `_id` stays. Whether 1 may become 1.0 the manual does not say. */
function refuseOtherId(before: unknown, after: unknown): void {
  if (identical(before, after)) return;
  throw after !== undefined && compare(before, after) === 0 ? new Undecided() : new Refusal([66]);
}

function replace(doc: Doc, replacement: Doc): Updated {
  const result = copy(replacement) as Doc;
  if (!Object.hasOwn(doc, '_id')) return { doc: result, changed: true };
  if (Object.hasOwn(replacement, '_id')) {
    refuseOtherId(doc['_id'], replacement['_id']);
    return { doc: result, changed: !identical(result, doc) };
  }
  const kept = { _id: doc['_id'], ...result };
  return { doc: kept, changed: identical(kept, doc) ? undefined : true };
}

/** Takes one step; true where MongoDB may count it as a change though it changes nothing. */
function take({ operator, path, operand }: Step, doc: Doc, insert: boolean): boolean {
  if (operator === '$rename') rename(doc, path, operand as string);
  else if (operator !== '$setOnInsert') return applyToPath(doc, operator, path, operand);
  else if (insert) applyToPath(doc, '$set', path, operand);
  return false;
}

/** The codes with which steps are refused that are taken alone: which of several MongoDB reports is not in the manual. */
function refusalsOf(steps: readonly Step[], doc: Doc, insert: boolean): number[] {
  return steps.flatMap((step) => {
    try {
      take(step, copy(doc) as Doc, insert);
    } catch (error) {
      if (error instanceof Refusal) return error.codes;
      throw error;
    }
    return [];
  });
}

/** A document after an update; the one given stays as it is. */
export function applyUpdate(doc: Doc, update: Doc, insert = false): Updated {
  if (isReplacement(update)) return replace(doc, update);
  const steps = stepsOf(update);
  const result = copy(doc) as Doc;
  let loose = false;
  try {
    for (const step of steps) loose = take(step, result, insert) || loose;
  } catch (error) {
    throw error instanceof Refusal ? new Refusal([...error.codes, ...refusalsOf(steps, doc, insert)]) : error;
  }
  if (Object.hasOwn(doc, '_id')) refuseOtherId(doc['_id'], result['_id']);
  const same = identical(result, doc);
  return { doc: result, changed: same && loose ? undefined : !same };
}

/** The document that an upsert makes: what the filter says is equal, then the update; `_id` first. */
export function upsertedDocument(filter: Doc, update: Doc): Doc {
  const base: Doc = {};
  for (const [path, condition] of Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isReplacement(update) && path !== '_id') continue;
    const operators = isDocument(condition) && Object.keys(condition)[0]?.startsWith('$');
    if (operators && !Object.hasOwn(condition, '$eq')) continue;
    applyToPath(base, '$set', path, operators ? condition['$eq'] : condition);
  }
  const { _id, ...rest } = applyUpdate(base, update, true).doc;
  if (_id === undefined) throw new Undecided();
  return { _id, ...rest };
}
