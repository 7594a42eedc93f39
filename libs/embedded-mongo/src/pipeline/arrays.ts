import { asDocument, typeOf, type Document } from '../document.js';
import { fail } from '../errors.js';
import { canonical, isNil } from '../key.js';
import type { FunctionSpec } from './types.js';

/** The first (below zero: the last) elements, or `count` of them from a position on. */
export function sliced(array: unknown[], first: number, count?: number): unknown[] {
  if (count === undefined) return first < 0 ? array.slice(first) : array.slice(0, first);
  const start = first < 0 ? Math.max(array.length + first, 0) : first;
  return array.slice(start, start + count);
}

const slice = (array: unknown[], first: number, count?: number): unknown[] =>
  count !== undefined && count <= 0 ? fail(28729, `Third argument to $slice must be positive: ${count}`) : sliced(array, first, count);

function range(start: number, end: number, step = 1): number[] {
  if (step === 0) fail(34449, '$range requires a non-zero step value');
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);
}

function indexOf(array: unknown[], value: unknown, from = 0, to = array.length): number {
  if (from < 0 || to < 0) fail(40097, '$indexOfArray requires non-negative start and end');
  const key = canonical(value);
  return array.findIndex((each, i) => i >= from && i < to && canonical(each) === key);
}

function toObject(array: unknown[]): Document {
  const refuse = (): never => fail(40386, '$arrayToObject requires an array of [key, value] or one of {k, v}, with string keys');
  if (array.some((each) => Array.isArray(each) !== Array.isArray(array[0]))) refuse();
  const pairs = array.map((each): [string, unknown] => {
    const { k, v, ...others } = asDocument(each) ?? {};
    const [key, value, ...more] = Array.isArray(each) ? (each as unknown[]) : [k, v, ...Object.keys(others)];
    return typeof key === 'string' && value !== undefined && more.length === 0 ? [key, value] : refuse();
  });
  return Object.fromEntries(pairs);
}

/** `$mergeObjects`, the expression and the accumulator: later fields win, null and missing count as nothing. */
export function mergeObjects(...values: unknown[]): Document {
  const present = values.filter((value) => !isNil(value));
  const documents = present.map((value) => asDocument(value) ?? fail(40400, `$mergeObjects requires objects, not ${typeOf(value)}`));
  return Object.assign({}, ...documents) as Document;
}

/** Functions of arrays; their elements stay as they are. */
export const ARRAYS: Readonly<Record<string, FunctionSpec>> = {
  $arrayElemAt: { takes: ['array', 'int'], code: [28689, 28690], run: (array: unknown[], index: number) => array.at(index) },
  $arrayToObject: { takes: ['array'], code: 40386, run: toObject },
  $concatArrays: { takes: ['array...'], code: 28664, run: (...arrays: unknown[][]) => arrays.flat() },
  $first: { takes: ['array'], code: 28689, run: (array: unknown[]) => array[0] },
  $in: { takes: ['any', 'array!'], code: 40081, run: (value: unknown, array: unknown[]) => indexOf(array, value) >= 0 },
  $indexOfArray: { takes: ['array', 'any', 'whole?', 'whole?'], code: [40090, 40090, 40096], run: indexOf },
  $isArray: { takes: ['any'], run: (value: unknown) => Array.isArray(value) },
  $last: { takes: ['array'], code: 28689, run: (array: unknown[]) => array.at(-1) },
  $mergeObjects: { takes: ['any...'], code: 40400, run: mergeObjects },
  $objectToArray: { takes: ['object'], code: 40390, run: (fields: Document) => Object.entries(fields).map(([k, v]) => ({ k, v })) },
  $range: { takes: ['int!', 'int!', 'int?'], code: [34443, 34445, 34447], run: range },
  $reverseArray: { takes: ['array'], code: 34435, run: (array: unknown[]) => array.toReversed() },
  $size: { takes: ['array!'], code: 17124, run: (array: unknown[]) => array.length },
  $slice: { takes: ['array', 'int', 'int?'], code: [28724, 28725, 28727], run: slice },
};
