import { typeOf } from './document.js';
import type { Index } from './index-tree.js';
import { CLASS, invert, isNil, keyOf, MAX_KEY_BYTES } from './key.js';
import type { Constraint } from './matcher.js';

/** Index keys from `start` (inclusive) up to `end` (exclusive, open when absent). */
export interface KeyRange {
  start: Buffer;
  end: Buffer | undefined;
}

export interface Bounds {
  ranges: KeyRange[];
  /** How the leading fields are bound; a field with one point is constant for sorting. */
  fields: ('point' | 'points' | 'range')[];
}

/** One component of a key between two byte prefixes, each with or without the keys that begin with it. */
interface Interval {
  low: Buffer;
  lowIn: boolean;
  high: Buffer;
  highIn: boolean;
}

const NO_BYTES = Buffer.alloc(0);
/** Every key of an index. */
const UNBOUND: Bounds = { ranges: [{ start: NO_BYTES, end: undefined }], fields: [] };

/** More ranges than this and the remaining fields are left to the filter. */
const MOST_RANGES = 20_000;

/**
 * The parts of an index that can hold matches of the constraints: always a superset, so the filter runs on every document.
 * On an array path one bound only is used, and never a null or a whole array, which have no key of their own there.
 */
export function boundsOf(index: Index, constraints: readonly Constraint[]): Bounds {
  if (!constraints.some(({ path }) => path === index.fields[0]?.[0])) return UNBOUND;
  const fields: Bounds['fields'] = [];
  const arrayRoots = new Set<string>();
  let prefixes: Buffer[] = [NO_BYTES];
  for (const [path, direction] of index.fields) {
    const root = path.split('.', 1)[0] as string;
    const isArray = index.multikey.has(path);
    const constraint = constraints.find((each) => each.path === path);
    // Two conditions below one array may be met by two elements, whose keys never stand together.
    if (!constraint || (isArray && arrayRoots.has(root))) break;
    const points = pointsOf(constraint, isArray, direction);
    if (!points || points.length * prefixes.length > MOST_RANGES) {
      const intervals = intervalsOf(constraint, isArray);
      if (intervals.length === 0) break;
      const own = direction < 0 ? intervals.map(inverted).reverse() : intervals;
      return { ranges: prefixes.flatMap((prefix) => own.map((interval) => rangeOf(prefix, interval))), fields: [...fields, 'range'] };
    }
    prefixes = fields.length === 0 ? points : prefixes.flatMap((prefix) => points.map((point) => Buffer.concat([prefix, point])));
    fields.push(points.length === 1 ? 'point' : 'points');
    if (isArray) arrayRoots.add(root);
  }
  return { ranges: prefixes.map(whole), fields };
}

/** The keys of an equality or `$in`, in order and once each; undefined when the index cannot tell them. */
function pointsOf({ eq }: Constraint, isArray: boolean, direction: 1 | -1): Buffer[] | undefined {
  if (!eq?.every((value) => isExact(value, isArray))) return undefined;
  const [only] = eq;
  if (eq.length === 1) return [direction < 0 ? invert(keyOf(only)) : keyOf(only)];
  const keys = eq.map(keyOf).map((key) => (direction < 0 ? invert(key) : key));
  return keys.sort((a, b) => a.compare(b)).filter((key, i) => i === 0 || !key.equals(keys[i - 1] as Buffer));
}

const isExact = (value: unknown, isArray: boolean): boolean => !Array.isArray(value) && !(isArray && isNil(value));

function intervalsOf({ prefix, lower, upper }: Constraint, isArray: boolean): Interval[] {
  // A regular expression finds strings, and stored regular expressions that are equal to it.
  if (prefix !== undefined) return [beginningWith(keyOf(prefix).subarray(0, -2)), beginningWith(Buffer.from([CLASS.regex]))];
  const from = lower && bracketOf(lower.value, isArray);
  const to = upper && bracketOf(upper.value, isArray);
  const bracket = from ?? to;
  if (!bracket) return [];
  const [first, last] = bracket;
  const interval: Interval = { low: Buffer.from([first]), lowIn: true, high: Buffer.from([last]), highIn: true };
  if (from) Object.assign(interval, { low: keyOf(lower.value), lowIn: lower.inclusive });
  if (to && first === to[0] && !(from && isArray)) Object.assign(interval, { high: keyOf(upper.value), highIn: upper.inclusive });
  return [interval];
}

const beginningWith = (bytes: Buffer): Interval => ({ low: bytes, lowIn: true, high: bytes, highIn: true });

/** First and last class byte of the values that a range bound compares with; undefined when an index is of no use for it. */
function bracketOf(value: unknown, isArray: boolean): [number, number] | undefined {
  const type = typeOf(value);
  if (!isExact(value, isArray) || type === 'minKey' || type === 'maxKey') return undefined;
  return type === 'bool' ? [CLASS.bool, CLASS.bool + 1] : [CLASS[type], CLASS[type]];
}

function inverted({ low, lowIn, high, highIn }: Interval): Interval {
  return { low: invert(high), lowIn: highIn, high: invert(low), highIn: lowIn };
}

function rangeOf(prefix: Buffer, interval: Interval): KeyRange {
  const low = Buffer.concat([prefix, interval.low]);
  const high = Buffer.concat([prefix, interval.high]);
  if (low.length > MAX_KEY_BYTES || high.length > MAX_KEY_BYTES) return whole(prefix);
  return { start: interval.lowIn ? low : (successor(low) ?? low), end: interval.highIn ? successor(high) : high };
}

/** All keys that begin with `prefix`; a longer one than the store takes is cut, as its entries are. */
function whole(prefix: Buffer): KeyRange {
  const start = prefix.subarray(0, MAX_KEY_BYTES);
  return { start, end: successor(start) };
}

/** The smallest byte string above all that begin with `prefix`; undefined when there is none. */
function successor(prefix: Buffer): Buffer | undefined {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) return undefined;
  const next = Buffer.from(prefix.subarray(0, end));
  next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}
