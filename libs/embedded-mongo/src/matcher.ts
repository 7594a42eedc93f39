import { BSONRegExp } from 'bson';
import type { Document } from './document.js';
import { asDocument, typeOf } from './document.js';
import { fail } from './errors.js';
import { canonical, CLASS, compareValues, isNil } from './key.js';
import type { Test } from './operators.js';
import { OPERATORS, regexTest } from './operators.js';
import type { Root } from './paths.js';
import { partsOf, visit } from './paths.js';
import { isTrue } from './pipeline/conversions.js';
import { compileExpression } from './pipeline/expressions.js';
import { literalPrefix } from './regex.js';

/** What must hold of one path for a document to match: the planner's material. Necessary, never sufficient. */
export interface Constraint {
  path: string;
  /** The value (or for an array, an element) is one of these; `null` also stands for missing. */
  eq?: unknown[];
  lower?: Bound;
  upper?: Bound;
  /** A string that starts so. (A stored regular expression equal to the one asked for also matches, and lies outside this range.) */
  prefix?: string;
  exists?: boolean;
}

interface Bound {
  value: unknown;
  inclusive: boolean;
}

export interface Filter {
  matches(doc: Root): boolean;
  /** The array position the document matched through, for the positional `$`; undefined when no array was gone through. */
  arrayIndex(doc: Root): number | undefined;
  /** The top-level conjuncts, one entry a path. */
  readonly constraints: Constraint[];
}

export interface FilterOptions {
  /** Values of `$$name` in `$expr`. */
  variables?: Document;
  now?: Date;
}

interface Details {
  index?: number;
}

/** A condition on a whole document. */
type Node = (root: Root, details?: Details) => boolean;

/** A condition on what one path reaches: a test of single values, or the negation of several conditions. */
type Condition = { test: Test; expand: boolean; constraint?: Omit<Constraint, 'path'> } | { not: Condition[] };

export const isOperatorDocument = (value: unknown): value is Document => {
  const [first] = Object.keys(asDocument(value) ?? {});
  return first !== undefined && first.startsWith('$') && !['$ref', '$id', '$db'].includes(first);
};

const isRegex = (value: unknown): value is BSONRegExp | RegExp => typeOf(value) === 'regex';

function holds(condition: Condition, root: Root, parts: readonly string[], details?: Details): boolean {
  if ('not' in condition) return !condition.not.every((each) => holds(each, root, parts));
  return visit(root, parts, condition.expand, (value, arrayIndex) => {
    const inner: Details | undefined = details && {};
    if (!condition.test(value, inner)) return false;
    const index = arrayIndex >= 0 ? arrayIndex : inner?.index;
    if (details && index !== undefined) details.index = index;
    return true;
  });
}

function holdsOne(condition: Condition, value: unknown): boolean {
  return 'not' in condition ? !condition.not.every((each) => holdsOne(each, value)) : condition.test(value);
}

const never: Test = () => false;

function equality(candidates: readonly unknown[]): Test {
  const keys = new Set(candidates.map(canonical));
  const only = candidates.length === 1 ? candidates[0] : undefined;
  // Most filters compare one string: no key needs to be built for that.
  if (typeof only === 'string')
    return (value) => value === only || (typeof value === 'object' && typeOf(value) === 'symbol' && keys.has(canonical(value)));
  const classes = new Set(candidates.map((value) => CLASS[typeOf(value)]));
  return (value) => classes.has(CLASS[typeOf(value)]) && keys.has(canonical(value));
}

const isNaNValue = (value: unknown): boolean => CLASS[typeOf(value)] === CLASS.int && canonical(value) === canonical(NaN);

/** `$gt`, `$gte`, `$lt`, `$lte`: within the operand's class only; against MinKey and MaxKey, all classes. */
function range(name: string, operand: unknown): Condition {
  if (isRegex(operand)) fail(2, `Can't have RegEx as arg to predicate over field`);
  const [below, inclusive] = [name.startsWith('$lt'), name.endsWith('e')];
  const type = typeOf(operand);
  if (isNil(operand)) return inclusive ? equal(null) : { test: never, expand: true, constraint: { eq: [] } };
  if (isNaNValue(operand)) return inclusive ? equal(operand) : { test: never, expand: true, constraint: { eq: [] } };
  const pivot = canonical(operand);
  const classByte = CLASS[type];
  const allClasses = type === 'minKey' || type === 'maxKey';
  const test: Test = (value) => {
    const own = CLASS[typeOf(value)];
    if (own !== classByte) return allClasses && below === (type === 'maxKey');
    const key = canonical(value);
    if (own === CLASS.int && key === NAN_KEY) return false;
    return key === pivot ? inclusive : key < pivot === below;
  };
  const bound = { value: operand, inclusive };
  return { test, expand: true, ...(!allClasses && type !== 'array' && { constraint: below ? { upper: bound } : { lower: bound } }) };
}

