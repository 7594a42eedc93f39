import { Long, ObjectId, Timestamp } from 'bson';
import { typeOf } from '../document.js';
import { fail } from '../errors.js';
import { isNil } from '../key.js';
import type { FunctionSpec } from './types.js';

const DAY = 86_400_000;
const FORMATS = new Map<string, Intl.DateTimeFormat>();
/** Offsets at the starts of UTC days, by day and zone: asking Intl takes long. */
const OFFSETS = new Map<string, number>();

/** Text that ends in the offset of an Olson zone at an instant, such as GMT+07:00. */
function zoneName(time: number, timeZone: string): string {
  try {
    const format = FORMATS.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, second: 'numeric', timeZoneName: 'longOffset' });
    FORMATS.set(timeZone, format);
    return format.format(time);
  } catch {
    return fail(40485, `unrecognized time zone identifier: "${timeZone}"`);
  }
}

function readOffset(time: number, zone: string): number {
  const text = /^[+-]\d{2}(:?\d{2})?$/.test(zone) ? zone : zoneName(time, zone);
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d{2}):?(\d{2})?(?::(\d{2}))?$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}

function offsetOfDay(day: number, zone: string): number {
  const key = `${day} ${zone}`;
  const offset = OFFSETS.get(key) ?? readOffset(day * DAY, zone);
  if (OFFSETS.size > 10_000) OFFSETS.clear();
  OFFSETS.set(key, offset);
  return offset;
}

/** Milliseconds a zone (Olson name, or offset such as +07:00) is ahead of UTC at an instant. */
function offsetAt(time: number, zone: string): number {
  const day = Math.floor(time / DAY);
  const offset = offsetOfDay(day, zone);
  return offset === offsetOfDay(day + 1, zone) ? offset : readOffset(time, zone);
}

/** Wall-clock time, written as if it were UTC. */
const toLocal = (date: Date, zone: string): Date => new Date(date.getTime() + offsetAt(date.getTime(), zone));

/** What counts as an instant: dates, and the time in an ObjectId or Timestamp. */
export function dateOf(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  return value instanceof Timestamp ? new Date(value.high * 1_000) : undefined;
}

const dayNumber = (date: Date): number => Math.floor(date.getTime() / DAY);
const dayOfYear = (date: Date): number => dayNumber(date) - Math.floor(Date.UTC(date.getUTCFullYear(), 0, 1) / DAY) + 1;
/** The Thursday of the same ISO week decides its year. */
const thursday = (date: Date): Date => new Date((dayNumber(date) - ((date.getUTCDay() + 6) % 7) + 3) * DAY);

/** The parts of a wall-clock time: the operator, and how `$dateToString` writes it. */
const PARTS: readonly [operator: string, specifier: string, digits: number, run: (local: Date) => number | Long][] = [
  ['$year', 'Y', 4, (local) => local.getUTCFullYear()],
  ['$month', 'm', 2, (local) => local.getUTCMonth() + 1],
  ['$dayOfMonth', 'd', 2, (local) => local.getUTCDate()],
  ['$hour', 'H', 2, (local) => local.getUTCHours()],
  ['$minute', 'M', 2, (local) => local.getUTCMinutes()],
  ['$second', 'S', 2, (local) => local.getUTCSeconds()],
  ['$millisecond', 'L', 3, (local) => local.getUTCMilliseconds()],
  ['$dayOfWeek', '', 1, (local) => local.getUTCDay() + 1],
  ['$dayOfYear', 'j', 3, dayOfYear],
  ['$isoDayOfWeek', 'u', 1, (local) => local.getUTCDay() || 7],
  ['$isoWeek', 'V', 2, (local) => Math.ceil(dayOfYear(thursday(local)) / 7)],
  ['$isoWeekYear', 'G', 4, (local) => Long.fromNumber(thursday(local).getUTCFullYear())],
];

const padded = (value: number | Long, digits: number): string => String(value).padStart(digits, '0');

function format(date: Date, zone: string, pattern: string): string {
  const local = toLocal(date, zone);
  const minutes = Math.trunc((local.getTime() - date.getTime()) / 60_000);
  const offset = `${minutes < 0 ? '-' : '+'}${padded(Math.trunc(Math.abs(minutes) / 60), 2)}${padded(Math.abs(minutes) % 60, 2)}`;
  return pattern.replace(/%(.?)/gs, (_, letter: string) => {
    if (letter === '%') return '%';
    if (letter === 'z') return offset;
    const part = PARTS.find(([, specifier]) => specifier === letter && letter !== '');
    const code = letter === '' ? 18535 : 'bBUwZ'.includes(letter) ? 238 : 18536;
    const [, , digits, run] = part ?? fail(code, `Format character '%${letter}' is invalid or not supported by the embedded database`);
    return padded(run(local), digits);
  });
}

const text = (name: string, value: unknown, otherwise: string, code: number): string | null =>
  value === undefined ? otherwise : value === null || typeof value === 'string' ? value : fail(code, `${name} must be a string`);

/** The pattern is a string, null or absent; a missing date counts before a missing zone or pattern. */
function dateToString(value: unknown, pattern: unknown, timezone: unknown, onNull: unknown = null): unknown {
  const zone = text('timezone', timezone, 'UTC', 40517);
  if (isNil(value)) return onNull;
  const date = dateOf(value) ?? fail(16006, `$dateToString can't convert from BSON type ${typeOf(value)} to Date`);
  const form = text('format', pattern, '%Y-%m-%dT%H:%M:%S.%LZ', 18533);
  return zone === null || form === null ? null : format(date, zone, form);
}

const UNITS = /^(year|quarter|month|week|hour|minute|second|millisecond)$/;

/** The instant at which the day of `date` began in a zone. */
function dateTrunc(date: Date, unit: string, zone = 'UTC', binSize: unknown = 1): Date {
  if (unit !== 'day') fail(UNITS.test(unit) ? 238 : 5439014, `$dateTrunc by '${unit}' is not supported by the embedded database`);
  if (Number(binSize) !== 1) fail(238, '$dateTrunc with binSize is not supported by the embedded database');
  const start = dayNumber(toLocal(date, zone)) * DAY;
  // The clocks may have changed since: the offset that counts is the one at the start of the day.
  return new Date(start - offsetAt(start - offsetAt(start, zone), zone));
}

const partOf = (run: (local: Date) => unknown): FunctionSpec => ({
  names: [{ date: 40539, timezone: 0 }, 40535, 40535],
  takes: ['date', 'string?'],
  lone: true,
  arity: 40536,
  code: [16006, 40517],
  run: (date: Date, zone = 'UTC') => run(toLocal(date, zone)),
});

/** Functions of dates over `Intl`'s zones; wall-clock times are dates read as UTC. */
export const DATES: Readonly<Record<string, FunctionSpec>> = {
  ...Object.fromEntries(PARTS.map(([operator, , , run]) => [operator, partOf(run)])),
  $dateToString: {
    names: [{ date: 18628, format: 0, timezone: 0, onNull: 0 }, 18534, 18629],
    takes: ['any', 'any?', 'any?', 'any?'],
    run: dateToString,
  },
  $dateTrunc: {
    names: [{ date: 5439009, unit: 5439010, timezone: 0, binSize: 0, startOfWeek: 0 }, 5439008, 5439007],
    takes: ['date', 'string', 'string?', 'number?', 'string?'],
    code: [5439012, 5439013, 40517, 5439017, 5439015],
    run: dateTrunc,
  },
};
