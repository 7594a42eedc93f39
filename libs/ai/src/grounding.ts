import { civilDate, extractSlots, type Slot } from '@app/language';
import type { ModelRequest } from './language-model.js';

type Sources = Pick<ModelRequest, 'records' | 'now' | 'timeZone'>;

interface Figures {
  values: ReadonlySet<string>;
  dates: readonly DateParts[];
}

interface DateParts {
  year: string | undefined;
  month: string | undefined;
  day: string | undefined;
}

const numberOf = (amount: string): string => amount.split(' ')[0] ?? amount;
const keyOf = ({ kind, value }: Slot): string => `${kind}:${kind === 'amount' ? numberOf(value) : value}`;

function dateParts(value: string): DateParts {
  const groups = /^(?:(?<year>\d{4})-|--)?(?:(?<month>\d{2})(?:-(?<day>\d{2}))?|-(?<only>\d{2}))$/.exec(value)?.groups ?? {};
  return { year: groups['year'], month: groups['month'], day: groups['day'] ?? groups['only'] };
}

/** A date is supported by one that says at least as much and the same: `25/11` by `25/11/2026`, and the other way round. */
const agrees = (said: DateParts, source: DateParts): boolean =>
  (['month', 'day'] as const).every((part) => said[part] === undefined || said[part] === source[part]) &&
  (said.year === undefined || source.year === undefined || said.year === source.year);

function isoDay(at: Date, timeZone: string): string {
  const { year, month, day } = civilDate(at, timeZone);
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function figuresOf({ records, now, timeZone }: Sources): Figures {
  const slots = records.flatMap(({ text, subject }) => [...extractSlots(text), ...extractSlots(subject ?? '')]);
  const days = [now, ...records.flatMap(({ at }) => (at === null ? [] : [at]))].map((at) => isoDay(at, timeZone));
  const dates = [...slots.filter(({ kind }) => kind === 'date').map(({ value }) => value), ...days];
  return { values: new Set(slots.map(keyOf)), dates: dates.map(dateParts) };
}

/**
 * The amounts, dates, times, codes, percentages and links of an answer that stand in no record of its prompt (records'
 * texts and dates, and today): a customer would act on them, so an invented one is worse than no answer. The
 * question is no source: a figure that only the customer named is not confirmed by it.
 */
export function unsupportedFigures(answer: string, sources: Sources): Slot[] {
  const said = extractSlots(answer);
  if (said.length === 0) return [];
  const { values, dates } = figuresOf(sources);
  const isSupported = (slot: Slot): boolean =>
    values.has(keyOf(slot)) || (slot.kind === 'date' && dates.some((date) => agrees(dateParts(slot.value), date)));
  return said.filter((slot) => !isSupported(slot));
}
