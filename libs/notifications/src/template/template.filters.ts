import { formatCurrency, parseAmount } from './template.currency.js';
import { formatDate, parseDate } from './template.date.js';

export const FILTER_NAMES = [
  'upper',
  'lower',
  'title',
  'default',
  'round',
  'join',
  'length',
  'truncate',
  'escape',
  'date',
  'currency',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

/** What a filter may know about the recipient. `language` is a BCP 47 tag, `timezone` an IANA name. */
export interface FilterContext {
  language: string;
  timezone: string;
}

/** A value that a filter cannot work on; the compiler adds which variable it came from. */
export class FilterFault extends Error {}

interface Filter {
  /** Fewest and most arguments after the value. */
  args: readonly [number, number];
  /** Called for an absent value too; every other filter passes absence on, so that `x | upper | default("-")` works. */
  takesAbsent?: true;
  apply(value: unknown, args: readonly unknown[], context: FilterContext): unknown;
}

const fault = (expected: string): never => {
  throw new FilterFault(expected);
};

/** The text of a value as a notice shows it: lists joined by ", ". Objects have none. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return fault('is an object, not a text');
}

const integer = (value: unknown, fallback: number): number => {
  if (value === undefined) return fallback;
  return typeof value === 'number' && Number.isInteger(value) ? value : fault('needs a whole number as argument');
};

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const ROUNDING: Readonly<Record<string, (value: number) => number>> = {
  common: (value) => Math.sign(value) * Math.round(Math.abs(value)),
  ceil: Math.ceil,
  floor: Math.floor,
};

function round(value: number, precision: number, method: string): number {
  const rounded = ROUNDING[method] ?? fault('knows the methods common, ceil and floor');
  if (precision < 0 || precision > 10) fault('rounds to 0–10 decimals');
  // Shifting by exponent text avoids the binary error of a multiplication (1.005 to two decimals is 1.01).
  const shifted = rounded(Number(`${value}e${precision}`));
  return Number.isFinite(shifted) ? Number(`${shifted}e-${precision}`) : value;
}

function truncate(text: string, length: number, killWords: boolean, end: string): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const cut = characters.slice(0, Math.max(0, length)).join('');
  const space = cut.lastIndexOf(' ');
  return (killWords || space <= 0 ? cut : cut.slice(0, space)) + end;
}

/** The filters of the template language; names, arguments and results are those of Jinja2, but for `date` and `currency`. */
export const FILTERS: Readonly<Record<FilterName, Filter>> = {
  upper: { args: [0, 0], apply: (value) => textOf(value).toUpperCase() },
  lower: { args: [0, 0], apply: (value) => textOf(value).toLowerCase() },
  title: {
    args: [0, 0],
    apply: (value) =>
      textOf(value)
        .toLowerCase()
        .replace(/(?<![\p{L}\p{M}\p{N}'’])\p{L}/gu, (letter) => letter.toUpperCase()),
  },
  default: {
    args: [1, 2],
    takesAbsent: true,
    apply: (value, [fallback, alsoFalse]) => (value === null || value === undefined || (alsoFalse === true && !value) ? fallback : value),
  },
  round: {
    args: [0, 2],
    apply: (value, [precision, method]) =>
      round(parseAmount(value) ?? fault('is not a number'), integer(precision, 0), textOf(method ?? 'common')),
  },
  join: {
    args: [0, 1],
    apply: (value, [separator]) => (Array.isArray(value) ? value.map(textOf).join(textOf(separator)) : fault('is not a list')),
  },
  length: {
    args: [0, 0],
    takesAbsent: true,
    apply: (value) => {
      if (value === null || value === undefined) return 0;
      if (Array.isArray(value)) return value.length;
      return typeof value === 'object' ? Object.keys(value).length : [...textOf(value)].length;
    },
  },
  truncate: {
    args: [0, 3],
    apply: (value, [length, killWords, end]) => truncate(textOf(value), integer(length, 255), killWords === true, textOf(end ?? '...')),
  },
  escape: { args: [0, 0], apply: (value) => textOf(value).replace(/[&<>"']/g, (character) => HTML[character] ?? character) },
  date: {
    args: [0, 1],
    apply: (value, [pattern], { timezone }) =>
      formatDate(parseDate(value, timezone) ?? fault('is not a date'), textOf(pattern ?? 'dd/MM/yyyy')),
  },
  currency: {
    args: [0, 1],
    apply: (value, [code], { language }) =>
      formatCurrency(parseAmount(value) ?? fault('is not an amount'), textOf(code ?? 'VND'), language) ??
      fault('needs a currency code such as "USD"'),
  },
};

export const isFilterName = (name: string): name is FilterName => (FILTER_NAMES as readonly string[]).includes(name);
