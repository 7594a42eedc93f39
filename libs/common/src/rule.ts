/** The outcome of a {@link Rule}: the normalised value, or why it was refused. */
export type Checked<T> = { ok: true; value: T } | { ok: false; code: string; detail: string };

/** JSON Schema keywords that describe what a rule accepts, for the OpenAPI document. */
export type RuleSchema = Readonly<Record<string, unknown>>;

/**
 * One rule about one value, the same wherever the value comes from (a request, a CSV cell): pure, total, and idempotent
 * on what it accepts.
 */
export interface Rule<T> {
  (value: unknown): Checked<T>;
  readonly schema: RuleSchema;
}

export const accept = <T>(value: T): Checked<T> => ({ ok: true, value });
export const refuse = (code: string, detail: string): Checked<never> => ({ ok: false, code, detail });

/** Makes a {@link Rule} of a function and the schema that describes it. */
export function defineRule<T>(schema: RuleSchema, check: (value: unknown) => Checked<T>): Rule<T> {
  return Object.assign((value: unknown) => check(value), { schema });
}
