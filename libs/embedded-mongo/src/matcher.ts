import { asDocument, typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import { implicit, isOperatorDocument, ITSELF, listOf, not, OPERATORS, some } from './operators.js';
import type { Condition, Constraint, Details } from './operators.js';
import { partsOf, type Root } from './paths.js';
import { isTrue } from './pipeline/conversions.js';
import { compileExpression } from './pipeline/expressions.js';

export { isOperatorDocument, type Constraint } from './operators.js';

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

/** A condition on a whole document. */
type Node = (root: Root, details: Details) => boolean;

/** Query operators that MongoDB has and this engine has not. */
const NOT_SUPPORTED = /^\$(where|text|jsonSchema|sampleRate|bits(All|Any)(Set|Clear)|near|nearSphere|within|geoWithin|geoIntersects)$/;

function refuse(name: string): never {
  if (NOT_SUPPORTED.test(name)) fail(238, `${name} is not supported by the embedded database`);
  return fail(2, `unknown operator: ${name}`);
}

function all(operand: unknown, options: FilterOptions): Condition[] {
  const values = listOf('$all', operand);
  if (values.length === 0) return conditions({ $in: [] }, options);
  const isNested = (value: unknown): value is Document => '$elemMatch' in (asDocument(value) ?? {});
  if (values.every(isNested)) return values.flatMap((value) => conditions(value, options));
  return values.map((value) => (isOperatorDocument(value) ? fail(2, 'no $ expressions in $all') : implicit(value)));
}

function elemMatch(operand: unknown, options: FilterOptions): Condition {
  const spec = asDocument(operand) ?? fail(2, '$elemMatch needs an Object');
  if ('$expr' in spec) fail(2, '$expr can only be applied to the top-level document, not in $elemMatch');
  const isOfValues = isOperatorDocument(spec) && !['$and', '$or', '$nor', '$comment'].includes(Object.keys(spec)[0] ?? '');
  const node = isOfValues ? every(nodesAt(ITSELF, conditions(spec, options))) : parse(spec, options, []);
  const accepts = (element: unknown): boolean =>
    (isOfValues || Array.isArray(element) || asDocument(element) !== undefined) && node(element as Root, {});
  const holds = (value: unknown, details: Details): boolean => {
    const index = Array.isArray(value) ? value.findIndex(accepts) : -1;
    if (index >= 0) details.index = index;
    return index >= 0;
  };
  return some(holds, undefined, false);
}

function negation(operand: unknown, options: FilterOptions): Condition {
  if (typeOf(operand) === 'regex') return not(implicit(operand));
  const inner = conditions(asDocument(operand) ?? fail(2, '$not needs a regex or a document'), options);
  return inner.length > 0 ? not(...inner) : fail(2, '$not cannot be empty');
}

/** The operators of `{path: {$op: operand, …}}`. */
function conditions(spec: Document, options: FilterOptions): Condition[] {
  return Object.entries(spec).flatMap(([name, operand]): Condition | Condition[] => {
    if (operand === undefined) fail(2, `cannot compare to undefined: ${name}`);
    if (name === '$not') return negation(operand, options);
    if (name === '$all') return all(operand, options);
    if (name === '$elemMatch') return elemMatch(operand, options);
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    return operator ? operator(operand, spec) : refuse(name);
  });
}

const nodesAt = (path: readonly string[], found: readonly Condition[]): Node[] =>
  found.map((condition) => (root, details) => condition.holds(root, path, details));

/** All of some nodes. Where one fails, what others noted about the match is void. */
function every(nodes: readonly Node[]): Node {
  if (nodes.length === 1 && nodes[0]) return nodes[0];
  return (root, details) => {
    if (nodes.every((node) => node(root, details))) return true;
    details.index = undefined;
    return false;
  };
}

function fieldNodes(path: string, operand: unknown, options: FilterOptions, constraints: Constraint[]): Node[] {
  if (operand === undefined) fail(2, `cannot compare to undefined: ${path}`);
  const found = isOperatorDocument(operand) ? conditions(operand, options) : [implicit(operand)];
  for (const { constraint } of found) {
    // Each must hold of a matching document, so where a path has several of a kind, the first is kept.
    const existing = constraints.find((each) => each.path === path);
    if (existing) Object.assign(existing, { ...constraint, ...existing });
    else if (constraint) constraints.push({ path, ...constraint });
  }
  return nodesAt(partsOf(path), found);
}

function branches(name: string, operand: unknown, options: FilterOptions, constraints: Constraint[] = []): Node[] {
  const specs = listOf(name, operand);
  if (specs.length === 0) fail(2, `${name} must be a non-empty array`);
  return specs.map((each) => parse(asDocument(each) ?? fail(2, `${name}'s entries must be objects`), options, constraints));
}

/** A filter document as one node; what must hold at its top level is added to `constraints`. */
function parse(filter: Document, options: FilterOptions, constraints: Constraint[]): Node {
  const nodes = Object.entries(filter).flatMap(([name, operand]): Node | Node[] => {
    switch (name) {
      case '$and':
        return branches(name, operand, options, constraints);
      case '$or': {
        const any = branches(name, operand, options);
        // One branch stands for itself; of several, none tells which element it matched.
        return any.length === 1 ? any : (root) => any.some((node) => node(root, {}));
      }
      case '$nor': {
        const none = branches(name, operand, options);
        return (root) => !none.some((node) => node(root, {}));
      }
      case '$expr': {
        const evaluate = compileExpression(operand, options);
        return (root) => isTrue(evaluate(root));
      }
      case '$comment':
        return [];
    }
    return name.startsWith('$') ? refuse(name) : fieldNodes(name, operand, options, constraints);
  });
  return every(nodes);
}

/** Compiles a query filter. Raises what MongoDB raises for malformed ones (2, 51091, 51108, …) and 238 for operators this engine lacks. */
export function compileFilter(filter: Document, options: FilterOptions = {}): Filter {
  const constraints: Constraint[] = [];
  const node = parse(filter, options, constraints);
  const arrayIndex = (doc: Root): number | undefined => {
    const details: Details = {};
    return node(doc, details) ? details.index : undefined;
  };
  return { matches: (doc) => node(doc, {}), arrayIndex, constraints };
}
