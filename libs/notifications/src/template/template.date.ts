/** A moment on a wall calendar, in whatever zone it was written or asked for. */
interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

const TIME = '(?:[T ](\\d{2}):(\\d{2})(?::\\d{2}(?:\\.\\d{1,9})?)?)?';
const YEAR_FIRST = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})${TIME}$`);
const DAY_FIRST = new RegExp(`^(\\d{1,2})[/.-](\\d{1,2})[/.-](\\d{4})${TIME}$`);
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timezone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timezone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formatters.set(timezone, formatter);
  }
  return formatter;
}

function inZone(instant: Date, timezone: string): WallTime {
  const parts = new Map(
    formatterOf(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute') };
}

function wallTime(year = '', month = '', day = '', hour = '0', minute = '0'): WallTime | null {
  const time = { year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute) };
  const calendar = new Date(Date.UTC(time.year, time.month - 1, time.day));
  const exists = calendar.getUTCFullYear() === time.year && calendar.getUTCMonth() === time.month - 1 && calendar.getUTCDate() === time.day;
  return exists && time.hour < 24 && time.minute < 60 ? time : null;
}

/**
 * The wall time a value stands for: a date or date-time of ISO 8601, a day-first date (25/11/2026), or an instant, which
 * is told in `timezone`. A date without zone is taken as written, so that it never slips to the day before. Null for
 * anything else, and for days that do not exist.
 */
export function parseDate(value: unknown, timezone: string): WallTime | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst) return wallTime(yearFirst[1], yearFirst[2], yearFirst[3], yearFirst[4], yearFirst[5]);
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst) return wallTime(dayFirst[3], dayFirst[2], dayFirst[1], dayFirst[4], dayFirst[5]);
  if (!INSTANT.test(text)) return null;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? null : inZone(instant, timezone);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Fills `dd MM yyyy HH mm` of a pattern (the letters of Unicode TR 35); every other character stays. */
export function formatDate(time: WallTime, pattern: string): string {
  const fields: Record<string, string> = {
    dd: two(time.day),
    MM: two(time.month),
    yyyy: String(time.year).padStart(4, '0'),
    HH: two(time.hour),
    mm: two(time.minute),
  };
  return pattern.replace(/dd|MM|yyyy|HH|mm/g, (field) => fields[field] ?? field);
}
