import type { Document } from '../document.js';
import { asDocument, RawDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { canonical, isNil } from '../key.js';
import { DATE_FUNCTIONS } from './dates.js';
import { isTrue } from './conversions.js';
import { FUNCTIONS, NAMED_FUNCTIONS } from './functions.js';
import { MINGO_FUNCTIONS, mingoFunction } from './mingo.js';

/** What an expression is evaluated on: the current document and the variables bound around it. */
interface Context {
  root: unknown;
  variables: Readonly<Record<string, unknown>>;
}

/** Gives a value, or undefined for "missing". Values keep their BSON types. */
type Evaluate = (context: Context) => unknown;

export interface Scope {
  /** Values of user variables, by name. */
  variables?: Document;
  now?: Date;
}

/** Follows a path as aggregation does: through arrays by mapping, never by position. */
export function follow(value: unknown, path: readonly string[], from = 0): unknown {
  for (let i = from; i < path.length; i++) {
    if (Array.isArray(value)) {
      return value.filter((each) => asDocument(each) !== undefined).flatMap((each) => wrapped(follow(each, path, i)));
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

const wrapped = (value: unknown): unknown[] => (value === undefined ? [] : [value]);

function fieldPath(text: string): string[] {
  const parts = text.split('.');
  if (parts.includes(''))
    fail(40353, text === '' ? "'$' by itself is not a valid FieldPath" : 'FieldPath must not end with or contain an empty component.');
  return parts;
}

/** `$name` and `$$variable.path`. */
function reference(text: string, scope: Scope, bound: ReadonlySet<string>): Evaluate {
  if (!text.startsWith('$$')) {
    const path = fieldPath(text.slice(1));
    return ({ root }) => fromRoot(root, path);
  }
  const [name = '', ...path] = fieldPath(text.slice(2));
  if (bound.has(name)) return ({ variables }) => follow(variables[name], path);
  if (name === 'ROOT' || name === 'CURRENT') return ({ root }) => fromRoot(root, path);
  if (name === 'NOW') return () => scope.now ?? new Date();
  if (name === 'REMOVE') return () => undefined;
  if (!scope.variables || !Object.hasOwn(scope.variables, name)) fail(17276, `Use of undefined variable: ${name}`);
  const value = follow(scope.variables[name], path);
  return () => value;
}

function compile(expression: unknown, scope: Scope, bound: ReadonlySet<string>): Evaluate {
  if (typeof expression === 'string' && expression.startsWith('$')) return reference(expression, scope, bound);
  if (Array.isArray(expression)) {
    const elements = expression.map((each) => compile(each, scope, bound));
    return (context) => elements.map((element) => element(context) ?? null);
  }
  const fields = typeOf(expression) === 'object' ? asDocument(expression) : undefined;
  if (!fields) return () => expression;
  const names = Object.keys(fields);
  const [operator] = names;
  if (operator?.startsWith('$') && names.length === 1)
    return operation(operator, fields[operator], (each, more) => compile(each, scope, more ?? bound), bound);
  if (names.some((name) => name.startsWith('$')))
    fail(15983, 'an object representing an expression must have exactly one field: the operator');
  if (names.some((name) => name.includes('.')))
    fail(16410, "FieldPath field names may not contain '.'. Consider using $getField or $setField.");
  const values = names.map((name) => [name, compile(fields[name], scope, bound)] as const);
  return (context) => {
    const result: Document = {};
    for (const [name, evaluate] of values) {
      const value = evaluate(context);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

type Compile = (expression: unknown, bound?: ReadonlySet<string>) => Evaluate;
type Special = (operand: unknown, compile: Compile, bound: ReadonlySet<string>) => Evaluate;

function operation(name: string, operand: unknown, each: Compile, bound: ReadonlySet<string>): Evaluate {
  if (Object.hasOwn(SPECIAL, name)) return (SPECIAL[name] ?? fail(1, name))(operand, each, bound);
  const mingo = Object.hasOwn(MINGO_FUNCTIONS, name) ? mingoFunction(name) : undefined;
  const named = Object.hasOwn(NAMED_FUNCTIONS, name)
    ? NAMED_FUNCTIONS[name]
    : Object.hasOwn(DATE_FUNCTIONS, name)
      ? DATE_FUNCTIONS[name]
      : undefined;
  if (named ?? MINGO_FUNCTIONS[name]?.named) {
    const run = named?.run ?? mingo ?? fail(1, name);
    const args = namedArguments(name, operand, named, each);
    return (context) => run(Object.fromEntries(args.map(([key, evaluate]) => [key, evaluate(context)])));
  }
  const args = (Array.isArray(operand) ? (operand as unknown[]) : [operand]).map((argument) => each(argument));
  if (mingo) return (context) => mingo(Object.fromEntries(args.map((argument, i) => [`a${i}`, argument(context)])));
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) return fail(168, `Unrecognized expression '${name}'`);
  const [least, most] = known.arity;
  if (args.length < least || args.length > most) {
    const expected = least === most ? `exactly ${least}` : `at least ${least} arguments, and at most ${most}`;
    fail(16020, `Expression ${name} takes ${expected} arguments. ${args.length} were passed in.`);
  }
  return (context) => {
    const values = args.map((argument) => argument(context));
    return known.nullable && values.some(isNil) ? null : known.run(...values);
  };
}

interface Named {
  /** Takes a lone argument in place of the object, under this name. */
  lone?: string;
  required: readonly string[];
  optional: readonly string[];
}

function namedArguments(name: string, operand: unknown, spec: Named | undefined, each: Compile): [string, Evaluate][] {
  const fields = typeOf(operand) === 'object' ? asDocument(operand) : undefined;
  const isObject = fields && !Object.keys(fields)[0]?.startsWith('$');
  if (!isObject && spec?.lone)
    return [[spec.lone, each(Array.isArray(operand) && operand.length === 1 ? (operand as unknown[])[0] : operand)]];
  if (!fields) return fail(40342, `${name} only supports an object as its argument`);
  for (const key of Object.keys(fields)) {
    if (spec && ![...spec.required, ...spec.optional].includes(key)) fail(40415, `Unrecognized argument to ${name}: ${key}`);
  }
  for (const key of spec?.required ?? []) if (!(key in fields)) fail(40413, `Missing '${key}' parameter to ${name}`);
  return Object.entries(fields).map(([key, value]) => [key, each(value)]);
}

function argumentsOf(name: string, operand: unknown, keys: readonly string[], required: number): unknown[] {
  const fields = asDocument(operand) ?? fail(16878, `${name} only supports an object as its argument`);
  const unknown = Object.keys(fields).find((key) => !keys.includes(key));
  if (unknown !== undefined) fail(16879, `Unrecognized parameter to ${name}: ${unknown}`);
  keys.slice(0, required).forEach((key) => key in fields || fail(16880, `Missing '${key}' parameter to ${name}`));
  return keys.map((key) => fields[key]);
}

function inputArray(name: string, value: unknown): unknown[] | null {
  if (isNil(value)) return null;
  return Array.isArray(value) ? (value as unknown[]) : fail(28651, `input to ${name} must be an array not ${typeOf(value)}`);
}

const bind = (context: Context, values: Record<string, unknown>): Context => ({
  root: context.root,
  variables: { ...context.variables, ...values },
});

const comparison =
  (accepts: (order: number) => boolean | number): Special =>
  (operand, each) => {
    if (!Array.isArray(operand) || operand.length !== 2) fail(16020, 'a comparison takes exactly 2 arguments');
    const [left, right] = (operand as unknown[]).map((argument) => each(argument)) as [Evaluate, Evaluate];
    // Missing sorts below null here, other than in queries.
    const key = (value: unknown): string => (value === undefined ? '\x08' : canonical(value));
    return (context) => {
      const [a, b] = [key(left(context)), key(right(context))];
      return accepts(a === b ? 0 : a < b ? -1 : 1);
    };
  };

const several = (operand: unknown, each: Compile): Evaluate[] =>
  (Array.isArray(operand) ? operand : [operand]).map((argument) => each(argument));

/** Operators that decide themselves which arguments are evaluated, and with which variables. */
const SPECIAL: Readonly<Record<string, Special>> = {
  $literal: (operand) => () => operand,
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: comparison((order) => order),
  $and: (operand, each) => {
    const args = several(operand, each);
    return (context) => args.every((argument) => isTrue(argument(context)));
  },
  $or: (operand, each) => {
    const args = several(operand, each);
    return (context) => args.some((argument) => isTrue(argument(context)));
  },
  $ifNull: (operand, each) => {
    if (!Array.isArray(operand) || operand.length < 2) fail(1257300, '$ifNull needs at least two arguments');
    const args = several(operand, each);
    return (context) => {
      let value: unknown;
      for (const argument of args) if (!isNil((value = argument(context)))) break;
      return value;
    };
  },
  $cond: (operand, each) => {
    if (Array.isArray(operand) && operand.length !== 3)
      fail(16020, `Expression $cond takes exactly 3 arguments. ${operand.length} were passed in.`);
    const parts: unknown[] = Array.isArray(operand) ? operand : argumentsOf('$cond', operand, ['if', 'then', 'else'], 3);
    const [test, then, otherwise] = parts.map((part) => each(part)) as [Evaluate, Evaluate, Evaluate];
    return (context) => (isTrue(test(context)) ? then(context) : otherwise(context));
  },
  $switch: (operand, each) => {
    const [branches, otherwise] = argumentsOf('$switch', operand, ['branches', 'default'], 1);
    if (!Array.isArray(branches)) return fail(40061, '$switch requires an array for branches');
    if (branches.length === 0) fail(40068, '$switch requires at least one branch.');
    const cases = branches.map(
      (branch) => argumentsOf('$switch', branch, ['case', 'then'], 2).map((part) => each(part)) as [Evaluate, Evaluate],
    );
    const fallback = otherwise === undefined ? undefined : each(otherwise);
    return (context) => {
      const found = cases.find(([test]) => isTrue(test(context)));
      if (found) return found[1](context);
      return fallback
        ? fallback(context)
        : fail(40066, '$switch could not find a matching branch for an input, and no default was specified.');
    };
  },
  $let: (operand, each, bound) => {
    const [vars, body] = argumentsOf('$let', operand, ['vars', 'in'], 2);
    const values = Object.entries(asDocument(vars) ?? {}).map(([name, value]) => [name, each(value)] as const);
    const inner = each(body, new Set([...bound, ...values.map(([name]) => name)]));
    return (context) => inner(bind(context, Object.fromEntries(values.map(([name, evaluate]) => [name, evaluate(context)]))));
  },
  $map: (operand, each, bound) => {
    const [input, body, as = 'this'] = argumentsOf('$map', operand, ['input', 'in', 'as'], 2);
    const [array, inner] = [each(input), each(body, new Set([...bound, as as string]))];
    return (context) =>
      inputArray('$map', array(context))?.map((element) => inner(bind(context, { [as as string]: element })) ?? null) ?? null;
  },
  $filter: (operand, each, bound) => {
    const [input, cond, as = 'this', limit] = argumentsOf('$filter', operand, ['input', 'cond', 'as', 'limit'], 2);
    const [array, test, most] = [each(input), each(cond, new Set([...bound, as as string])), each(limit)];
    return (context) => {
      const kept = inputArray('$filter', array(context))?.filter((element) => isTrue(test(bind(context, { [as as string]: element }))));
      const count = most(context);
      return kept === undefined ? null : isNil(count) ? kept : kept.slice(0, Number(count));
    };
  },
  $reduce: (operand, each, bound) => {
    const [input, initial, body] = argumentsOf('$reduce', operand, ['input', 'initialValue', 'in'], 3);
    const [array, start, inner] = [each(input), each(initial), each(body, new Set([...bound, 'this', 'value']))];
    return (context) => {
      const elements = inputArray('$reduce', array(context));
      return elements === null ? null : elements.reduce((value, element) => inner(bind(context, { this: element, value })), start(context));
    };
  },
};

const NOTHING_BOUND: ReadonlySet<string> = new Set();
const NO_VARIABLES = {};

/** Compiles an aggregation expression into a function of the document. Raises 168 for an operator MongoDB or this engine does not have. */
export function compileExpression(expression: unknown, scope: Scope): (root: unknown) => unknown {
  const evaluate = compile(expression, scope, NOTHING_BOUND);
  return (root) => evaluate({ root, variables: NO_VARIABLES });
}
