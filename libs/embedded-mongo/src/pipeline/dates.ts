import { Long, ObjectId, Timestamp } from 'bson';
import { typeOf } from '../document.js';
import { fail } from '../errors.js';
import { isNumber, toInteger } from '../numbers.js';

const DAY = 86_400_000;
const LENGTHS: Readonly<Record<string, number>> = {
  week: 7 * DAY,
  day: DAY,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
};
const MONTHS: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 };
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

type Args = Record<string, unknown>;

/** A function of evaluated arguments by name. */
export interface NamedFunction {
  /** Takes a lone argument in place of the object, under this name. */
  lone?: string;
  required: readonly string[];
  optional: readonly string[];
  run: (args: Args) => unknown;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds a zone (Olson name, or offset such as +07:00) is ahead of UTC at an instant. */
function offsetAt(time: number, zone: string): number {
  const fixed = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3] ?? 0)) * 60_000;
  let format = FORMATS.get(zone);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-US-u-ca-gregory', { timeZone: zone, timeZoneName: 'longOffset' });
    } catch {
      return fail(40485, `unrecognized time zone identifier: "${zone}"`);
    }
    FORMATS.set(zone, format);
  }
  const name = format.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /GMT([+-])(\d+):(\d+)(?::(\d+))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}

/** Wall-clock time, written as if it were UTC. */
const toLocal = (time: number, zone: string): Date => new Date(time + offsetAt(time, zone));

/** The instant of a wall-clock time; one skipped by a change of the clocks moves forward. */
function toInstant(local: number, zone: string): number {
  const guess = local - offsetAt(local, zone);
  return local - offsetAt(guess, zone);
}

export function dateOf(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  return value instanceof Timestamp ? new Date(value.high * 1_000) : undefined;
}

const isNil = (value: unknown): boolean => value === undefined || value === null;

function zoneOf(value: unknown): string | null {
  return value === undefined
    ? 'UTC'
    : value === null
      ? null
      : typeof value === 'string'
        ? value
        : fail(40517, 'timezone must evaluate to a string');
}

const dateArgument = (value: unknown): number =>
  (dateOf(value) ?? fail(16006, `can't convert from BSON type ${typeOf(value)} to Date`)).getTime();

function whole(name: string, value: unknown): number {
  const integer = isNumber(value) ? toInteger(value) : undefined;
  return integer === undefined ? fail(5166405, `${name} expects an integer`) : Number(integer);
}

const dayNumber = (date: Date): number => Math.floor(date.getTime() / DAY);
const dayOfYear = (date: Date): number => dayNumber(date) - Math.floor(Date.UTC(date.getUTCFullYear(), 0, 1) / DAY) + 1;
/** The Thursday of the same ISO week decides its year. */
const thursday = (date: Date): Date => new Date((dayNumber(date) - ((date.getUTCDay() + 6) % 7) + 3) * DAY);

const PARTS: Readonly<Record<string, (local: Date) => number>> = {
  $year: (d) => d.getUTCFullYear(),
  $month: (d) => d.getUTCMonth() + 1,
  $dayOfMonth: (d) => d.getUTCDate(),
  $hour: (d) => d.getUTCHours(),
  $minute: (d) => d.getUTCMinutes(),
  $second: (d) => d.getUTCSeconds(),
  $millisecond: (d) => d.getUTCMilliseconds(),
  $dayOfWeek: (d) => d.getUTCDay() + 1,
  $dayOfYear: dayOfYear,
  $isoDayOfWeek: (d) => d.getUTCDay() || 7,
  $isoWeek: (d) => Math.ceil(dayOfYear(thursday(d)) / 7),
  $isoWeekYear: (d) => thursday(d).getUTCFullYear(),
  $week: (d) => Math.floor((dayOfYear(d) + 6 - d.getUTCDay()) / 7),
};

const SPECIFIERS: Readonly<Record<string, readonly [part: string, digits: number]>> = {
  Y: ['$year', 4],
  m: ['$month', 2],
  d: ['$dayOfMonth', 2],
  H: ['$hour', 2],
  M: ['$minute', 2],
  S: ['$second', 2],
  L: ['$millisecond', 3],
  j: ['$dayOfYear', 3],
  w: ['$dayOfWeek', 1],
  u: ['$isoDayOfWeek', 1],
  U: ['$week', 2],
  V: ['$isoWeek', 2],
  G: ['$isoWeekYear', 4],
};

