import { Int32, Timestamp } from 'bson';
import { asDocument, typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import { canonical, compareValues } from './key.js';
import { compileFilter, isOperatorDocument } from './matcher.js';
import { arithmetic, integerOf, isNumber, toInteger } from './numbers.js';
import { partsOf, valueAt } from './paths.js';

/** The new value of a field from its old one in a document; undefined is a missing field. */
export type Change = (old: unknown, doc: Document) => unknown;

/** What an operator does at a path, from its operand. */
type Compile = (operand: unknown, path: string, now: Date) => Change;

const calculation =
  (operator: '$inc' | '$mul', operation: 'add' | 'multiply'): Compile =>
  (operand, path) => {
    if (!isNumber(operand)) return fail(14, `Cannot ${operator} '${path}' by a ${typeOf(operand)}`);
    if (typeOf(operand) === 'decimal') fail(238, `${operator} by a Decimal128 is not supported by the embedded database`);
    return (old = new Int32(0)) => {
      if (!isNumber(old)) return fail(14, `Cannot apply ${operator} to '${path}' of non-numeric type ${typeOf(old)}`);
      return arithmetic(operation, old, operand) ?? fail(2, `Failed to apply ${operator} to '${path}': beyond 64 bits`);
    };
  };

const extreme =
  (direction: 1 | -1): Compile =>
  (operand) =>
  (old) =>
    old === undefined || compareValues(operand, old) * direction > 0 ? operand : old;

function currentDate(operand: unknown, path: string, now: Date): Change {
  const { $type: type, ...others } = typeof operand === 'boolean' ? { $type: 'date' } : (asDocument(operand) ?? {});
  if (Object.keys(others).length > 0) fail(2, `The only option of $currentDate of '${path}' is $type`);
  if (type === 'date') return () => now;
  if (type === 'timestamp') return () => new Timestamp({ t: Math.floor(now.getTime() / 1_000), i: 1 });
  return fail(2, `$currentDate of '${path}' must be true or have a $type of 'date' or 'timestamp'`);
}

/** An operator on arrays: `change` gets the elements, none when the field is missing. */
const onArray =
  (operator: string, path: string, change: (elements: readonly unknown[]) => unknown[]): Change =>
  (old = []) => {
    if (!Array.isArray(old))
      return fail(operator === '$pop' ? 14 : 2, `Cannot apply ${operator} to '${path}' of non-array type ${typeOf(old)}`);
    return change(old);
  };

/** The values of `{$each: […]}`, or the operand itself. Other clauses must be among those allowed. */
function valuesOf(operator: string, operand: unknown, allowed: readonly string[]): { values: unknown[]; clauses: Document } {
  const clauses = asDocument(operand);
  if (!clauses || !('$each' in clauses)) return { values: [operand], clauses: {} };
  const { $each: values, ...others } = clauses;
  if (!Array.isArray(values)) return fail(operator === '$push' ? 2 : 14, `The argument to $each in ${operator} must be an array`);
  const unknown = Object.keys(others).find((clause) => !allowed.includes(clause));
  return unknown === undefined ? { values, clauses } : fail(2, `Unrecognized clause in ${operator}: ${unknown}`);
}

function integerClause(clauses: Document, name: string): number | undefined {
  if (clauses[name] === undefined) return undefined;
  return Number(toInteger(clauses[name]) ?? fail(2, `The value for ${name} in $push must be an integer`));
}

/** The order `$push` sorts by: whole elements by 1 or -1, or documents by fields. */
function elementOrder(sort: unknown): (a: unknown, b: unknown) => number {
  const fields = Object.entries(asDocument(sort) ?? { '': sort }).map(([path, direction]) => ({
    parts: path === '' ? [] : partsOf(path),
    direction: Number(toInteger(direction)),
  }));
  if (fields.length === 0 || fields.some(({ direction }) => Math.abs(direction) !== 1))
    fail(2, '$sort in $push must be 1, -1 or {field: 1 or -1}');
  return (a, b) =>
    fields.reduce((order, { parts, direction }) => order || compareValues(valueAt(a, parts), valueAt(b, parts)) * direction, 0);
}

function push(operand: unknown, path: string): Change {
  const { values, clauses } = valuesOf('$push', operand, ['$position', '$slice', '$sort']);
  const position = integerClause(clauses, '$position');
  const slice = integerClause(clauses, '$slice');
  const order = clauses['$sort'] === undefined ? undefined : elementOrder(clauses['$sort']);
  return onArray('$push', path, (elements) => {
    const at = position ?? elements.length;
    const array = [...elements.slice(0, at), ...values, ...elements.slice(at)];
    if (order) array.sort(order);
    if (slice === undefined) return array;
    return slice < 0 ? array.slice(slice) : array.slice(0, slice);
  });
}

function addToSet(operand: unknown, path: string): Change {
  const { values } = valuesOf('$addToSet', operand, []);
  return onArray('$addToSet', path, (elements) => {
    const known = new Set(elements.map(canonical));
    return [...elements, ...values.filter((value) => known.size !== known.add(canonical(value)).size)];
  });
}

function pop(operand: unknown, path: string): Change {
  const end = toInteger(operand);
  if (end !== 1n && end !== -1n) fail(9, `$pop of '${path}' expects 1 or -1`);
  return onArray('$pop', path, (elements) => (end === 1n ? elements.slice(0, -1) : elements.slice(1)));
}

function pullAll(operand: unknown, path: string): Change {
  if (!Array.isArray(operand)) return fail(2, `$pullAll of '${path}' requires an array`);
  const keys = new Set(operand.map(canonical));
  return onArray('$pullAll', path, (elements) => elements.filter((element) => !keys.has(canonical(element))));
}

function pull(operand: unknown, path: string): Change {
  const isPredicate = isOperatorDocument(operand) || typeOf(operand) === 'regex';
  const condition = isPredicate ? { element: operand } : asDocument(operand);
  if (!condition) return pullAll([operand], path);
  const filter = compileFilter(condition);
  return onArray('$pull', path, (elements) =>
    elements.filter((element) => {
      const candidate = isPredicate ? { element } : asDocument(element);
      return !candidate || !filter.matches(candidate);
    }),
  );
}

const BITWISE = new Map<string, (a: bigint, b: bigint) => bigint>([
  ['and', (a, b) => a & b],
  ['or', (a, b) => a | b],
  ['xor', (a, b) => a ^ b],
]);

/** The integer of an int or a long, which alone have bits. */
function bitsOf(value: unknown, path: string): bigint {
  const bits = ['int', 'long'].includes(typeOf(value)) ? toInteger(value) : undefined;
  return bits ?? fail(2, `$bit of '${path}' takes ints and longs only, not a ${typeOf(value)}`);
}

function bit(operand: unknown, path: string): Change {
  const steps = Object.entries(asDocument(operand) ?? {}).map(([name, by]) => {
    const run = BITWISE.get(name) ?? fail(2, `$bit of '${path}' knows and, or, xor, not '${name}'`);
    const bits = bitsOf(by, path);
    return (value: unknown): unknown => {
      const isLong = typeOf(value) === 'long' || typeOf(by) === 'long';
      return integerOf(run(bitsOf(value, path), bits), isLong ? 'long' : 'int');
    };
  });
  if (steps.length === 0) fail(2, `$bit of '${path}' needs {and|or|xor: integer}`);
  return (old = new Int32(0)) => steps.reduce((value, step) => step(value), old);
}

/** Update operators on one field, by name. `$rename` is the updater's own. */
export const UPDATE_OPERATORS: Readonly<Record<string, Compile>> = {
  $set: (operand) => () => operand,
  $setOnInsert: (operand) => () => operand,
  $unset: () => () => undefined,
  $inc: calculation('$inc', 'add'),
  $mul: calculation('$mul', 'multiply'),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: currentDate,
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
  $bit: bit,
};
