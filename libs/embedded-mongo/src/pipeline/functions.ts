import { asDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { isNil } from '../key.js';
import { isNumber, toDouble, toInteger } from '../numbers.js';
import { textOf } from './conversions.js';
import { dateOf } from './dates.js';
import type { Compile, Evaluate, FunctionSpec, Names } from './types.js';

/** A number that doubles hold exactly; others are refused, for calculation goes through doubles. */
function exactNumber(value: unknown, name: string): unknown {
  if (!isNumber(value)) return undefined;
  if (typeOf(value) === 'decimal' || (typeOf(value) === 'long' && !Number.isSafeInteger(toDouble(value))))
    fail(238, `${name} of decimals and of longs beyond 2^53 is not supported by the embedded database`);
  return value;
}

const wholeNumber = (value: unknown): number | undefined => (toInteger(value) === undefined ? undefined : Number(toInteger(value)));

/** What a kind of argument is called with; undefined for a value of another kind. */
const KINDS: Readonly<Record<string, (value: unknown, name: string) => unknown>> = {
  any: (value) => value,
  value: (value) => value,
  array: (value) => (Array.isArray(value) ? value : undefined),
  object: asDocument,
  string: (value) => (typeof value === 'string' ? value : undefined),
  text: (value) => (isNil(value) ? '' : typeof value === 'boolean' || typeOf(value) === 'objectId' ? undefined : textOf(value)),
  number: exactNumber,
  int: wholeNumber,
  whole: wholeNumber,
  date: dateOf,
  addend: (value, name) => (value instanceof Date ? value : exactNumber(value, name)),
};

/** The fields of an operand in the order of their names; undefined for one that is not given. */
export function namedArguments(name: string, operand: unknown, [names, unknown, notObject]: Names): unknown[] {
  const fields = asDocument(operand) ?? fail(notObject, `${name} only supports an object as its argument`);
  const other = Object.keys(fields).find((key) => !Object.hasOwn(names, key));
  if (other !== undefined) fail(unknown, `Unrecognized parameter to ${name}: ${other}`);
  return Object.entries(names).map(([key, missing]) => {
    if (missing !== 0 && fields[key] === undefined) fail(missing, `Missing '${key}' parameter to ${name}`);
    return fields[key];
  });
}

function argumentsOf(name: string, { takes, names, lone, arity }: FunctionSpec, operand: unknown): unknown[] {
  const first = Object.keys(asDocument(operand) ?? {})[0];
  if (names && (!lone || (first !== undefined && !first.startsWith('$')))) return namedArguments(name, operand, names);
  const args: unknown[] = Array.isArray(operand) ? operand : [operand];
  const least = takes.filter((kind) => !/\?|\.\.\./.test(kind)).length;
  const most = lone ? 1 : takes.some((kind) => kind.endsWith('...')) ? Infinity : takes.length;
  if (args.length < least || args.length > most)
    fail(
      arity ?? (least === most ? 16020 : 28667),
      `Expression ${name} takes ${least} to ${most} arguments. ${args.length} were passed in.`,
    );
  return args;
}

/** A call of a function with the arguments its operand gives. */
export function compileCall(name: string, spec: FunctionSpec, operand: unknown, compile: Compile): Evaluate {
  const codes = [spec.code ?? 2].flat();
  const args = argumentsOf(name, spec, operand).map((argument, i) => {
    const [, kind = 'any', mark] = /^(\w+)(.*)$/.exec(spec.takes[i] ?? spec.takes.at(-1) ?? '') ?? [];
    return {
      evaluate: argument === undefined ? undefined : compile(argument),
      take: KINDS[kind] ?? fail(1, kind),
      takesNull: kind === 'any' || kind === 'text',
      mark,
      codeOf: (value: unknown) => (codes[i] ?? codes.at(-1) ?? 2) + Number(kind === 'int' && isNumber(value)),
    };
  });
  return (context) => {
    const values: unknown[] = [];
    for (const { evaluate, take, takesNull, mark, codeOf } of args) {
      const value = evaluate?.(context);
      if (evaluate && isNil(value) && !takesNull && mark !== '!') return null;
      const taken = evaluate && take(value, name);
      if (evaluate && taken === undefined && !(takesNull && isNil(value)))
        fail(codeOf(value), `${name} does not take a value of type ${value === undefined ? 'missing' : typeOf(value)}`);
      // An optional argument that is given but missing is no absent one.
      values.push(evaluate && mark === '?' ? (taken ?? null) : taken);
    }
    return spec.run(...(values as never[]));
  };
}
