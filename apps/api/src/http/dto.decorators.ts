import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { accept, defineRule, refuse, type Rule } from '@app/common';
import { Transform } from 'class-transformer';
import { registerDecorator, ValidateIf } from 'class-validator';

export interface FieldOptions {
  /** The field may be absent. */
  optional?: boolean;
  /** The field may be null. */
  nullable?: boolean;
  /** More for the OpenAPI document. */
  api?: ApiPropertyOptions;
}

/** How {@link Satisfies} hands a rule's code and sentence through class-validator, whose messages are plain strings. */
export const CODED_MESSAGE = /^([A-Z][A-Z0-9_]*): (.*)$/s;

/**
 * Holds a field to a {@link Rule}: the value is replaced by the rule's normalised one, a refusal keeps the rule's code,
 * and the rule's schema describes the field in the OpenAPI document.
 */
export function Satisfies(rule: Rule<unknown>, { optional = false, nullable = false, api = {} }: FieldOptions = {}): PropertyDecorator {
  const isAbsent = (value: unknown): boolean => (optional && value === undefined) || (nullable && value === null);
  const normalise = Transform(({ value }: { value: unknown }) => {
    const checked = isAbsent(value) ? undefined : rule(value);
    return checked?.ok ? checked.value : value;
  });
  const validate: PropertyDecorator = (target, property) => {
    registerDecorator({
      name: 'satisfies',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) => rule(value).ok,
        defaultMessage: (args) => {
          const checked = args?.value === undefined ? refuse('REQUIRED', 'is required') : rule(args.value);
          return checked.ok ? '' : `${checked.code}: ${checked.detail}`;
        },
      },
    });
  };
  return applyDecorators(
    normalise,
    ValidateIf((_, value) => !isAbsent(value)),
    validate,
    ApiProperty({ required: !optional, ...(nullable && { nullable: true }), ...rule.schema, ...api } as ApiPropertyOptions),
  );
}

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

const DECIMAL = /^(0|[1-9]\d{0,9})$/;

/** An integer of a query string, in plain decimal digits; a number that a DTO holds already is let through. */
const queryIntRule = ({ min, max, clamp }: { min: number; max: number; clamp: boolean }): Rule<number> =>
  defineRule({ type: 'integer', minimum: min, maximum: max }, (value) => {
    if (typeof value !== 'number' && (typeof value !== 'string' || !DECIMAL.test(value)))
      return refuse('WRONG_TYPE', 'must be a whole number in decimal digits');
    const number = Number(value);
    if (number < min || (number > max && !clamp)) return refuse('OUT_OF_RANGE', `must be between ${min} and ${max}`);
    return accept(Math.min(number, max));
  });

const queryBooleanRule: Rule<boolean> = defineRule({ type: 'boolean' }, (value) => {
  if (typeof value === 'boolean') return accept(value);
  return value === 'true' || value === 'false' ? accept(value === 'true') : refuse('WRONG_TYPE', 'must be true or false');
});

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** A moment in RFC 3339 form, as a Date. */
export const instantRule: Rule<Date> = defineRule({ type: 'string', format: 'date-time' }, (value) => {
  if (value instanceof Date) return accept(value);
  const at = typeof value === 'string' && RFC_3339.test(value) ? new Date(value) : undefined;
  return at && !Number.isNaN(at.getTime()) ? accept(at) : refuse('BAD_FORMAT', 'must be a date and time such as 2026-11-22T10:00:00Z');
});

const OBJECT_ID = /^[0-9a-f]{24}$/;
export const objectIdRule: Rule<string> = defineRule({ type: 'string', pattern: OBJECT_ID.source }, (value) =>
  typeof value === 'string' && OBJECT_ID.test(value) ? accept(value) : refuse('BAD_ID', 'must be an id of 24 hexadecimal digits'),
);

/** An optional integer of a query; above the maximum it is refused, or taken as the maximum with `clamp`. */
export const QueryInt = ({
  min,
  max,
  clamp = false,
  api,
}: {
  min: number;
  max: number;
  clamp?: boolean;
  api?: ApiPropertyOptions;
}): PropertyDecorator => Satisfies(queryIntRule({ min, max, clamp }), { optional: true, ...(api && { api }) });

/** An optional boolean of a query: `true` or `false`, nothing else. */
export const QueryBoolean = (): PropertyDecorator => Satisfies(queryBooleanRule, { optional: true });

/** An optional moment of a query. */
export const QueryInstant = (): PropertyDecorator => Satisfies(instantRule, { optional: true });
