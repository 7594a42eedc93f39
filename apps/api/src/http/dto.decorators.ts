import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { refuse, type Rule } from '@app/common';
import { Transform } from 'class-transformer';
import { registerDecorator, ValidateIf } from 'class-validator';
import { instantRule, queryBooleanRule, queryIntRule } from './dto.rules.js';

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
  // class-transformer hands over a copy of an object that lacks some of its keys: the rule is to see what was sent.
  const normalise = Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => {
    const sent = obj[key];
    const checked = isAbsent(sent) ? undefined : rule(sent);
    return checked?.ok ? checked.value : sent;
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
