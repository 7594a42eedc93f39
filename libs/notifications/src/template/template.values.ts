import { parseAmount } from './template.currency.js';
import { ownValue } from './template.scope.js';
import type { CompareOperator } from './template.tree.js';

/** As in Jinja2: empty texts and lists, 0, null and absent values are false. */
export const isTrue = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

const isAbsent = (value: unknown): boolean => value === null || value === undefined;

/** Cells of a CSV are texts, so a number equals the text that writes it; everything else by value and type. */
function equals(left: unknown, right: unknown): boolean {
  if (left === right || (isAbsent(left) && isAbsent(right))) return true;
  const mixed = (typeof left === 'number' && typeof right === 'string') || (typeof left === 'string' && typeof right === 'number');
  return mixed && parseAmount(left) === parseAmount(right);
}

/** Negative, zero or positive; NaN where there is no order. Amounts go by value, also as texts; other texts by code unit. */
function order(left: unknown, right: unknown): number {
  const [first, second] = [parseAmount(left), parseAmount(right)];
  if (first !== null && second !== null) return first - second;
  if (typeof left !== 'string' || typeof right !== 'string') return Number.NaN;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export const COMPARE: Readonly<Record<CompareOperator, (left: unknown, right: unknown) => boolean>> = {
  '==': equals,
  '!=': (left, right) => !equals(left, right),
  '===': (left, right) => left === right,
  '!==': (left, right) => left !== right,
  '<': (left, right) => order(left, right) < 0,
  '<=': (left, right) => order(left, right) <= 0,
  '>': (left, right) => order(left, right) > 0,
  '>=': (left, right) => order(left, right) >= 0,
};

/** Whether a list holds an item, a text holds another, or an object has a field. */
export function contains(holder: unknown, item: unknown): boolean {
  if (Array.isArray(holder)) return holder.some((each) => equals(each, item));
  if (typeof holder === 'string') return typeof item === 'string' && holder.includes(item);
  return typeof item === 'string' && ownValue(holder, item) !== undefined;
}
