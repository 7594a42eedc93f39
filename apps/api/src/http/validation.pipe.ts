import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { Violation } from '@app/common';
import type { ValidationError } from 'class-validator';
import { CODED_MESSAGE } from './dto.decorators.js';
import { ValidationFailedError } from './http.errors.js';

/** Codes for the constraints of class-validator that DTOs use beside `Satisfies`. */
const CONSTRAINT_CODES: Readonly<Record<string, string>> = {
  whitelistValidation: 'UNKNOWN_FIELD',
  nestedValidation: 'WRONG_TYPE',
  isArray: 'WRONG_TYPE',
  isObject: 'WRONG_TYPE',
  isBoolean: 'WRONG_TYPE',
  isString: 'WRONG_TYPE',
  arrayMaxSize: 'TOO_LONG',
  arrayMinSize: 'TOO_SHORT',
};

const escapePointer = (segment: string): string => segment.replace(/~/g, '~0').replace(/\//g, '~1');

function violationsOf(errors: readonly ValidationError[], parent = ''): Violation[] {
  return errors.flatMap((error) => {
    const pointer = `${parent}/${escapePointer(error.property)}`;
    const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => {
      if (constraint === 'whitelistValidation') return { pointer, code: 'UNKNOWN_FIELD', detail: 'is not a known field' };
      const coded = CODED_MESSAGE.exec(message);
      return coded
        ? { pointer, code: coded[1] ?? '', detail: coded[2] ?? '' }
        : { pointer, code: CONSTRAINT_CODES[constraint] ?? 'INVALID_VALUE', detail: message };
    });
    return [...own, ...violationsOf(error.children ?? [], pointer)];
  });
}

/** Nest drops these names at any depth before a rule sees them: what is not kept is refused. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function holdsReservedKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, child]) => RESERVED_KEYS.has(key) || holdsReservedKey(child));
}

/** Fields named like what every object has are dropped before the whitelist sees them; no DTO has one. */
function refuseInheritedNames(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const inherited = Object.keys(value).filter((name) => name in Object.prototype);
  if (inherited.length === 0) return;
  throw new ValidationFailedError(
    inherited.map((name) => ({ pointer: `/${name}`, code: 'UNKNOWN_FIELD', detail: 'is not a known field' })),
  );
}

/**
 * Holds bodies and queries to their DTO: an object, no unknown field, nothing converted silently. Every fault is
 * reported at once. How deep a body nests was checked when it was parsed.
 */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new ValidationFailedError(violationsOf(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw new ValidationFailedError([{ pointer: '', code: 'WRONG_TYPE', detail: 'the body must be a JSON object' }]);
    }
    refuseInheritedNames(value);
    if (holdsReservedKey(value))
      throw new ValidationFailedError([{ pointer: '', code: 'BAD_KEY', detail: 'holds a key with a reserved name' }]);
    return super.transform(value, metadata);
  }
}
