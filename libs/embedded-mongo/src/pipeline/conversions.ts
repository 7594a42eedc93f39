import { Double, Long, ObjectId } from 'bson';
import { typeOf } from '../document.js';
import { fail } from '../errors.js';
import { CLASS, compareValues } from '../key.js';
import { integerOf, isNumber, toDouble, truncated } from '../numbers.js';
import { dateOf } from './dates.js';
import type { FunctionSpec } from './types.js';

/** Zero, null, false and missing are false. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return CLASS[typeOf(value)] !== CLASS.int || compareValues(value, 0) !== 0;
}

const unparsed = (type: string, value: string): never => fail(241, `Failed to parse ${type} '${value}' in $convert with no onError value`);

/** What has a plain written form; undefined for other values. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (!isNumber(value)) return undefined;
  return typeOf(value) === 'double' ? String(toDouble(value)) : value.toString();
}

function doubleOf(value: unknown): Double | undefined {
  if (typeof value === 'string' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) unparsed('number', value);
  if (isNumber(value)) return new Double(toDouble(value));
  return ['string', 'bool', 'date'].includes(typeOf(value)) ? new Double(Number(value)) : undefined;
}

/** `$toInt` and `$toLong`: numbers are cut towards zero. */
function wholeOf(value: unknown, type: 'int' | 'long'): unknown {
  if (typeof value === 'string' && !/^[+-]?\d+$/.test(value)) unparsed('number', value);
  if (!isNumber(value) && !['string', 'bool', type === 'long' && 'date'].includes(typeOf(value))) return undefined;
  const whole = isNumber(value) ? truncated(value) : BigInt(typeof value === 'string' ? value.replace('+', '') : Number(value));
  const result = whole === undefined ? undefined : integerOf(whole, type);
  const isOver = result === undefined || (type === 'int' && result instanceof Long);
  return isOver ? fail(241, `Conversion would overflow target type ${type} in $convert with no onError value`) : result;
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))? ?(Z|[+-]\d{2}:?\d{2})?$/;

function parseDate(text: string): Date {
  const [, day = '', time = '00:00', zone = 'Z'] =
    ISO.exec(text) ?? fail(241, `'${text}' is not an ISO 8601 date, the only form that is read here`);
  const date = new Date(`${day}T${time}${zone.replace(/(\d{2})(\d{2})$/, '$1:$2')}`);
  const isInvalid = Number.isNaN(date.getTime()) || !new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  return isInvalid ? unparsed('date', text) : date;
}

function instant(value: unknown): Date | undefined {
  if (typeof value === 'string') return parseDate(value);
  const ms = typeOf(value) === 'int' ? undefined : truncated(value);
  return dateOf(value) ?? (ms === undefined ? undefined : new Date(Number(ms)));
}

function objectId(value: unknown): ObjectId | undefined {
  if (typeof value !== 'string') return value instanceof ObjectId ? value : undefined;
  return /^[0-9a-f]{24}$/i.test(value) ? ObjectId.createFromHexString(value) : unparsed('objectId', value);
}

const conversion = (type: string, run: (value: unknown) => unknown): FunctionSpec => ({
  takes: ['value'],
  arity: 50723,
  run: (value: unknown) =>
    run(value) ?? fail(241, `Unsupported conversion from ${typeOf(value)} to ${type} in $convert with no onError value`),
});

/** BSON's order over all types; missing sorts below null here, other than in queries. */
const compare = (a: unknown, b: unknown): number =>
  a === undefined || b === undefined ? Number(b === undefined) - Number(a === undefined) : compareValues(a, b);

const comparison = (accepts: (order: number) => boolean | number): FunctionSpec => ({
  takes: ['any', 'any'],
  run: (a: unknown, b: unknown) => accepts(compare(a, b)),
});

/** Comparisons, types, and the operators that convert to one type; they raise 241 ConversionFailure where MongoDB does. */
export const CONVERSIONS: Readonly<Record<string, FunctionSpec>> = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: comparison(Math.sign),
  $not: { takes: ['any'], run: (value: unknown) => !isTrue(value) },
  $type: { takes: ['any'], run: (value: unknown) => (value === undefined ? 'missing' : typeOf(value)) },
  $isNumber: { takes: ['any'], run: isNumber },
  $toBool: conversion('bool', (value) => (typeof value !== 'boolean' && !isNumber(value) ? true : isTrue(value))),
  $toDate: conversion('date', instant),
  $toDouble: conversion('double', doubleOf),
  $toInt: conversion('int', (value) => wholeOf(value, 'int')),
  $toLong: conversion('long', (value) => wholeOf(value, 'long')),
  $toObjectId: conversion('objectId', objectId),
  $toString: conversion('string', textOf),
};