const NAN_KEY = canonical(NaN);

function equal(operand: unknown): Condition {
  return { test: equality([operand]), expand: true, ...(typeOf(operand) !== 'array' && { constraint: { eq: [operand] } }) };
}

function regex(operand: BSONRegExp | RegExp | string, options?: string): Condition {
  const prefix = literalPrefix(operand, options);
  return { test: regexTest(operand, options), expand: true, ...(prefix !== undefined && { constraint: { prefix } }) };
}

function list(name: string, operand: unknown): unknown[] {
  return Array.isArray(operand) ? operand : fail(2, `${name} needs an array`);
}

function oneOf(name: string, operand: unknown): Condition {
  const values = list(name, operand);
  if (values.some(isOperatorDocument)) fail(2, `cannot nest $ under ${name}`);
  const plain = equality(values.filter((value) => !isRegex(value)));
  const patterns = values.filter(isRegex).map((value) => regexTest(value));
  const test: Test = patterns.length === 0 ? plain : (value) => plain(value) || patterns.some((pattern) => pattern(value));
  const indexable = patterns.length === 0 && !values.some((value) => Array.isArray(value));
  return { test, expand: true, ...(indexable && { constraint: { eq: values } }) };
}

function all(operand: unknown, options: FilterOptions): Condition[] {
  const values = list('$all', operand);
  if (values.length === 0) return [{ test: never, expand: true, constraint: { eq: [] } }];
  const nested = values.filter((value) => Object.keys(asDocument(value) ?? {})[0] === '$elemMatch');
  if (nested.length > 0 && nested.length < values.length) fail(2, 'no $ expressions in $all');
  return values.flatMap((value) => {
    if (nested.length > 0) return conditions(value as Document, options);
    if (isOperatorDocument(value)) return fail(2, 'no $ expressions in $all');
    return isRegex(value) ? regex(value) : equal(value);
  });
}

function elemMatch(operand: unknown, options: FilterOptions): Condition {
  const spec = asDocument(operand) ?? fail(2, '$elemMatch needs an Object');
  const first = Object.keys(spec)[0] ?? '';
  if (isOperatorDocument(spec) && !['$and', '$or', '$nor', '$expr', '$comment'].includes(first)) {
    const inner = conditions(spec, options);
    return { test: inArray((element) => inner.every((each) => holdsOne(each, element))), expand: false };
  }
  const filter = parse(spec, options, []);
  return {
    test: inArray((element) => (Array.isArray(element) || asDocument(element) !== undefined) && filter(element as Root)),
    expand: false,
  };
}

const inArray =
  (accepts: (element: unknown) => boolean): Test =>
  (value, details) => {
    if (!Array.isArray(value)) return false;
    const index = value.findIndex(accepts);
    if (index >= 0 && details) details.index = index;
    return index >= 0;
  };

function negation(operand: unknown, options: FilterOptions): Condition {
  if (isRegex(operand)) return { not: [regex(operand)] };
  const spec = asDocument(operand) ?? fail(2, '$not needs a regex or a document');
  if (Object.keys(spec).length === 0) fail(2, '$not cannot be empty');
  return { not: conditions(spec, options) };
}

/** The operators of `{path: {$op: operand, …}}`. */
function conditions(spec: Document, options: FilterOptions): Condition[] {
  return Object.entries(spec).flatMap(([name, operand]): Condition | Condition[] => {
    if (operand === undefined) fail(2, 'cannot compare to undefined');
    switch (name) {
      case '$eq':
        return equal(operand);
      case '$ne':
        return isRegex(operand) ? fail(2, "Can't have regex as arg to $ne.") : { not: [equal(operand)] };
      case '$gt':
      case '$gte':
      case '$lt':
      case '$lte':
        return range(name, operand);
      case '$in':
        return oneOf(name, operand);
      case '$nin':
        return { not: [oneOf(name, operand)] };
      case '$not':
        return negation(operand, options);
      case '$all':
        return all(operand, options);
      case '$elemMatch':
        return elemMatch(operand, options);
      case '$exists':
        return isTrue(operand)
          ? { test: (value) => value !== undefined, expand: false, constraint: { exists: true } }
          : { not: [{ test: (value) => value !== undefined, expand: false }] };
      case '$regex': {
        const flags = spec['$options'];
        if (!isRegex(operand) && typeof operand !== 'string') fail(2, '$regex has to be a string');
        if (flags !== undefined && typeof flags !== 'string') fail(2, '$options has to be a string');
        return regex(operand, flags);
      }
      case '$options':
        return '$regex' in spec ? [] : fail(2, '$options needs a $regex');
      case '$comment':
        return [];
    }
    const operator = (Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined) ?? fail(2, `unknown operator: ${name}`);
    return { test: operator(operand), expand: name !== '$size' };
  });
}

