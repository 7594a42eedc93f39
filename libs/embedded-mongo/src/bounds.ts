import type { TypeName } from './document.js';
import { typeOf } from './document.js';
import type { Index } from './index-entry.js';
import { CLASS, invert, keyOf, MAX_KEY_BYTES } from './key.js';
import type { Constraint } from './matcher.js';

/** Index keys from `start` (inclusive) up to `end` (exclusive, open when absent). */
export interface KeyRange {
  start: Buffer;
  end: Buffer | undefined;
}

export interface Bounds {
  ranges: KeyRange[];
  /** How many leading fields are bound, and by what; a field with one point is constant for sorting. */
  fields: ('point' | 'points' | 'range')[];
}

/** One component of a key between two byte prefixes, each with or without the keys that begin with it. */
interface Interval {
  low: Buffer;
  lowIn: boolean;
  high: Buffer;
  highIn: boolean;
}

/** More ranges than this and the remaining fields are left to the filter. */
const MOST_RANGES = 20_000;

/** The smallest byte string above all that begin with `prefix`; undefined when there is none. */
function successor(prefix: Buffer): Buffer | undefined {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) return undefined;
  const next = Buffer.from(prefix.subarray(0, end));
  next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}

/**
 * The parts of an index that can hold matches of the constraints: always a superset, so the filter runs on every document.
 * On an array path one bound only is used, and never a null or a whole array, which have no key of their own there.
 */
export function boundsOf(index: Index, constraints: readonly Constraint[]): Bounds {
  const fields: Bounds['fields'] = [];
  const arrayRoots = new Set<string>();
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  let last: Interval | undefined;
  for (const [path, direction] of index.fields) {
    const root = path.split('.', 1)[0] as string;
    const isArray = index.multikey.has(path);
    // Two conditions below one array may be met by two elements, whose keys never stand together.
    if (isArray && arrayRoots.has(root)) break;
    const own = constraints.filter((constraint) => constraint.path === path);
    const points = pointsOf(own, isArray);
    if (points && points.length * prefixes.length <= MOST_RANGES) {
      const parts = points.map((point) => (direction < 0 ? invert(point) : point)).sort((a, b) => a.compare(b));
      prefixes = prefixes.flatMap((prefix) => parts.map((part) => (prefix.length === 0 ? part : Buffer.concat([prefix, part]))));
      fields.push(points.length === 1 ? 'point' : 'points');
      if (isArray) arrayRoots.add(root);
      continue;
    }
    const interval = intervalOf(own, isArray);
    if (interval) {
      last = direction < 0 ? inverted(interval) : interval;
      fields.push('range');
    }
    break;
  }
  return { ranges: prefixes.map((prefix) => rangeOf(prefix, last)), fields };
}

/**
 * The bounds of an `$or`: those of all its branches, put together in the order of the index; undefined when a branch is not
 * bound further than the rest of the filter binds it.
 */
export function boundsOfAny(index: Index, outer: Bounds, branches: readonly (readonly Constraint[])[]): Bounds | undefined {
  const ranges: KeyRange[] = [];
  for (const branch of branches) {
    const bounds = boundsOf(index, branch);
    if (bounds.fields.length <= outer.fields.length) return undefined;
    ranges.push(...bounds.ranges);
  }
  return { ranges: merged(ranges), fields: [...outer.fields, 'range'] };
}

function merged(ranges: KeyRange[]): KeyRange[] {
  const result: KeyRange[] = [];
  for (const range of ranges.sort((a, b) => a.start.compare(b.start))) {
    const before = result.at(-1);
    if (!before || (before.end && before.end.compare(range.start) < 0)) result.push({ ...range });
    else if (before.end && (!range.end || range.end.compare(before.end) > 0)) before.end = range.end;
  }
  return result;
}

function rangeOf(prefix: Buffer, interval: Interval | undefined): KeyRange {
  if (!interval) return whole(prefix);
  const low = Buffer.concat([prefix, interval.low]);
  const high = Buffer.concat([prefix, interval.high]);
  if (low.length > MAX_KEY_BYTES || high.length > MAX_KEY_BYTES) return whole(prefix);
  return {
    start: interval.lowIn ? low : (successor(low) ?? low),
    end: interval.highIn ? successor(high) : high,
  };
}

/** All keys that begin with `prefix`; a longer one than the store takes is cut, as its entries are. */
function whole(prefix: Buffer): KeyRange {
  const start = prefix.length > MAX_KEY_BYTES ? prefix.subarray(0, MAX_KEY_BYTES) : prefix;
  return { start, end: successor(start) };
}

function inverted({ low, lowIn, high, highIn }: Interval): Interval {
  return { low: invert(high), lowIn: highIn, high: invert(low), highIn: lowIn };
}

/** The keys of an equality or `$in`, in order and once each; undefined when the index cannot tell them. */
function pointsOf(constraints: readonly Constraint[], isArray: boolean): Buffer[] | undefined {
  const candidates = constraints
    .map((constraint) => constraint.eq)
    .filter((eq) => eq !== undefined)
    .sort((a, b) => a.length - b.length)[0];
  if (!candidates || candidates.some((value) => !isExact(typeOf(value), isArray))) return undefined;
  const keys = new Map(candidates.map((value) => keyOf(value)).map((key) => [key.toString('latin1'), key]));
  return [...keys.values()].sort((a, b) => a.compare(b));
}

function isExact(type: TypeName, isArray: boolean): boolean {
  return type !== 'array' && !(isArray && (type === 'null' || type === 'undefined'));
}

function intervalOf(constraints: readonly Constraint[], isArray: boolean): Interval | undefined {
  const prefix = constraints.find((constraint) => constraint.prefix);
  if (prefix?.prefix) {
    const bytes = keyOf(prefix.prefix).subarray(0, -2);
    return { low: bytes, lowIn: true, high: bytes, highIn: true };
  }
  const lower = constraints.find((constraint) => constraint.lower)?.lower;
  const upper = constraints.find((constraint) => constraint.upper)?.upper;
  const from = lower && bracketOf(lower.value, isArray);
  const to = upper && bracketOf(upper.value, isArray);
  if (!from && !to) return undefined;
  const interval: Interval = from && to && from[0] !== to[0] ? bracket(from) : bracket((from ?? to) as [number, number]);
  if (lower && from) {
    interval.low = keyOf(lower.value);
    interval.lowIn = lower.inclusive;
  }
  if (upper && to && !(from && (isArray || from[0] !== to[0]))) {
    interval.high = keyOf(upper.value);
    interval.highIn = upper.inclusive;
  }
  return interval;
}

function bracket([low, high]: [number, number]): Interval {
  return { low: Buffer.from([low]), lowIn: true, high: Buffer.from([high]), highIn: true };
}

/** First and last class byte of the values that a range bound compares with; undefined when an index is of no use for it. */
function bracketOf(value: unknown, isArray: boolean): [number, number] | undefined {
  const type = typeOf(value);
  if (!isExact(type, isArray) || type === 'minKey' || type === 'maxKey') return undefined;
  return type === 'bool' ? [0x70, 0x71] : [CLASS[type], CLASS[type]];
}
