import type { BSONRegExp } from 'bson';
import { asDocument, TYPE_CODES, typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import { canonical, CLASS, isNil } from './key.js';
import { isNumber, toInteger, truncated } from './numbers.js';
import { visit } from './paths.js';
import { isTrue } from './pipeline/conversions.js';
import { compileRegex, literalPrefix, sourceAndFlags } from './regex.js';

/** What must hold of one path for a document to match: the planner's material. Necessary, never sufficient. */
export interface Constraint {
  path: string;
  /** The value (or for an array, an element) is one of these; `null` also stands for missing. */
  eq?: unknown[];
  lower?: { value: unknown; inclusive: boolean };
  upper?: { value: unknown; inclusive: boolean };
  /** A string that starts so. (A stored regular expression equal to the one asked for also matches, and lies outside this range.) */
  prefix?: string;
  exists?: boolean;
}

type Necessity = Omit<Constraint, 'path'>;

/** How a document matched: the array position that the positional `$` stands for. */
export interface Details {
  index?: number | undefined;
}

/** A condition on what a path reaches. */
export interface Condition {
  holds(root: unknown, path: readonly string[], details: Details): boolean;
  constraint?: Necessity | undefined;
}

/** Whether one value (undefined: missing) satisfies a condition. */
type Test = (value: unknown, details: Details) => boolean;

/** The path from an array's element to itself, for `$elemMatch`. */
export const ITSELF: readonly string[] = [];

/** A condition some value must satisfy; with `expand`, an array's elements are values too. */
export function some(test: Test, constraint?: Necessity, expand = true): Condition {
  return {
    constraint,
    holds: (root, path, details) =>
      visit(root, path, expand && path !== ITSELF, (value, arrayIndex) => {
        if (!test(value, details)) return false;
        if (arrayIndex >= 0) details.index = arrayIndex;
        return true;
      }),
  };
}

export const not = (...conditions: Condition[]): Condition => ({
  holds: (root, path) => !conditions.every((each) => each.holds(root, path, {})),
});

/** Whether a value is `{$operator: …}`, and not a document or a DBRef to be compared with. */
export function isOperatorDocument(value: unknown): value is Document {
  const [first] = Object.keys(asDocument(value) ?? {});
  return first !== undefined && first.startsWith('$') && !['$ref', '$id', '$db'].includes(first);
}

const isRegex = (value: unknown): value is BSONRegExp | RegExp => typeOf(value) === 'regex';

/** The operand as an array, or the error that names the operator. */
export const listOf = (name: string, operand: unknown): unknown[] => (Array.isArray(operand) ? operand : fail(2, `${name} needs an array`));

function equality(candidates: readonly unknown[]): Test {
  const keys = new Set(candidates.map(canonical));
  const only = candidates.length === 1 ? candidates[0] : undefined;
  // Most filters compare one string: no key needs to be built for that.
  if (typeof only === 'string')
    return (value) => value === only || (typeof value === 'object' && typeOf(value) === 'symbol' && keys.has(canonical(value)));
  const classes = new Set(candidates.map((value) => CLASS[typeOf(value)]));
  return (value) => classes.has(CLASS[typeOf(value)]) && keys.has(canonical(value));
}

function equal(operand: unknown): Condition {
  return some(equality([operand]), typeOf(operand) === 'array' ? undefined : { eq: [operand] });
}

function oneOf(operand: unknown): Condition {
  const values = listOf('$in or $nin', operand);
  if (values.some(isOperatorDocument)) fail(2, 'cannot nest $ under $in or $nin');
  const tests = [equality(values.filter((value) => !isRegex(value))), ...values.filter(isRegex).map((value) => regexTest(value))];
  const isIndexable = !values.some((value) => isRegex(value) || Array.isArray(value));
  return some((value, details) => tests.some((test) => test(value, details)), isIndexable ? { eq: values } : undefined);
}

const NAN_KEY = canonical(NaN);

/** `$gt`, `$gte`, `$lt`, `$lte`: within the operand's class only; against MinKey and MaxKey, all classes. */
const range =
  (side: 'lower' | 'upper', inclusive: boolean) =>
  (operand: unknown): Condition => {
    if (isRegex(operand)) fail(2, "Can't have RegEx as arg to predicate over field");
    const type = typeOf(operand);
    const pivot = canonical(operand);
    if (isNil(operand) || pivot === NAN_KEY) return inclusive ? equal(operand) : oneOf([]);
    const test: Test = (value) => {
      if (CLASS[typeOf(value)] !== CLASS[type]) return type === (side === 'lower' ? 'minKey' : 'maxKey');
      const key = canonical(value);
      if (key === pivot || key === NAN_KEY) return inclusive && key === pivot;
      return key < pivot === (side === 'upper');
    };
    const isIndexable = !['array', 'minKey', 'maxKey'].includes(type);
    return some(test, isIndexable ? { [side]: { value: operand, inclusive } } : undefined);
  };

/** Strings and symbols the pattern finds, and regular expressions equal to it. */
function regexTest(operand: BSONRegExp | RegExp | string, options?: string): Test {
  const pattern = compileRegex(operand, options);
  const same = typeof operand === 'string' ? undefined : canonical(operand);
  return (value) => {
    if (CLASS[typeOf(value)] === CLASS.string) return pattern.test(String(value));
    return isRegex(value) && canonical(value) === same;
  };
}

function regex(operand: unknown, spec: Document = {}): Condition {
  const { $options: options } = spec;
  if (!isRegex(operand) && typeof operand !== 'string') return fail(2, '$regex has to be a string');
  if (options !== undefined && typeof options !== 'string') return fail(2, '$options has to be a string');
  const isOptionsLast = Object.keys(spec).indexOf('$regex') < Object.keys(spec).indexOf('$options');
  if (options !== undefined && sourceAndFlags(operand)[1]) fail(isOptionsLast ? 51075 : 51074, 'options set in both $regex and $options');
  return some(regexTest(operand, options), { prefix: literalPrefix(operand, options) ?? '' });
}

/** What a value stands for beside operators, as in `{path: value}` and in `$all`: a pattern, or itself. */
export const implicit = (operand: unknown): Condition => (isRegex(operand) ? regex(operand) : equal(operand));

function typesOf(wanted: unknown): string[] {
  if (wanted === 'number') return ['int', 'long', 'double', 'decimal'];
  if (typeof wanted !== 'string' && !isNumber(wanted)) fail(14, '$type must be represented as a number or a string');
  const code = toInteger(wanted);
  const known = Object.entries(TYPE_CODES).find(([name, number]) => name === wanted || BigInt(number) === code);
  return [known?.[0] ?? fail(2, `Unknown $type: ${String(wanted)}`)];
}

function type(operand: unknown): Condition {
  const wanted = new Set((Array.isArray(operand) ? (operand as unknown[]) : [operand]).flatMap(typesOf));
  if (wanted.size === 0) fail(9, '$type must match at least one type');
  return some((value) => value !== undefined && wanted.has(typeOf(value)));
}

function size(operand: unknown): Condition {
  const wanted = toInteger(operand) ?? -1n;
  if (wanted < 0n) fail(2, 'Failed to parse $size. Expected a non-negative integer');
  return some((value) => Array.isArray(value) && BigInt(value.length) === wanted, undefined, false);
}

function mod(operand: unknown): Condition {
  const [divisor, remainder, ...others] = listOf('$mod', operand).map(truncated);
  if (divisor === undefined || remainder === undefined || others.length > 0) return fail(2, 'malformed $mod: needs two numbers');
  if (divisor === 0n) fail(2, '$mod: divisor cannot be 0');
  return some((value) => {
    const number = truncated(value);
    return number !== undefined && BigInt.asIntN(64, number) === number && number % divisor === remainder;
  });
}

const PRESENT = some((value) => value !== undefined, { exists: true }, false);
const ALWAYS: Condition = { holds: () => true };

/** The operators that need nothing but their operand (and `$regex` its `$options`), by name. */
export const OPERATORS: Readonly<Record<string, (operand: unknown, spec: Document) => Condition>> = {
  $eq: equal,
  $ne: (operand) => not(isRegex(operand) ? fail(2, "Can't have regex as arg to $ne.") : equal(operand)),
  $gt: range('lower', false),
  $gte: range('lower', true),
  $lt: range('upper', false),
  $lte: range('upper', true),
  $in: oneOf,
  $nin: (operand) => not(oneOf(operand)),
  $exists: (operand) => (isTrue(operand) ? PRESENT : not(PRESENT)),
  $regex: regex,
  $options: (_, spec) => ('$regex' in spec ? ALWAYS : fail(2, '$options needs a $regex')),
  $type: type,
  $size: size,
  $mod: mod,
  $comment: () => ALWAYS,
};