function branches(name: string, operand: unknown, options: FilterOptions): Node[] {
  const specs = list(name, operand);
  if (specs.length === 0) fail(2, `${name} argument must be a non-empty array`);
  return specs.map((each) => parse(asDocument(each) ?? fail(2, `${name} argument's entries must be objects`), options, []));
}

/** A filter document as one node; what must hold at its top level is added to `constraints`. */
function parse(filter: Document, options: FilterOptions, constraints: Constraint[]): Node {
  const nodes: Node[] = [];
  for (const [name, operand] of Object.entries(filter)) {
    if (!name.startsWith('$')) nodes.push(...fieldNodes(name, operand, options, constraints));
    else if (name === '$and') {
      const specs = list('$and', operand);
      if (specs.length === 0) fail(2, '$and argument must be a non-empty array');
      nodes.push(
        ...specs.map((each) => parse(asDocument(each) ?? fail(2, "$and argument's entries must be objects"), options, constraints)),
      );
    } else if (name === '$or') {
      const any = branches(name, operand, options);
      nodes.push((root, details) => any.some((node) => node(root, details)));
    } else if (name === '$nor') {
      const none = branches(name, operand, options);
      nodes.push((root) => !none.some((node) => node(root)));
    } else if (name === '$expr') {
      const evaluate = compileExpression(operand, options);
      nodes.push((root) => isTrue(evaluate(root)));
    } else if (['$where', '$text', '$jsonSchema', '$sampleRate'].includes(name)) {
      fail(238, `${name} is not supported by the embedded database`);
    } else if (name !== '$comment') {
      fail(
        2,
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
    }
  }
  const [only] = nodes;
  if (only && nodes.length === 1) return only;
  return (root, details) => nodes.every((node) => node(root, details));
}

function fieldNodes(path: string, operand: unknown, options: FilterOptions, constraints: Constraint[]): Node[] {
  if (operand === undefined) fail(2, 'cannot compare to undefined');
  const parts = partsOf(path);
  const list = isOperatorDocument(operand) ? conditions(operand, options) : [isRegex(operand) ? regex(operand) : equal(operand)];
  return list.map((condition) => {
    if (!('not' in condition) && condition.constraint) merge(constraints, path, condition.constraint);
    return (root, details) => holds(condition, root, parts, details);
  });
}

/** Each bound alone must hold of a matching document, so where a path has several, the first of each kind is kept. */
function merge(constraints: Constraint[], path: string, added: Omit<Constraint, 'path'>): void {
  const existing = constraints.find((each) => each.path === path);
  if (existing) Object.assign(existing, { ...added, ...existing });
  else constraints.push({ path, ...added });
}

/** Compiles a query filter. Raises what MongoDB raises for malformed ones (2, 51091, 51108, …) and 238 for operators this engine lacks. */
export function compileFilter(filter: Document, options: FilterOptions = {}): Filter {
  const constraints: Constraint[] = [];
  const node = parse(filter, options, constraints);
  return {
    matches: (doc) => node(doc),
    arrayIndex: (doc) => {
      const details: Details = {};
      return node(doc, details) ? details.index : undefined;
    },
    constraints,
  };
}

function impliesExists(c: Constraint): boolean {
  return (
    c.exists === true ||
    c.lower !== undefined ||
    c.upper !== undefined ||
    c.prefix !== undefined ||
    (c.eq?.every((value) => !isNil(value)) ?? false)
  );
}

/** Whether every document a query can match is in a partial index: each condition of its filter must follow from the query's constraints. */
export function impliesPartial(constraints: readonly Constraint[], partialFilter: Document): boolean {
  return Object.entries(partialFilter).every(([path, operand]) => {
    if (path === '$and') return (operand as Document[]).every((each) => impliesPartial(constraints, each));
    if (path.startsWith('$')) return false;
    const known = constraints.find((each) => each.path === path);
    if (!known) return false;
    const wanted = isOperatorDocument(operand) ? Object.entries(operand) : [['$eq', operand] as const];
    return wanted.every(([name, value]) => {
      if (name === '$exists') return isTrue(value) && impliesExists(known);
      const single = compileFilter({ v: { [name]: value } });
      if (known.eq) return known.eq.every((each) => single.matches({ v: each }));
      const [side, bound] = name.startsWith('$gt') ? ['lower' as const, known.lower] : ['upper' as const, known.upper];
      if (!bound || !/^\$(gte?|lte?)$/.test(name) || CLASS[typeOf(bound.value)] !== CLASS[typeOf(value)]) return false;
      const order = compareValues(bound.value, value) * (side === 'lower' ? 1 : -1);
      return order > 0 || (order === 0 && (name.endsWith('e') || !bound.inclusive));
    });
  });
}
