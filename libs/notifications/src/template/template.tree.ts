import type { FilterName } from './template.filters.js';

/** What stands inside `{{ … }}` or a tag, after everything outside the allowed language was refused. */
export type Expression =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'list'; items: readonly (string | number | boolean | null)[] }
  | { kind: 'name'; name: string }
  | { kind: 'member'; target: Expression; key: string | number }
  | { kind: 'filter'; filter: FilterName; input: Expression; args: readonly Expression[] }
  | { kind: 'choice'; test: Expression; chosen: Expression; otherwise: Expression | null }
  | { kind: 'and' | 'or' | 'in'; left: Expression; right: Expression }
  | { kind: 'not'; operand: Expression }
  | { kind: 'compare'; operator: CompareOperator; left: Expression; right: Expression };

export const COMPARE_OPERATORS = ['==', '===', '!=', '!==', '<', '<=', '>', '>='] as const;
export type CompareOperator = (typeof COMPARE_OPERATORS)[number];

/** One step of a template. */
export type Statement =
  | { kind: 'text'; text: string }
  | { kind: 'output'; value: Expression }
  | { kind: 'if'; test: Expression; body: readonly Statement[]; otherwise: readonly Statement[] }
  | { kind: 'for'; names: readonly string[]; list: Expression; body: readonly Statement[]; otherwise: readonly Statement[] };

/** The names that always mean the recipient, whatever the data says. `customer` itself is read by field: `customer.city`. */
const CUSTOMER_VARIABLES = [
  'customer_name',
  'customer_email',
  'customer_phone',
  'company',
  'position',
  'city',
  'language',
  'tags',
] as const;
export type CustomerVariable = (typeof CUSTOMER_VARIABLES)[number];

const RESERVED: ReadonlySet<string> = new Set([...CUSTOMER_VARIABLES, 'customer', 'loop']);

export const isCustomerVariable = (name: string): name is CustomerVariable => (CUSTOMER_VARIABLES as readonly string[]).includes(name);
/** A loop may not give one of these names a new meaning. */
export const isReservedName = (name: string): boolean => RESERVED.has(name);
