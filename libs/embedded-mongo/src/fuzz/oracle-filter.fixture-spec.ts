import type { BSONRegExp } from 'mongodb';
import { classOf, compare, isDocument, isNaNValue, toNumber, typeName, type Doc } from './oracle-order.fixture-spec.js';

/** The numbers that `$type` takes beside the names. */
const TYPE_NUMBERS: Readonly<Record<string, string>> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  '-1': 'minKey',
  127: 'maxKey',
};

const fieldOf = (container: Doc | unknown[], name: string): unknown =>
  Object.hasOwn(container, name) ? (container as Doc)[name] : undefined;

/**
 * The values that a path reaches in a document: through the elements of arrays on the way, and with `expand` the elements
 * of an array at its end before the array itself. `undefined` stands for a field that is missing.
 */
export function reach(root: Doc | unknown[], parts: readonly string[], expand: boolean): unknown[] {
  const [part = '', ...rest] = parts;
  const value = fieldOf(root, part);
  if (Array.isArray(value)) return reachThrough(value, rest, expand);
  if (rest.length === 0) return [value];
  return isDocument(value) ? reach(value, rest, expand) : [undefined];
}

function reachThrough(array: unknown[], rest: readonly string[], expand: boolean): unknown[] {
  if (rest.length === 0) return expand ? [...array, array] : [array];
  return array.flatMap((element, index) => {
    const implicit = isDocument(element) ? reach(element, rest, expand) : [];
    if (rest[0] !== String(index)) return implicit;
    if (rest.length === 1) return [...implicit, element];
    const after = rest.slice(1);
    if (isDocument(element)) return [...implicit, ...reach(element, after, expand)];
    return Array.isArray(element) ? [...implicit, ...reachThrough(element, after, expand)] : implicit;
  });
}

/** A test of one value; `undefined` is a field that is missing. */
type Test = (value: unknown) => boolean;

const isRegex = (value: unknown): value is BSONRegExp => classOf(value) === 'regex';

const isOperators = (value: unknown): value is Doc => isDocument(value) && (Object.keys(value)[0] ?? '').startsWith('$');

const equals =
  (operand: unknown): Test =>
  (value) =>
    classOf(operand) === 'null' ? classOf(value) === 'null' : value !== undefined && compare(value, operand) === 0;

const matchesRegex =
  ({ pattern, options }: BSONRegExp): Test =>
  (value) => {
    if (isRegex(value)) return value.pattern === pattern && value.options === options;
    return typeof value === 'string' && new RegExp(pattern, options).test(value);
  };

const isIn = (list: unknown): Test => {
  const tests = (list as unknown[]).map((each) => (isRegex(each) ? matchesRegex(each) : equals(each)));
  return (value) => tests.some((test) => test(value));
};

/** `$gt`, `$gte`, `$lt`, `$lte`: within one class; MinKey and MaxKey against all; NaN equals itself only. */
function range(name: string, operand: unknown): Test {
  const inclusive = name.endsWith('e');
  const below = name.startsWith('$lt');
  const kind = classOf(operand);
  return (value) => {
    if (kind === 'null') return inclusive && classOf(value) === 'null';
    if (value === undefined || classOf(value) !== kind) return below ? kind === 'maxKey' : kind === 'minKey';
    if (isNaNValue(value) || isNaNValue(operand)) return inclusive && isNaNValue(value) && isNaNValue(operand);
    const order = compare(value, operand);
    return order === 0 ? inclusive : order < 0 === below;
  };
}

function hasType(operand: unknown): Test {
  const wanted = (Array.isArray(operand) ? operand : [operand]).map((each) =>
    typeof each === 'string' ? each : (TYPE_NUMBERS[String(toNumber(each))] ?? ''),
  );
  return (value) => value !== undefined && (wanted.includes(typeName(value)) || (wanted.includes('number') && classOf(value) === 'number'));
}

/** Operators that hold when one of the values reached passes the test. */
const TESTS: Readonly<Record<string, (operand: unknown) => Test>> = {
  $eq: equals,
  $gt: (operand) => range('$gt', operand),
  $gte: (operand) => range('$gte', operand),
  $lt: (operand) => range('$lt', operand),
  $lte: (operand) => range('$lte', operand),
  $in: isIn,
  $type: hasType,
  $exists: () => (value) => value !== undefined,
};

