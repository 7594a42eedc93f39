import { accept, defineRule, refuse, type Rule } from '@app/common';

/** A boolean of a JSON body. */
export const booleanRule: Rule<boolean> = defineRule({ type: 'boolean' }, (value) =>
  typeof value === 'boolean' ? accept(value) : refuse('WRONG_TYPE', 'must be true or false'),
);

/** An integer of a JSON body. */
export const intRule = ({ min, max }: { min: number; max: number }): Rule<number> =>
  defineRule({ type: 'integer', minimum: min, maximum: max }, (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return refuse('WRONG_TYPE', 'must be an integer');
    return value < min || value > max ? refuse('OUT_OF_RANGE', `must be between ${min} and ${max}`) : accept(value);
  });

/** One of a closed list of names. */
export const oneOf = <T extends string>(names: readonly T[]): Rule<T> =>
  defineRule({ type: 'string', enum: names }, (value) =>
    names.includes(value as T) ? accept(value as T) : refuse('NOT_ALLOWED', `must be one of ${names.join(', ')}`),
  );

const DECIMAL = /^(0|[1-9]\d*)$/;

/** An integer of a query string, in plain decimal digits; a number that a DTO holds already is let through. */
export const queryIntRule = ({ min, max, clamp }: { min: number; max: number; clamp: boolean }): Rule<number> =>
  defineRule({ type: 'integer', minimum: min, maximum: max }, (value) => {
    if (typeof value !== 'number' && (typeof value !== 'string' || !DECIMAL.test(value)))
      return refuse('WRONG_TYPE', 'must be a whole number in decimal digits');
    const number = Number(value);
    if (number < min || (number > max && !clamp)) return refuse('OUT_OF_RANGE', `must be between ${min} and ${max}`);
    return accept(Math.min(number, max));
  });

/** A boolean of a query string; one that a DTO holds already is let through. */
export const queryBooleanRule: Rule<boolean> = defineRule({ type: 'boolean' }, (value) => {
  if (typeof value === 'boolean') return accept(value);
  return value === 'true' || value === 'false' ? accept(value === 'true') : refuse('WRONG_TYPE', 'must be true or false');
});

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Whether a text begins with a day that there is: JavaScript takes 30 February for 2 March. */
function isCalendarDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** A moment in RFC 3339 form, as a Date. */
export const instantRule: Rule<Date> = defineRule({ type: 'string', format: 'date-time' }, (value) => {
  if (value instanceof Date) return accept(value);
  const at = typeof value === 'string' && RFC_3339.test(value) && isCalendarDay(value) ? new Date(value) : undefined;
  return at && !Number.isNaN(at.getTime()) ? accept(at) : refuse('BAD_FORMAT', 'must be a date and time such as 2026-11-22T10:00:00Z');
});

const OBJECT_ID = /^[0-9a-f]{24}$/;
export const objectIdRule: Rule<string> = defineRule({ type: 'string', pattern: OBJECT_ID.source }, (value) =>
  typeof value === 'string' && OBJECT_ID.test(value) ? accept(value) : refuse('BAD_ID', 'must be an id of 24 hexadecimal digits'),
);

/** A list of 1 to `max` values, each after the same rule. */
export const listOf = <T>(item: Rule<T>, max: number): Rule<T[]> =>
  defineRule({ type: 'array', items: item.schema, minItems: 1, maxItems: max }, (value) => {
    if (!Array.isArray(value)) return refuse('WRONG_TYPE', 'must be a list');
    if (value.length === 0) return refuse('TOO_SHORT', 'must not be empty');
    if (value.length > max) return refuse('TOO_LONG', `must have at most ${max} items`);
    const items: T[] = [];
    for (const [index, each] of (value as unknown[]).entries()) {
      const checked = item(each);
      if (!checked.ok) return refuse(checked.code, `item ${index} ${checked.detail}`);
      items.push(checked.value);
    }
    return accept(items);
  });

/** An object with some of these fields and no others. */
export function objectRule<T>(fields: { [K in keyof T]-?: { rule: Rule<unknown>; required?: true } }): Rule<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const schema = {
    type: 'object',
    additionalProperties: false,
    required: names.filter((name) => fields[name].required),
    properties: Object.fromEntries(names.map((name) => [name, fields[name].rule.schema])),
  };
  return defineRule(schema, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('WRONG_TYPE', 'must be an object');
    if (Object.keys(value).some((name) => !names.includes(name as keyof T & string)))
      return refuse('UNKNOWN_FIELD', 'has an unknown field');
    const result: Record<string, unknown> = {};
    for (const name of names) {
      const given = (value as Record<string, unknown>)[name];
      if (given === undefined && !fields[name].required) continue;
      const checked = fields[name].rule(given);
      if (!checked.ok) return refuse(checked.code, `${name} ${checked.detail}`);
      result[name] = checked.value;
    }
    return accept(result as T);
  });
}
