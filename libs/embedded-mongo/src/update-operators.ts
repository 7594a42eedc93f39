import { Int32, Long, Timestamp } from 'bson';
import type { Document } from './document.js';
import { asDocument, typeOf } from './document.js';
import { fail } from './errors.js';
import { canonical, compareValues } from './key.js';
import { compileFilter, isOperatorDocument } from './matcher.js';
import type { BsonNumber } from './numbers.js';
import { arithmetic, integerOf, isNumber, toInteger } from './numbers.js';
import { compareBy, parseSort } from './sort.js';

/** Takes a field away; in an array it leaves null. */
export const REMOVED = Symbol('removed');

/** Where an operator works: for messages, and for what only some writes do. */
interface Target {
  path: string;
  /** The last component of the path. */
  name: string;
  id: unknown;
}

/** The new value of a field from its old one (undefined: missing); returning the old one, or {@link REMOVED} for a missing field, changes nothing. */
export type Change = (old: unknown, target: Target) => unknown;

const show = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : isNumber(value) ? value.toString() : (JSON.stringify(value) ?? 'undefined');

function calculation(
  name: '$inc' | '$mul',
  verb: string,
  run: (old: BsonNumber, by: BsonNumber) => BsonNumber | undefined,
  onMissing: (by: BsonNumber) => BsonNumber,
) {
  return (operand: unknown, path: string): Change => {
    if (!isNumber(operand)) return fail(14, `Cannot ${verb} with non-numeric argument: {${path}: ${show(operand)}}`);
    return (old, { name: field, id }) => {
      if (old === undefined) return onMissing(operand);
      if (!isNumber(old)) {
        return fail(
          14,
          `Cannot apply ${name} to a value of non-numeric type. {_id: ${show(id)}} has the field '${field}' of non-numeric type ${typeOf(old)}`,
        );
      }
      return (
        run(old, operand) ?? fail(2, `Failed to apply ${name} operations to current value (${show(old)}) for document {_id: ${show(id)}}`)
      );
    };
  };
}

function extreme(better: (order: number) => boolean) {
  return (operand: unknown): Change =>
    (old) =>
      old === undefined || better(compareValues(operand, old)) ? operand : old;
}

function currentDate(operand: unknown, _path: string, now: Date): Change {
  const type = operand === true || operand === false ? 'date' : asDocument(operand)?.['$type'];
  if (type === 'date') return () => now;
  if (type === 'timestamp') return () => new Timestamp({ t: Math.floor(now.getTime() / 1_000), i: 1 });
  return fail(2, `The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}`);
}

function optionalInteger(clause: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  return Number(toInteger(value) ?? fail(2, `The value for ${clause} must be an integer value but was given type: ${typeOf(value)}`));
}

/** The order `$push` sorts by: whole elements by 1 or -1, or documents by fields. */
function elementOrder(sort: unknown): ((a: unknown, b: unknown) => number) | undefined {
  if (sort === undefined) return undefined;
  if (isNumber(sort)) {
    const direction = toInteger(sort);
    if (direction !== 1n && direction !== -1n) fail(2, 'The $sort element value must be either 1 or -1');
    return (a, b) => compareValues(a, b) * Number(direction);
  }
  const fields = parseSort(
    asDocument(sort) ?? fail(2, 'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields'),
  );
  return (a, b) => compareBy(asDocument(a) ?? {}, asDocument(b) ?? {}, fields);
}

function each(operator: string, operand: unknown, allowed: readonly string[]): { values: unknown[]; clauses: Document } {
  const clauses = asDocument(operand);
  if (!clauses || !('$each' in clauses)) return { values: [operand], clauses: {} };
  const values = clauses['$each'];
  if (!Array.isArray(values)) return fail(2, `The argument to $each in ${operator} must be an array but it was of type: ${typeOf(values)}`);
  const unknown = Object.keys(clauses).find((clause) => clause !== '$each' && !allowed.includes(clause));
  return unknown ? fail(2, `Unrecognized clause in ${operator}: ${unknown}`) : { values, clauses };
}

function push(operand: unknown): Change {
  const { values, clauses } = each('$push', operand, ['$slice', '$sort', '$position']);
  const [position, slice] = [optionalInteger('$position', clauses['$position']), optionalInteger('$slice', clauses['$slice'])];
  const order = elementOrder(clauses['$sort']);
  return (old, { path, id }) => {
    if (old !== undefined && !Array.isArray(old)) {
      return fail(2, `The field '${path}' must be an array but is of type ${typeOf(old)} in document {_id: ${show(id)}}`);
    }
    let array: unknown[] = [...((old as unknown[] | undefined) ?? [])];
    array.splice(position ?? array.length, 0, ...values);
    if (order) array.sort(order);
    if (slice !== undefined) array = slice < 0 ? array.slice(slice) : array.slice(0, slice);
    return array;
  };
}

