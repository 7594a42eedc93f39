import { DomainError, type Violation } from '@app/common';

/** A place in a template, both counted from 1 as editors do. */
export interface TemplatePosition {
  line: number;
  column: number;
}

export type RefusalReason =
  | 'TEMPLATE_SYNTAX'
  | 'TEMPLATE_TAG_UNCLOSED'
  | 'TEMPLATE_NOT_ALLOWED'
  | 'TEMPLATE_NAME_NOT_ALLOWED'
  | 'TEMPLATE_FILTER_UNKNOWN'
  | 'TEMPLATE_FILTER_ARGUMENTS'
  | 'TEMPLATE_LOOPS_TOO_DEEP'
  | 'TEMPLATE_TOO_COMPLEX';

/** Why one template was refused, and where. Turned into a {@link TemplateInvalidError} where the field's name is known. */
export class TemplateRefusal extends Error {
  constructor(
    readonly reason: RefusalReason,
    readonly position: TemplatePosition,
    readonly explanation: string,
  ) {
    super(explanation);
  }

  toViolation(pointer: string): Violation {
    const { line, column } = this.position;
    return { pointer, code: this.reason, detail: `line ${line}, column ${column}: ${this.explanation}` };
  }
}

/** One or more templates of a request have faults; each violation says field, line, column and reason. */
export class TemplateInvalidError extends DomainError {
  constructor(violations: readonly Violation[]) {
    super('TEMPLATE_INVALID', 'invalid', 'A template has a fault or uses something outside the template language.', { violations });
  }
}

/**
 * A sound template that cannot be filled in for this recipient: the other recipients of the same send are not concerned.
 * The text names variables, never their values.
 */
export class RenderError extends DomainError {
  constructor(
    code:
      | 'TEMPLATE_VALUE_INVALID'
      | 'TEMPLATE_VARIABLES_MISSING'
      | 'TEMPLATE_OUTPUT_TOO_LONG'
      | 'TEMPLATE_OUTPUT_EMPTY'
      | 'TEMPLATE_TOO_MUCH_WORK',
    message: string,
  ) {
    super(code, 'invalid', message);
  }
}
