/** A day of the calendar, without a time zone. Months count from 1. */
export interface CivilDate {
  year: number;
  month: number;
  day: number;
}

/** Instants from `from` up to but not including `to`. */
export interface TimeRange {
  from: Date;
  to: Date;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-hc-h23', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

/** Offsets of zones are the same within a quarter of an hour, and asking Intl is slow. */
const QUARTER_MS = 900_000;
const KEPT_OFFSETS = 20_000;
const offsets = new Map<string, Map<number, number>>();

function readOffset(instant: number, timeZone: string): number {
  const parts = new Map(
    formatterFor(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (
    ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  ).map((part) => parts.get(part));
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/** Milliseconds by which a zone's clocks are ahead of UTC at an instant. */
function offsetAt(instant: number, timeZone: string): number {
  let known = offsets.get(timeZone);
  if (known === undefined || known.size >= KEPT_OFFSETS) {
    known = new Map<number, number>();
    offsets.set(timeZone, known);
  }
  const quarter = Math.floor(instant / QUARTER_MS);
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = readOffset(instant, timeZone);
    known.set(quarter, offset);
  }
  return offset;
}

const toCivil = (at: Date): CivilDate => ({ year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() });

/** The day it is at an instant in a zone (IANA name). */
export function civilDate(at: Date, timeZone: string): CivilDate {
  return toCivil(new Date(at.getTime() + offsetAt(at.getTime(), timeZone)));
}

/** The first instant of a day in a zone. */
function startOfDay({ year, month, day }: CivilDate, timeZone: string): Date {
  const midnight = Date.UTC(year, month - 1, day);
  // Twice, as the offset at the first guess may be the one on the other side of a change of clocks.
  const guess = midnight - offsetAt(midnight, timeZone);
  return new Date(midnight - offsetAt(guess, timeZone));
}

/** The day `days` after (before, when negative) another. */
export function addDays({ year, month, day }: CivilDate, days: number): CivilDate {
  return toCivil(new Date(Date.UTC(year, month - 1, day + days)));
}

/** The first day of the month `months` after another day's month. */
export function firstOfMonth({ year, month }: { year: number; month: number }, months = 0): CivilDate {
  return toCivil(new Date(Date.UTC(year, month - 1 + months, 1)));
}

/** 1 is Monday, 7 is Sunday. */
export function weekday({ year, month, day }: CivilDate): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
}

export function isRealDate({ year, month, day }: CivilDate): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** The range of whole days from `first` up to but not including `end`. */
export function daysBetween(first: CivilDate, end: CivilDate, timeZone: string): TimeRange {
  return { from: startOfDay(first, timeZone), to: startOfDay(end, timeZone) };
}