function addToSet(operand: unknown): Change {
  const { values } = each('$addToSet', operand, []);
  return (old, { name }) => {
    if (old !== undefined && !Array.isArray(old))
      return fail(2, `Cannot apply $addToSet to non-array field. Field named '${name}' has non-array type ${typeOf(old)}`);
    const array = (old as unknown[] | undefined) ?? [];
    const known = new Set(array.map(canonical));
    const added = values.filter((value) => known.size !== known.add(canonical(value)).size);
    return old !== undefined && added.length === 0 ? array : [...array, ...added];
  };
}

function pop(operand: unknown): Change {
  const end = isNumber(operand) ? toInteger(operand) : fail(9, `Expected a number in: ${show(operand)}`);
  if (end !== 1n && end !== -1n) fail(9, `$pop expects 1 or -1, found: ${show(operand)}`);
  return (old: unknown, { path }): unknown => {
    if (!Array.isArray(old)) return fail(14, `Path '${path}' contains an element of non-array type '${typeOf(old)}'`);
    return end === 1n ? (old as unknown[]).slice(0, -1) : (old as unknown[]).slice(1);
  };
}

function removal(operator: string, matches: (element: unknown) => boolean): Change {
  return (old: unknown): unknown => {
    if (!Array.isArray(old)) return fail(2, `Cannot apply ${operator} to a non-array value`);
    const kept = (old as unknown[]).filter((element) => !matches(element));
    return kept.length === old.length ? (old as unknown[]) : kept;
  };
}

function pull(operand: unknown): Change {
  const condition = asDocument(operand);
  if (condition && !isOperatorDocument(condition)) {
    const filter = compileFilter(condition);
    return removal('$pull', (element) => {
      const document = asDocument(element);
      return document !== undefined && filter.matches(document);
    });
  }
  if (condition || typeOf(operand) === 'regex') {
    const filter = compileFilter({ element: operand });
    return removal('$pull', (element) => filter.matches({ element }));
  }
  const key = canonical(operand);
  return removal('$pull', (element) => canonical(element) === key);
}

function pullAll(operand: unknown): Change {
  if (!Array.isArray(operand)) return fail(2, `$pullAll requires an array argument but was given a ${typeOf(operand)}`);
  const keys = new Set(operand.map(canonical));
  return removal('$pullAll', (element) => keys.has(canonical(element)));
}

const BITWISE: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};
const isIntegral = (value: unknown): value is Int32 | Long | number => ['int', 'long'].includes(typeOf(value));

function bit(operand: unknown): Change {
  const steps = Object.entries(
    asDocument(operand) ??
      fail(
        2,
        `The $bit modifier is not compatible with a ${typeOf(operand)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
      ),
  );
  if (steps.length === 0) fail(2, `You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}`);
  const runs = steps.map(([name, by]) => {
    const run =
      BITWISE[name] ??
      fail(2, `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${name}: ${show(by)}}`);
    return isIntegral(by)
      ? { run, by }
      : fail(2, `The $bit modifier field must be an Integer(32/64 bit); a '${typeOf(by)}' is not supported here: {${name}: ${show(by)}}`);
  });
  return (old, { id, name }) => {
    if (old !== undefined && !isIntegral(old)) {
      return fail(
        2,
        `Cannot apply $bit to a value of non-integral type.{_id: ${show(id)}} has the field ${name} of non-integer type ${typeOf(old)}`,
      );
    }
    return runs.reduce<unknown>(
      (value, { run, by }) => {
        const long = typeOf(value) === 'long' || typeOf(by) === 'long';
        return integerOf(run(toInteger(value) ?? 0n, toInteger(by) ?? 0n), long ? 'long' : 'int');
      },
      old ?? new Int32(0),
    );
  };
}

const zeroLike = (by: BsonNumber): BsonNumber => arithmetic('multiply', by, new Int32(0)) ?? by;

/** Update operators on one field, by name: operand → change. `$rename` and `$setOnInsert` are the updater's own. */
export const UPDATE_OPERATORS: Readonly<Record<string, (operand: unknown, path: string, now: Date) => Change>> = {
  $set: (operand) => () => operand,
  $unset: () => () => REMOVED,
  $inc: calculation(
    '$inc',
    'increment',
    (old, by) => arithmetic('add', old, by),
    (by) => by,
  ),
  $mul: calculation('$mul', 'multiply', (old, by) => arithmetic('multiply', old, by), zeroLike),
  $min: extreme((order) => order < 0),
  $max: extreme((order) => order > 0),
  $currentDate: currentDate,
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
  $bit: bit,
};
