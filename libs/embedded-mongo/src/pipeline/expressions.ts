import { asDocument, RawDocument, type Document } from '../document.js';
import { fail } from '../errors.js';
import { ARITHMETIC } from './arithmetic.js';
import { ARRAYS } from './arrays.js';
import { CONTROL } from './control.js';
import { CONVERSIONS } from './conversions.js';
import { DATES } from './dates.js';
import { compileCall } from './functions.js';
import { STRINGS } from './strings.js';
import type { Compile, Evaluate } from './types.js';

export interface Scope {
  /** Values of user variables, by name. */
  variables?: Document;
  now?: Date;
}

const FUNCTIONS = new Map(Object.entries({ ...ARITHMETIC, ...ARRAYS, ...CONVERSIONS, ...DATES, ...STRINGS }));

/** What MongoDB has and this engine does not. */
const UNSUPPORTED = new Set(
  `$acos $acosh $allElementsTrue $anyElementTrue $asin $asinh $atan $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor
  $bsonSize $convert $cos $cosh $dateAdd $dateDiff $dateFromParts $dateFromString $dateSubtract $dateToParts $degreesToRadians $firstN
  $function $getField $indexOfCP $lastN $max $maxN $median $meta $min $minN $percentile $radiansToDegrees $rand $regexFind $regexFindAll
  $setDifference $setEquals $setField $setIntersection $setIsSubset $setUnion $sin $sinh $sortArray $stdDevPop $stdDevSamp $sum $tan $tanh
  $toDecimal $toHashedIndexKey $tsIncrement $tsSecond $unsetField $week $zip`.split(/\s+/),
);

/** Follows a path as aggregation does: through arrays by mapping, never by position. */
export function follow(value: unknown, path: readonly string[], from = 0): unknown {
  for (let i = from; i < path.length; i++) {
    if (Array.isArray(value)) {
      const inside = value.filter((each) => asDocument(each)).map((each) => follow(each, path, i));
      return inside.filter((each) => each !== undefined);
    }
    const fields = asDocument(value);
    const name = path[i] ?? '';
    if (!fields || !Object.hasOwn(fields, name)) return undefined;
    value = fields[name];
  }
  return value;
}

/** A stored document gives up single fields without being read whole. */
function fromRoot(root: unknown, path: readonly string[]): unknown {
  if (!(root instanceof RawDocument)) return follow(root, path);
  return path[0] === undefined ? root.typed : follow(root.get(path[0]), path, 1);
}

function checkName(name: string): void {
  if (name === '') fail(15998, 'FieldPath field names may not be empty strings.');
  if (name.startsWith('$')) fail(16410, `FieldPath field names may not start with '$': ${name}`);
  if (name.includes('.')) fail(16412, `FieldPath field names may not contain '.': ${name}`);
}

/** The names of a path. Raises what MongoDB does for a malformed one. */
export function fieldPath(path: string): string[] {
  if (path === '') fail(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) fail(40353, "FieldPath must not end with a '.'.");
  const names = path.split('.');
  names.forEach(checkName);
  return names;
}

/** `$path`, which is short for `$$CURRENT.path`, `$$variable` and `$$variable.path`. */
function reference(text: string, names: readonly string[]): Evaluate {
  if (text === '$') fail(16872, "'$' by itself is not a valid FieldPath");
  const [name = '', ...rest] = text.startsWith('$$') ? fieldPath(text.slice(2)) : ['CURRENT', ...fieldPath(text.slice(1))];
  if (names.includes(name)) return ({ variables }) => follow(variables[name], rest);
  if (name === 'ROOT' || name === 'CURRENT') return ({ root }) => fromRoot(root, rest);
  return name === 'REMOVE' ? () => undefined : fail(17276, `Use of undefined variable: ${name}`);
}

/** Whether MongoDB has an expression of that name. */
export const isExpression = (name: string): boolean => UNSUPPORTED.has(name) || Object.hasOwn(CONTROL, name) || FUNCTIONS.has(name);

function operation(name: string, operand: unknown, compile: Compile): Evaluate {
  if (UNSUPPORTED.has(name)) fail(238, `${name} is not supported by the embedded database`);
  const control = Object.hasOwn(CONTROL, name) && CONTROL[name];
  if (control) return control(operand, compile);
  return compileCall(name, FUNCTIONS.get(name) ?? fail(168, `Unrecognized expression '${name}'`), operand, compile);
}

function compile(expression: unknown, names: readonly string[]): Evaluate {
  const part: Compile = (each, more = []) => compile(each, [...names, ...more]);
  if (typeof expression === 'string' && expression.startsWith('$')) return reference(expression, names);
  if (Array.isArray(expression)) {
    const elements = expression.map((each) => part(each));
    return (context) => elements.map((element) => element(context) ?? null);
  }
  const fields = asDocument(expression);
  if (!fields) return () => expression;
  const keys = Object.keys(fields);
  const [operator = '', ...others] = keys;
  if (operator.startsWith('$') && others.length > 0) fail(15983, `an expression must have exactly one field: ${keys.join(', ')}`);
  if (operator.startsWith('$')) return operation(operator, fields[operator], part);
  keys.forEach(checkName);
  const values = keys.map((key) => [key, part(fields[key])] as const);
  return (context) => {
    const evaluated = values.map(([key, evaluate]) => [key, evaluate(context)] as const);
    return Object.fromEntries(evaluated.filter(([, value]) => value !== undefined));
  };
}

/** Compiles an aggregation expression into a function of the document. Raises 168 for an operator MongoDB does not have, 238 for one this engine lacks. */
export function compileExpression(expression: unknown, scope: Scope): (root: unknown) => unknown {
  const variables = { NOW: scope.now ?? new Date(), ...scope.variables };
  const evaluate = compile(expression, Object.keys(variables));
  return (root) => evaluate({ root, variables });
}