function format(time: number, zone: string, pattern: string): string {
  const local = toLocal(time, zone);
  return pattern.replace(/%(.?)/gs, (_, letter: string) => {
    const [part, digits] = SPECIFIERS[letter] ?? [];
    if (part) return String(PARTS[part]?.(local)).padStart(digits ?? 0, '0');
    const minutes = offsetAt(time, zone) / 60_000;
    const [sign, size] = [minutes < 0 ? '-' : '+', Math.abs(minutes)];
    if (letter === 'z') return `${sign}${String(Math.trunc(size / 60)).padStart(2, '0')}${String(size % 60).padStart(2, '0')}`;
    if (letter === 'Z') return `${sign}${String(size).padStart(3, '0')}`;
    if (letter === 'b' || letter === 'B')
      return local.toLocaleString('en-US', { month: letter === 'b' ? 'short' : 'long', timeZone: 'UTC' });
    return letter === '%' ? '%' : fail(18536, `Invalid format character '%${letter}' in format string`);
  });
}

const monthsOf = (local: Date): number => local.getUTCFullYear() * 12 + local.getUTCMonth();
const unitOf = (value: unknown): string =>
  typeof value === 'string' && (value in LENGTHS || value in MONTHS) ? value : fail(9, `unknown time unit value: ${String(value)}`);

const firstDay = (value: unknown): number => {
  const at = WEEKDAYS.findIndex(
    (day) => typeof value === 'string' && (day === value.toLowerCase() || day.slice(0, 3) === value.toLowerCase()),
  );
  return at < 0 ? fail(9, `unknown day of week value: ${String(value)}`) : at;
};

/** Weeks start on Sundays unless told otherwise; 2000-01-02 was one. */
const originOf = (unit: string, startOfWeek: unknown): number =>
  Date.UTC(2000, 0, unit === 'week' ? 2 + firstDay(startOfWeek ?? 'sunday') : 1);

/** Whole units since the year 2000, by wall clock: the starts $dateTrunc goes back to and the boundaries $dateDiff counts. */
function unitsSince(local: Date, unit: string, startOfWeek: unknown): number {
  const months = MONTHS[unit];
  return months
    ? Math.floor((monthsOf(local) - 2_000 * 12) / months)
    : Math.floor((local.getTime() - originOf(unit, startOfWeek)) / (LENGTHS[unit] ?? 1));
}

function truncate(args: Args): Date | null {
  const zone = zoneOf(args['timezone']);
  if (zone === null || isNil(args['date']) || isNil(args['unit'])) return null;
  const unit = unitOf(args['unit']);
  const time = dateArgument(args['date']);
  const local = toLocal(time, zone);
  const units = unitsSince(local, unit, args['startOfWeek']);
  const months = MONTHS[unit];
  const start = months ? Date.UTC(2000, units * months, 1) : originOf(unit, args['startOfWeek']) + units * (LENGTHS[unit] ?? 1);
  // Within an hour the clocks do not change, so the distance is the same on the UTC line, also in an hour that occurs twice.
  return new Date((LENGTHS[unit] ?? DAY) <= 3_600_000 ? time - (local.getTime() - start) : toInstant(start, zone));
}

function add(name: string, args: Args, sign: 1 | -1): Date | null {
  const zone = zoneOf(args['timezone']);
  if (zone === null || isNil(args['startDate']) || isNil(args['unit']) || isNil(args['amount'])) return null;
  const unit = unitOf(args['unit']);
  const amount = whole(name, args['amount']) * sign;
  const time = dateArgument(args['startDate']);
  const months = MONTHS[unit];
  if (!months && unit !== 'day' && unit !== 'week') return new Date(time + amount * (LENGTHS[unit] ?? 1));
  const local = toLocal(time, zone);
  if (!months) return new Date(toInstant(local.getTime() + amount * (LENGTHS[unit] ?? 1), zone));
  const target = monthsOf(local) + amount * months;
  const lastDay = new Date(Date.UTC(Math.floor(target / 12), (target % 12) + 1, 0)).getUTCDate();
  const day = Date.UTC(Math.floor(target / 12), ((target % 12) + 12) % 12, Math.min(local.getUTCDate(), lastDay));
  return new Date(toInstant(day + (((local.getTime() % DAY) + DAY) % DAY), zone));
}

