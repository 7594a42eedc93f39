/** What an expression is evaluated on: the current document and the variables bound around it. */
export interface Context {
  root: unknown;
  variables: Readonly<Record<string, unknown>>;
}

/** Gives a value, or undefined for "missing". Values keep their BSON types. */
export type Evaluate = (context: Context) => unknown;

/** Compiles a part of an expression, in which `names` are variables as well. */
export type Compile = (expression: unknown, names?: readonly string[]) => Evaluate;

/** The fields an operand may have, each with the error for its absence (0: it may be absent), and the errors for other fields and for no object. */
export type Names = readonly [fields: Readonly<Record<string, number>>, unknown: number, notObject: number];

/** A function of evaluated arguments. */
export interface FunctionSpec {
  /** The kinds of the arguments in order; `kind?` may be left out, `kind...` repeated. Null gives null, save for `any`, `text`, and `kind!`, which refuses. */
  takes: readonly string[];
  /** Where the arguments are the fields of an object. */
  names?: Names;
  /** May also be given the first argument alone in place of that object. */
  lone?: boolean;
  /** The error for a wrong number of arguments. */
  arity?: number;
  /** The error for an argument of another kind: one for all, or one for each; for an `int` that is a number but not whole, the code after it. */
  code?: number | readonly number[];
  run: (...values: never[]) => unknown;
}