/** Operators that are the contrary of another. */
const NEGATIONS: Readonly<Record<string, string>> = { $ne: '$eq', $nin: '$in' };

/** Whether one value passes all operators: the form `{$elemMatch: {$gt: 1, $lt: 5}}`. */
function valuePasses(value: unknown, operators: Doc): boolean {
  return Object.entries(operators).every(([name, operand]) => {
    const positive = NEGATIONS[name];
    return positive ? !TESTS[positive]?.(operand)(value) : TESTS[name]?.(operand)(value) === true;
  });
}

function elementPasses(element: unknown, condition: Doc): boolean {
  if (isOperators(condition) && !['$and', '$or', '$nor'].includes(Object.keys(condition)[0] ?? '')) return valuePasses(element, condition);
  return (isDocument(element) || Array.isArray(element)) && matches(element, condition);
}

function holdsAll(root: Doc | unknown[], parts: readonly string[], list: unknown[]): boolean {
  return (
    list.length > 0 &&
    list.every((each) =>
      isOperators(each) && '$elemMatch' in each ? operatorHolds(root, parts, '$elemMatch', each['$elemMatch']) : holds(root, parts, each),
    )
  );
}

function operatorHolds(root: Doc | unknown[], parts: readonly string[], name: string, operand: unknown): boolean {
  const positive = NEGATIONS[name];
  if (positive) return !operatorHolds(root, parts, positive, operand);
  if (name === '$exists') return reach(root, parts, true).some((value) => value !== undefined) === operand;
  if (name === '$not') return !holds(root, parts, operand);
  if (name === '$all') return holdsAll(root, parts, operand as unknown[]);
  if (name === '$size') return reach(root, parts, false).some((value) => Array.isArray(value) && value.length === toNumber(operand));
  if (name === '$elemMatch') {
    return reach(root, parts, false).some(
      (value) => Array.isArray(value) && value.some((element) => elementPasses(element, operand as Doc)),
    );
  }
  const test = TESTS[name]?.(operand);
  if (!test) throw new Error(`The oracle does not know ${name}`);
  return reach(root, parts, true).some(test);
}

/** Whether a path fulfils a condition: a literal, a regular expression or operators. */
function holds(root: Doc | unknown[], parts: readonly string[], condition: unknown): boolean {
  if (isOperators(condition)) return Object.entries(condition).every(([name, operand]) => operatorHolds(root, parts, name, operand));
  return reach(root, parts, true).some(isRegex(condition) ? matchesRegex(condition) : equals(condition));
}

/** Whether a document matches a filter, as MongoDB's manual defines its query operators. */
export function matches(root: Doc | unknown[], filter: Doc): boolean {
  return Object.entries(filter).every(([key, condition]) => {
    const branches = (): Doc[] => condition as Doc[];
    if (key === '$and') return branches().every((branch) => matches(root, branch));
    if (key === '$or') return branches().some((branch) => matches(root, branch));
    if (key === '$nor') return !branches().some((branch) => matches(root, branch));
    return holds(root, key.split('.'), condition);
  });
}

/** Whether `$pull` with this condition takes the element away. */
export function isPulled(element: unknown, condition: unknown): boolean {
  if (isOperators(condition) || isRegex(condition)) return holds({ element }, ['element'], condition);
  if (isDocument(condition)) return isDocument(element) && matches(element, condition);
  return compare(element, condition) === 0;
}

/** The distinct values of a path in a document: `distinct` goes through arrays and takes the elements of the last one. */
export function distinctValues(doc: Doc, path: string): unknown[] {
  const [head = '', ...rest] = path.split('.');
  const value = fieldOf(doc, head);
  if (rest.length === 0) return Array.isArray(value) ? value : value === undefined ? [] : [value];
  return (Array.isArray(value) ? value : [value]).filter(isDocument).flatMap((each) => distinctValues(each, rest.join('.')));
}