function difference(args: Args): Long | null {
  const zone = zoneOf(args['timezone']);
  if (zone === null || ['startDate', 'endDate', 'unit'].some((key) => isNil(args[key]))) return null;
  const unit = unitOf(args['unit']);
  const [start, end] = [args['startDate'], args['endDate']].map((date) => toLocal(dateArgument(date), zone)) as [Date, Date];
  return Long.fromNumber(unitsSince(end, unit, args['startOfWeek']) - unitsSince(start, unit, args['startOfWeek']));
}

function fromParts(args: Args): Date | null {
  const zone = zoneOf(args['timezone']);
  if (zone === null || Object.values(args).includes(null)) return null;
  const part = (name: string, otherwise: number): number => (args[name] === undefined ? otherwise : whole(name, args[name]));
  const local = new Date(0);
  local.setUTCFullYear(part('year', 1970), part('month', 1) - 1, part('day', 1));
  local.setUTCHours(part('hour', 0), part('minute', 0), part('second', 0), part('millisecond', 0));
  return new Date(toInstant(local.getTime(), zone));
}

const ISO = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A date in ISO form; in `zone` unless the text names its own offset. */
export function parseDate(text: string, zone = 'UTC'): Date {
  if (!ISO.test(text)) fail(241, `Error parsing date string '${text}'; only ISO 8601 dates are read by the embedded database`);
  const own = /(Z|[+-]\d{2}:?\d{2})$/.exec(text.slice(10))?.[0] ?? '';
  const time = Date.parse(
    `${text
      .slice(0, text.length - own.length)
      .trim()
      .replace(' ', 'T')}${text.length > 10 ? 'Z' : ''}`,
  );
  if (Number.isNaN(time)) fail(241, `Error parsing date string '${text}'`);
  return new Date(own ? time - (own === 'Z' ? 0 : offsetAt(time, own)) : toInstant(time, zone));
}

const part = (name: string): NamedFunction => ({
  lone: 'date',
  required: ['date'],
  optional: ['timezone'],
  run: (args) => {
    const zone = zoneOf(args['timezone']);
    return zone === null || isNil(args['date']) ? null : PARTS[name]?.(toLocal(dateArgument(args['date']), zone));
  },
});

/** Date operators over `Intl`'s zones; instants are milliseconds, wall-clock times are dates read as UTC. */
export const DATE_FUNCTIONS: Readonly<Record<string, NamedFunction>> = {
  ...Object.fromEntries(Object.keys(PARTS).map((name) => [name, part(name)])),
  $dateToString: {
    required: ['date'],
    optional: ['format', 'timezone', 'onNull'],
    run: (args) => {
      const zone = zoneOf(args['timezone']);
      if (isNil(args['date'])) return args['onNull'] === undefined && 'onNull' in args ? undefined : (args['onNull'] ?? null);
      if (zone === null || args['format'] === null) return null;
      const pattern = args['format'] ?? (zone === 'UTC' ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L');
      return format(
        dateArgument(args['date']),
        zone,
        typeof pattern === 'string' ? pattern : fail(18533, '$dateToString requires that format be a string'),
      );
    },
  },
  $dateTrunc: { required: ['date', 'unit'], optional: ['timezone', 'startOfWeek'], run: truncate },
  $dateAdd: { required: ['startDate', 'unit', 'amount'], optional: ['timezone'], run: (args) => add('$dateAdd', args, 1) },
  $dateSubtract: { required: ['startDate', 'unit', 'amount'], optional: ['timezone'], run: (args) => add('$dateSubtract', args, -1) },
  $dateDiff: { required: ['startDate', 'endDate', 'unit'], optional: ['timezone', 'startOfWeek'], run: difference },
  $dateFromParts: { required: ['year'], optional: ['month', 'day', 'hour', 'minute', 'second', 'millisecond', 'timezone'], run: fromParts },
  $dateFromString: {
    required: ['dateString'],
    optional: ['timezone', 'onNull', 'onError'],
    run: (args) => {
      const [text, zone] = [args['dateString'], zoneOf(args['timezone'])];
      if (isNil(text)) return args['onNull'] ?? null;
      if (zone === null) return null;
      try {
        return typeof text === 'string'
          ? parseDate(text, zone)
          : fail(241, `$dateFromString requires that 'dateString' be a string, found: ${typeOf(text)}`);
      } catch (error) {
        if ('onError' in args) return args['onError'];
        throw error;
      }
    },
  },
};
