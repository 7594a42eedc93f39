import { asDocument, typeOf, type Document } from '../document.js';
import { fail } from '../errors.js';
import { isNil } from '../key.js';
import { toInteger } from '../numbers.js';
import { isTrue } from './conversions.js';
import { namedArguments } from './functions.js';
import type { Compile, Context, Evaluate, Names } from './types.js';

const bind = ({ root, variables }: Context, values: Document): Context => ({ root, variables: { ...variables, ...values } });

/** The name of a variable. Raises 9 for one that MongoDB does not let users set. */
export const variableName = (name: unknown): string =>
  typeof name === 'string' && /^(CURRENT|[a-z\u0080-\uffff][\w\u0080-\uffff]*)$/.test(name)
    ? name
    : fail(9, `'${String(name)}' is not a valid name of a user variable`);

function array(name: string, code: number, value: unknown): unknown[] | null {
  if (isNil(value)) return null;
  return Array.isArray(value) ? (value as unknown[]) : fail(code, `input to ${name} must be an array not ${typeOf(value)}`);
}

/** `$and` and `$or`: evaluation ends at the first argument that decides. */
function decidedBy(operand: unknown, compile: Compile, deciding: boolean): Evaluate {
  const args = [operand].flat().map((argument) => compile(argument));
  return (context) => args.some((argument) => isTrue(argument(context)) === deciding) === deciding;
}

function conditional(operand: unknown, compile: Compile): Evaluate {
  const names: Names = [{ if: 17080, then: 17081, else: 17082 }, 17083, 16020];
  const parts = Array.isArray(operand) ? (operand as unknown[]) : namedArguments('$cond', operand, names);
  if (parts.length !== 3) fail(16020, `Expression $cond takes exactly 3 arguments. ${parts.length} were passed in.`);
  const [test, then, otherwise] = parts.map((part) => compile(part)) as [Evaluate, Evaluate, Evaluate];
  return (context) => (isTrue(test(context)) ? then(context) : otherwise(context));
}

function firstPresent(operand: unknown, compile: Compile): Evaluate {
  const args = [operand].flat().map((argument) => compile(argument));
  if (args.length < 2) fail(1257300, '$ifNull needs at least two arguments');
  return (context) => args.reduce<unknown>((value, argument) => (isNil(value) ? argument(context) : value), undefined);
}

function choice(operand: unknown, compile: Compile): Evaluate {
  const [branches, otherwise] = namedArguments('$switch', operand, [{ branches: 40068, default: 0 }, 40067, 40060]);
  if (!Array.isArray(branches)) return fail(40061, '$switch requires an array for branches');
  if (branches.length === 0) fail(40068, '$switch requires at least one branch.');
  const parts: Names = [{ case: 40064, then: 40065 }, 40063, 40062];
  const cases = branches.map((branch) => namedArguments('$switch', branch, parts).map((part) => compile(part)));
  const fallback = otherwise === undefined ? undefined : compile(otherwise);
  return (context) => {
    const [, then] = cases.find(([test]) => isTrue(test?.(context))) ?? [];
    const chosen = then ?? fallback ?? fail(40066, '$switch could not find a matching branch for an input, and no default was specified.');
    return chosen(context);
  };
}

function letIn(operand: unknown, compile: Compile): Evaluate {
  const [vars, body] = namedArguments('$let', operand, [{ vars: 16876, in: 16877 }, 16875, 16874]);
  const fields = asDocument(vars) ?? fail(16876, "invalid parameter: expected an object for 'vars' of $let");
  const values = Object.entries(fields).map(([name, value]) => [variableName(name), compile(value)] as const);
  const inner = compile(body, Object.keys(fields));
  return (context) => inner(bind(context, Object.fromEntries(values.map(([name, evaluate]) => [name, evaluate(context)]))));
}

function map(operand: unknown, compile: Compile): Evaluate {
  const [input, body, as = 'this'] = namedArguments('$map', operand, [{ input: 16880, in: 16882, as: 0 }, 16879, 16878]);
  const name = variableName(as);
  const [values, inner] = [compile(input), compile(body, [name])];
  return (context) => array('$map', 16883, values(context))?.map((element) => inner(bind(context, { [name]: element })) ?? null) ?? null;
}

function filter(operand: unknown, compile: Compile): Evaluate {
  const names: Names = [{ input: 28648, cond: 28650, as: 0, limit: 0 }, 28647, 28646];
  const [input, cond, as = 'this', limit = null] = namedArguments('$filter', operand, names);
  const name = variableName(as);
  const [values, test, most] = [compile(input), compile(cond, [name]), compile(limit)];
  return (context) => {
    const kept = array('$filter', 28651, values(context))?.filter((element) => isTrue(test(bind(context, { [name]: element }))));
    const count = most(context);
    if (isNil(count) || !kept) return kept ?? null;
    const whole = toInteger(count) ?? fail(327391, "$filter: 'limit' must be a whole number");
    return whole > 0n ? kept.slice(0, Number(whole)) : fail(327392, "$filter: 'limit' must be greater than 0");
  };
}

function reduce(operand: unknown, compile: Compile): Evaluate {
  const [input, initial, body] = namedArguments('$reduce', operand, [{ input: 40077, initialValue: 40078, in: 40079 }, 40076, 40075]);
  const [values, start, inner] = [compile(input), compile(initial), compile(body, ['this', 'value'])];
  return (context) => {
    const elements = array('$reduce', 40080, values(context));
    return elements && elements.reduce((value, element) => inner(bind(context, { this: element, value })), start(context));
  };
}

/** Operators that decide themselves which of their arguments are evaluated, and with which variables. */
export const CONTROL: Readonly<Record<string, (operand: unknown, compile: Compile) => Evaluate>> = {
  $literal: (operand) => () => operand,
  $and: (operand, compile) => decidedBy(operand, compile, false),
  $or: (operand, compile) => decidedBy(operand, compile, true),
  $cond: conditional,
  $ifNull: firstPresent,
  $switch: choice,
  $let: letIn,
  $map: map,
  $filter: filter,
  $reduce: reduce,
};
