import { createRequire } from 'node:module';
import { Double } from 'bson';
import { typeOf } from '../document.js';
import { fail } from '../errors.js';
import type { BsonNumber } from '../numbers.js';
import { integerOf, isNumber, toDouble } from '../numbers.js';

/** How the plain number mingo answers gets its BSON type back: always a double, or the type of the widest argument. */
type Result = 'value' | 'double' | 'widest';

/** Functions taken from mingo: those it computes as MongoDB does once the arguments are evaluated here. Elements of arrays pass through it unseen. */
export const MINGO_FUNCTIONS: Readonly<Record<string, { named?: true; result: Result }>> = {
  ...Object.fromEntries(
    [
      '$arrayElemAt',
      '$first',
      '$last',
      '$concatArrays',
      '$slice',
      '$reverseArray',
      '$range',
      '$arrayToObject',
      '$concat',
      '$split',
      '$strcasecmp',
    ]
      .concat(['$strLenCP', '$strLenBytes', '$substr', '$substrBytes', '$substrCP', '$indexOfBytes'])
      .map((name) => [name, { result: 'value' }]),
  ),
  ...Object.fromEntries(
    ['$trim', '$ltrim', '$rtrim', '$replaceOne', '$replaceAll'].map((name) => [name, { named: true, result: 'value' }]),
  ),
  ...Object.fromEntries(['$abs', '$ceil', '$floor', '$pow'].map((name) => [name, { result: 'widest' }])),
  ...Object.fromEntries(
    [
      '$sqrt',
      '$exp',
      '$ln',
      '$log',
      '$log10',
      '$sin',
      '$cos',
      '$tan',
      '$asin',
      '$acos',
      '$atan',
      '$atan2',
      '$degreesToRadians',
      '$radiansToDegrees',
    ].map((name) => [name, { result: 'double' }]),
  ),
};

type Core = typeof import('mingo/core');
type Run = (name: string, values: Record<string, unknown>) => unknown;

let loaded: Run | undefined;

/** mingo takes longer to load than the rest of the server, and most sessions never need it. */
function load(): Run {
  const require = createRequire(import.meta.url);
  const { Context, evalExpr } = require('mingo/core') as Core;
  const expression = require('mingo/operators/expression') as NonNullable<Parameters<Core['Context']['init']>[0]>['expression'];
  const options = { context: Context.init({ expression }) } as Parameters<typeof evalExpr>[2];
  return (name, values) => {
    const references = Object.keys(values).map((key) => [key, `$${key}`] as const);
    const positional = references.map(([, reference]) => reference);
    const operand = MINGO_FUNCTIONS[name]?.named ? Object.fromEntries(references) : positional.length === 1 ? positional[0] : positional;
    return evalExpr(values, { [name]: operand }, options);
  };
}

/** The plain value mingo computes with; it has no place for integers beyond 2^53 nor for decimals. */
function promoted(name: string, value: unknown): unknown {
  if (!isNumber(value)) return value;
  const double = toDouble(value);
  if (typeOf(value) === 'decimal' || (typeOf(value) === 'long' && !Number.isSafeInteger(double))) {
    fail(238, `${name} of a ${typeOf(value)} is not supported by the embedded database`);
  }
  return double;
}

function widest(result: number, numbers: BsonNumber[]): BsonNumber {
  const types = numbers.map(typeOf);
  if (types.includes('double') || !Number.isInteger(result)) return new Double(result);
  return integerOf(BigInt(result), types.includes('long') ? 'long' : 'int') ?? new Double(result);
}

/** One of {@link MINGO_FUNCTIONS}, called with evaluated arguments by name (`a0`, `a1`, … for positional ones). */
export function mingoFunction(name: string): (values: Record<string, unknown>) => unknown {
  return (values) => {
    const plain = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, promoted(name, value)]));
    let result: unknown;
    try {
      result = (loaded ??= load())(name, plain);
    } catch (error) {
      return fail(2, (error as Error).message);
    }
    const kind = MINGO_FUNCTIONS[name]?.result;
    if (typeof result !== 'number' || kind === 'value') return result;
    const numbers = Object.values(values).filter(isNumber);
    if (Number.isNaN(result) && !numbers.some((each) => Number.isNaN(toDouble(each))))
      fail(2, `${name}: argument out of range: ${numbers.map(toDouble).join(', ')}`);
    return kind === 'double' ? new Double(result) : widest(result, numbers);
  };
}
