import { BSONRegExp, Double, Int32, Long } from 'bson';
import type { Document } from '../document.js';
import { asDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { canonical, compareValues, isNil } from '../key.js';
import type { BsonNumber } from '../numbers.js';
import { arithmetic, integerOf, isNumber, toDouble, toInteger } from '../numbers.js';
import { compileRegex } from '../regex.js';
import { convert, CONVERSIONS, isTrue } from './conversions.js';
import type { NamedFunction } from './dates.js';

/** A function of evaluated arguments; `nullable`: null when any of them is null or missing. */
export interface PositionalFunction {
  arity: readonly [least: number, most: number];
  nullable: boolean;
  run: (...values: unknown[]) => unknown;
}

const MANY = Number.MAX_SAFE_INTEGER;
const strict = (least: number, most: number, run: PositionalFunction['run']): PositionalFunction => ({
  arity: [least, most],
  nullable: true,
  run,
});
const lenient = (least: number, most: number, run: PositionalFunction['run']): PositionalFunction => ({
  arity: [least, most],
  nullable: false,
  run,
});

function array(name: string, value: unknown, code: number): unknown[] {
  return Array.isArray(value) ? value : fail(code, `The argument to ${name} must be an array, but was of type: ${typeOf(value)}`);
}

/** `$toLower` and its kind also take what has a plain text form; nothing is ''. */
function asText(name: string, value: unknown): string {
  if (isNil(value)) return '';
  return typeof value === 'string' || isNumber(value) || value instanceof Date
    ? (convert(value, 'string') as string)
    : fail(16007, `${name} cannot convert ${typeOf(value)} to a string`);
}

/** A long that overflows becomes a double, other than in updates. */
function calculate(name: 'add' | 'subtract' | 'multiply', a: BsonNumber, b: BsonNumber): BsonNumber {
  return arithmetic(name, a, b) ?? arithmetic(name, new Double(toDouble(a)), new Double(toDouble(b))) ?? fail(1, name);
}

function add(...values: unknown[]): unknown {
  const dates = values.filter((value) => value instanceof Date);
  if (dates.length > 1) fail(16612, 'only one date allowed in an $add expression');
  const sum = values
    .filter((value) => !(value instanceof Date))
    .reduce<BsonNumber>(
      (total, value) =>
        calculate('add', total, isNumber(value) ? value : fail(14, `$add only supports numeric or date types, not ${typeOf(value)}`)),
      new Int32(0),
    );
  return dates[0] ? new Date(dates[0].getTime() + Math.round(toDouble(sum))) : sum;
}

function subtract(a: unknown, b: unknown): unknown {
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  if (a instanceof Date && isNumber(b)) return new Date(a.getTime() - Math.round(toDouble(b)));
  return isNumber(a) && isNumber(b) ? calculate('subtract', a, b) : fail(14, `can't $subtract ${typeOf(b)} from ${typeOf(a)}`);
}

function multiply(...values: unknown[]): unknown {
  return values.reduce<BsonNumber>(
    (product, value) =>
      calculate('multiply', product, isNumber(value) ? value : fail(14, `$multiply only supports numeric types, not ${typeOf(value)}`)),
    new Int32(1),
  );
}

function operand(name: string, value: unknown): BsonNumber {
  if (typeOf(value) === 'decimal') fail(238, `${name} of a decimal is not supported by the embedded database`);
  return isNumber(value) ? value : fail(14, `${name} only supports numeric types, not ${typeOf(value)}`);
}

function divide(a: unknown, b: unknown): Double {
  const [x, y] = [toDouble(operand('$divide', a)), toDouble(operand('$divide', b))];
  return y === 0 ? fail(2, "can't $divide by zero") : new Double(x / y);
}

function mod(a: unknown, b: unknown): unknown {
  const [x, y] = [operand('$mod', a), operand('$mod', b)];
  if (toDouble(y) === 0) fail(16610, "can't $mod by zero");
  const types = [typeOf(x), typeOf(y)];
  if (types.includes('double')) return new Double(toDouble(x) % toDouble(y));
  return integerOf((toInteger(x) ?? 0n) % (toInteger(y) ?? 1n), types.includes('long') ? 'long' : 'int');
}

const halfEven = (value: number): number => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

/** Rounds at a decimal place; doubles count with the 15 digits MongoDB takes them by. */
const rounding = (name: string, run: (value: number) => number): PositionalFunction =>
  strict(1, 2, (value, places = 0) => {
    const [number, digits] = [
      operand(name, value),
      Number(toInteger(places) ?? fail(51082, `precision argument to ${name} must be an integral value`)),
    ];
    if (digits < -20 || digits > 100) fail(51083, `cannot apply ${name} with precision value ${digits} value must be in [-20, 100]`);
    if (typeOf(number) !== 'double' && digits >= 0) return number;
    const [mantissa = '', exponent = '0'] = toDouble(number).toExponential(14).split('e');
    const result = Number(`${run(Number(`${mantissa}e${Number(exponent) + digits}`))}e${-digits}`);
    if (typeOf(number) === 'double') return new Double(Number.isFinite(toDouble(number)) ? result : toDouble(number));
    return integerOf(BigInt(result), typeOf(number) === 'long' ? 'long' : 'int');
  });

/** Elements by key, each once: equality is by key, as everywhere. */
const distinct = (name: string, value: unknown): Map<string, unknown> =>
  new Map(array(name, value, 17_041).map((each) => [canonical(each), each]));
const sorted = (values: Iterable<unknown>): unknown[] => [...values].sort(compareValues);

function search(name: string, args: Document): RegExpExecArray[] {
  const { input, regex, options } = args;
  if (isNil(input) || isNil(regex)) return [];
  if (typeof input !== 'string') return fail(51104, `${name} needs 'input' to be of type string`);
  if (typeof regex !== 'string' && typeOf(regex) !== 'regex') fail(51105, `${name} needs 'regex' to be of type string or regex`);
  const pattern = compileRegex(regex as string | BSONRegExp, typeof options === 'string' ? options : undefined);
  return [...input.matchAll(new RegExp(pattern, `${pattern.flags}g`))];
}

/** A match as MongoDB reports it; its place counts code points. */
const found = (match: RegExpExecArray): Document => ({
  match: match[0],
  idx: new Int32(Array.from(match.input.slice(0, match.index)).length),
  captures: match.slice(1).map((group) => (group as string | undefined) ?? null),
});

export const mergeObjects = (...values: unknown[]): Document =>
  Object.assign(
    {},
    ...values
      .filter((value) => !isNil(value))
      .map((value) => asDocument(value) ?? fail(40400, `$mergeObjects requires object inputs, but input is of type ${typeOf(value)}`)),
  ) as Document;

/** Functions of positional arguments that mingo lacks or computes otherwise. Numbers keep their BSON types, arrays their elements as they are. */
export const FUNCTIONS: Readonly<Record<string, PositionalFunction>> = {
  $add: strict(0, MANY, add),
  $subtract: strict(2, 2, subtract),
  $multiply: strict(0, MANY, multiply),
  $divide: strict(2, 2, divide),
  $mod: strict(2, 2, mod),
  $round: rounding('$round', halfEven),
  $trunc: rounding('$trunc', Math.trunc),
  $not: lenient(1, 1, (value) => !isTrue(value)),
  $in: lenient(2, 2, (value, values) => distinct('$in', array('$in', values, 40_081)).has(canonical(value))),
  $indexOfArray: strict(2, 2, (values, value) => {
    const key = canonical(value);
    return new Int32(array('$indexOfArray', values, 40_090).findIndex((each) => canonical(each) === key));
  }),
  $isArray: lenient(1, 1, (value) => Array.isArray(value)),
  $size: lenient(1, 1, (values) => new Int32(array('$size', values, 17_124).length)),
  $objectToArray: strict(1, 1, (value) =>
    Object.entries(asDocument(value) ?? fail(40390, `$objectToArray requires a document input, found: ${typeOf(value)}`)).map(([k, v]) => ({
      k,
      v,
    })),
  ),
  $mergeObjects: lenient(0, MANY, mergeObjects),
  $setUnion: strict(0, MANY, (...values) => sorted(new Map(values.flatMap((value) => [...distinct('$setUnion', value)])).values())),
  $setIntersection: strict(1, MANY, (...values) => {
    const [first = new Map<string, unknown>(), ...rest] = values.map((value) => distinct('$setIntersection', value));
    return sorted([...first].filter(([key]) => rest.every((set) => set.has(key))).map(([, value]) => value));
  }),
  $setDifference: strict(2, 2, (a, b) => {
    const removed = distinct('$setDifference', b);
    return [...distinct('$setDifference', a)].filter(([key]) => !removed.has(key)).map(([, value]) => value);
  }),
  // Beyond ASCII MongoDB leaves letters alone.
  $toLower: lenient(1, 1, (value) => asText('$toLower', value).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  $toUpper: lenient(1, 1, (value) => asText('$toUpper', value).replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  $type: lenient(1, 1, (value) => (value === undefined ? 'missing' : typeOf(value))),
  $isNumber: lenient(1, 1, isNumber),
  ...Object.fromEntries(Object.entries(CONVERSIONS).map(([name, type]) => [name, strict(1, 1, (value) => convert(value, type))])),
};

const REGEX = { required: ['input', 'regex'], optional: ['options'] } as const;

/** Functions of named arguments. */
export const NAMED_FUNCTIONS: Readonly<Record<string, NamedFunction>> = {
  $regexMatch: { ...REGEX, run: (args) => search('$regexMatch', args).length > 0 },
  $regexFind: { ...REGEX, run: (args) => search('$regexFind', args).slice(0, 1).map(found)[0] ?? null },
  $regexFindAll: { ...REGEX, run: (args) => search('$regexFindAll', args).map(found) },
  $convert: {
    required: ['input', 'to'],
    optional: ['onError', 'onNull'],
    run: (args) => {
      if (isNil(args['input'])) return args['onNull'] ?? null;
      try {
        return convert(args['input'], args['to']);
      } catch (error) {
        if ('onError' in args) return args['onError'];
        throw error;
      }
    },
  },
};
