import { Double, Long } from 'bson';
import { typeOf } from '../document.js';
import { fail } from '../errors.js';
import { integerOf, isNumber, toDouble, type BsonNumber } from '../numbers.js';
import type { FunctionSpec } from './types.js';

type Calculation = (...numbers: number[]) => number;

/** Answers in the widest type of the operands, an int that overflows as a long. */
const widest =
  (run: Calculation) =>
  (...operands: BsonNumber[]): BsonNumber => {
    const result = run(...operands.map(toDouble));
    const types = operands.map(typeOf);
    if (types.includes('double') || !Number.isInteger(result)) return new Double(result);
    if (!Number.isSafeInteger(result)) fail(238, 'arithmetic of integers beyond 2^53 is not supported by the embedded database');
    return integerOf(BigInt(result), types.includes('long') ? 'long' : 'int') ?? new Double(result);
  };

const double =
  (run: Calculation) =>
  (...operands: BsonNumber[]): Double =>
    new Double(run(...operands.map(toDouble)));

/** A function of one number, within its domain. */
const single = (run: FunctionSpec['run']): FunctionSpec => ({ takes: ['number'], code: 28765, run });

/** `value` unless it is outside of a function's domain; NaN passes. */
const within = (value: number, isOutside: boolean, code: number, name: string): number =>
  isOutside ? fail(code, `${name} is not defined for ${value}`) : value;

const logarithm: Calculation = (a = 0, base = 0) =>
  Math.log(within(a, a <= 0, 28758, '$log')) / Math.log(within(base, base <= 0 || base === 1, 28759, '$log'));
const plus = widest((a = 0, b = 0) => a + b);
const minus = widest((a = 0, b = 0) => a - b);
const times = widest((a = 1, b = 1) => a * b);

/** A date that many milliseconds later; halves are rounded away from zero. */
const later = (date: Date, ms: number): Date => new Date(date.getTime() + Math.sign(ms) * Math.round(Math.abs(ms)));

function add(...operands: (BsonNumber | Date)[]): unknown {
  const [date, another] = operands.filter((each) => each instanceof Date);
  if (another) fail(16612, 'only one date allowed in an $add expression');
  const sum = operands.filter(isNumber).reduce<BsonNumber>((total, each) => plus(total, each), 0);
  return date ? later(date, toDouble(sum)) : sum;
}

function subtract(a: BsonNumber | Date, b: BsonNumber | Date): unknown {
  if (a instanceof Date) return b instanceof Date ? Long.fromNumber(a.getTime() - b.getTime()) : later(a, -toDouble(b));
  return b instanceof Date ? fail(14, "can't $subtract a date from a number") : minus(a, b);
}

function mod(a: BsonNumber, b: BsonNumber): unknown {
  const divisor = toDouble(b);
  if (divisor === 0) fail(16610, "can't $mod by zero");
  // A double that is a whole int counts as one here.
  return widest((x = 0, y = 0) => x % y)(a, typeOf(b) === 'double' ? divisor : b);
}

/** The whole units in a number of digits, ties to the even one. */
function halfEven(digits: bigint, unit: bigint): bigint {
  const [whole, twice] = [digits / unit, 2n * (digits % unit)];
  return whole + BigInt(twice > unit || (twice === unit && whole % 2n === 1n));
}

/** Rounds at a decimal place; a double counts with the 34 digits MongoDB takes it by. */
const rounding = (run: (digits: bigint, unit: bigint) => bigint): FunctionSpec => ({
  takes: ['number', 'whole?'],
  code: [51081, 51082],
  run: (value: BsonNumber, places = 0) => {
    if (places < -20 || places > 100) fail(51083, `$round and $trunc take a precision in [-20, 100], not ${places}`);
    const number = toDouble(value);
    if (!Number.isFinite(number) || (typeOf(value) !== 'double' && places >= 0)) return value;
    const [mantissa = '', exponent = '0'] = Math.abs(number).toExponential(33).split('e');
    const rest = 33 - Number(exponent) - places;
    if (rest <= 0) return value;
    const rounded = run(BigInt(mantissa.replace('.', '')), 10n ** BigInt(rest));
    return widest(() => Math.sign(number) * Number(`${rounded}e${-places}`))(value);
  },
});

/** Numbers are calculated with as doubles; those that lose something so are refused. */
export const ARITHMETIC: Readonly<Record<string, FunctionSpec>> = {
  $add: { takes: ['addend...'], code: 14, run: add },
  $subtract: { takes: ['addend', 'addend'], code: 14, run: subtract },
  $multiply: {
    takes: ['number...'],
    code: 14,
    run: (...factors: BsonNumber[]) => factors.reduce((product, each) => times(product, each), 1),
  },
  $divide: { takes: ['number', 'number'], code: 14, run: double((a = 0, b = 0) => a / within(b, b === 0, 2, '$divide by zero')) },
  $mod: { takes: ['number', 'number'], code: 16611, run: mod },
  $pow: {
    takes: ['number', 'number'],
    code: [28762, 28763],
    run: widest((a = 0, b = 0) => within(a, a === 0 && b < 0, 28764, '$pow') ** b),
  },
  $log: { takes: ['number', 'number'], code: [28756, 28757], run: double(logarithm) },
  $abs: single(widest((value = 0) => Math.abs(value))),
  $ceil: single(widest((value = 0) => Math.ceil(value))),
  $floor: single(widest((value = 0) => Math.floor(value))),
  $exp: single(double((value = 0) => Math.exp(value))),
  $ln: single(double((value = 0) => Math.log(within(value, value <= 0, 28766, '$ln')))),
  $log10: single(double((value = 0) => Math.log10(within(value, value <= 0, 28761, '$log10')))),
  $sqrt: single(double((value = 0) => Math.sqrt(within(value, value < 0, 28714, '$sqrt')))),
  $round: rounding(halfEven),
  $trunc: rounding((digits, unit) => digits / unit),
};
