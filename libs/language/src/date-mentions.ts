import { addDays, civilDate, daysBetween, firstOfMonth, isRealDate, type CivilDate, type TimeRange } from './calendar.js';
import { foldAligned } from './fold.js';

/** A date as a text gives it: what was left out is null. Offsets are those of the NFC text. */
export interface DateMention {
  year: number | null;
  month: number | null;
  day: number | null;
  start: number;
  end: number;
}

type Parts = Pick<DateMention, 'year' | 'month' | 'day'>;

const ENGLISH_MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAME =
  '(?<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
/** As a word on its own a short month name is too often something else. */
const LONE_MONTH_NAME = '(?<name>january|february|march|april|june|july|august|september|october|november|december)';
const NUMBERED_MONTHS = ['gieng', 'hai', 'ba', 'tu', 'nam', 'sau', 'bay', 'tam', 'chin', 'muoi', 'muoi mot', 'muoi hai'];
const VIETNAMESE_MONTH = `(?:thang (?<month>\\d{1,2}|muoi mot|muoi hai|${NUMBERED_MONTHS.slice(0, 10).join('|')}|mot|chap)(?![\\d.,/]*\\d))`;
/** Numerals that without marks would more often be "tháng sau" (next month) and "tháng từ". */
const HOMOGRAPHS: Readonly<Record<string, string>> = { sau: 'sáu', tu: 'tư' };
const ORDINAL = '(?:st|nd|rd|th)?';

/** From the most to the least complete; a match takes its place from the ones after it. */
const PATTERNS: readonly RegExp[] = [
  /(?<![\d./-])(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})(?![\d/-])/g,
  /(?<![\d./-])(?<day>\d{1,2})(?<sep>[/.-])(?<month>\d{1,2})\k<sep>(?<year>\d{4})(?![\d/-])/g,
  new RegExp(`\\b(?:ngay )?(?<day>\\d{1,2}) ${VIETNAMESE_MONTH}(?:,? nam (?<year>\\d{4})|[,/ ] ?(?<year2>\\d{4}))?\\b`, 'g'),
  new RegExp(`\\b(?<day>\\d{1,2})${ORDINAL} (?:of )?${MONTH_NAME}\\b(?:,? (?<year>\\d{4})\\b)?`, 'g'),
  new RegExp(`\\b${MONTH_NAME}\\.? (?<day>\\d{1,2})${ORDINAL}\\b(?!:)(?:,? (?<year>\\d{4})\\b)?`, 'g'),
  /(?<![\d./-])(?<day>\d{1,2})\/(?<month>\d{1,2})(?![\d/.-]|\/\d)/g,
  /(?<![\d./-])(?<month>\d{1,2})\/(?<year>\d{4})(?![\d/-])/g,
  /\bngay (?<day>\d{1,2})[.-](?<month>\d{1,2})(?![\d/-])/g,
  /\bthang (?<month>\d{1,2})(?:[/-]| nam )(?<year>\d{4})\b/g,
  new RegExp(`\\b${VIETNAMESE_MONTH}`, 'g'),
  new RegExp(`\\b${MONTH_NAME} (?<year>\\d{4})\\b`, 'g'),
  new RegExp(`\\b${LONE_MONTH_NAME}\\b`, 'g'),
  new RegExp(`\\b(?:in|for|of|by|since) ${MONTH_NAME}\\b`, 'g'),
  /\bngay (?:mung |mong )?(?<day>\d{1,2})(?![\d/.,-]*\d)(?! (?:lam viec|lien|nua|truoc|sau|qua|toi))/g,
];

function monthNumber(groups: Record<string, string | undefined>): number | null {
  const { month, name } = groups;
  if (name !== undefined) return ENGLISH_MONTHS.indexOf(name.slice(0, 3)) + 1;
  if (month === undefined) return null;
  if (month === 'mot') return 1;
  if (month === 'chap') return 12;
  return /^\d+$/.test(month) ? Number(month) : NUMBERED_MONTHS.indexOf(month) + 1;
}

function partsOf(groups: Record<string, string | undefined>): Parts | null {
  const year = groups['year'] ?? groups['year2'];
  const parts: Parts = { year: year ? Number(year) : null, month: monthNumber(groups), day: groups['day'] ? Number(groups['day']) : null };
  if (isPossible(parts)) return parts;
  // 11/25/2026 can only be the American order.
  const swapped: Parts = { ...parts, month: parts.day, day: parts.month };
  return groups['sep'] === '/' && isPossible(swapped) ? swapped : null;
}

/** The leap year stands in for an unknown one, so that 29/2 is possible. */
const isPossible = ({ year, month, day }: Parts): boolean => isRealDate({ year: year ?? 2024, month: month ?? 1, day: day ?? 1 });

/** Every date a text mentions, in order; day before month as in Vietnam. Numbers that cannot be dates are left alone. */
export function dateMentions(text: string): DateMention[] {
  const source = text.normalize('NFC');
  const folded = foldAligned(source);
  const found: DateMention[] = [];
  for (const pattern of PATTERNS) {
    for (const match of folded.matchAll(pattern)) {
      const span = { start: match.index, end: match.index + match[0].length };
      if (found.some((other) => span.start < other.end && other.start < span.end)) continue;
      // "máy", "tư" and the like fold to month names; a real English name has no marks to fold.
      if (match.groups?.['name'] !== undefined && source.slice(span.start, span.end).toLowerCase() !== match[0]) continue;
      const homograph = HOMOGRAPHS[match.groups?.['month'] ?? ''];
      if (homograph !== undefined && !source.slice(span.start, span.end).toLowerCase().includes(homograph)) continue;
      const parts = partsOf(match.groups ?? {});
      if (parts !== null) found.push({ ...parts, ...span });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

/** ISO 8601 with `-` for what was left out, as in vCard: `2026-11-25`, `--11-25`, `2026-11`, `--11`, `---25`. */
export function dateValue({ year, month, day }: Parts): string {
  if (month === null) return `---${pad(day ?? 0)}`;
  const head = year === null ? '--' : `${pad(year, 4)}-`;
  return head + pad(month) + (day === null ? '' : `-${pad(day)}`);
}

const VALUE = /^(?:(?<year>\d{4})-|--)?(?:(?<month>\d{2})(?:-(?<day>\d{2}))?|-(?<only>\d{2}))$/;

/** The same few dates are asked about over and over while searching. */
const KEPT_RANGES = 20_000;
const ranges = new Map<string, TimeRange | null>();

/**
 * The days a {@link dateValue} stands for; what it leaves out is chosen so that the date lies as near to `near` as
 * possible. Null when the value is none of ours.
 */
export function dateRange(value: string, near: Date, timeZone: string): TimeRange | null {
  const today = civilDate(near, timeZone);
  const key = `${value} ${today.year}-${today.month}-${today.day} ${timeZone}`;
  let range = ranges.get(key);
  if (range === undefined) {
    if (ranges.size >= KEPT_RANGES) ranges.clear();
    range = readRange(value, today, timeZone);
    ranges.set(key, range);
  }
  return range;
}

function readRange(value: string, today: CivilDate, timeZone: string): TimeRange | null {
  const groups = VALUE.exec(value)?.groups;
  if (!groups) return null;
  const parts: Parts = {
    year: groups['year'] ? Number(groups['year']) : null,
    month: groups['month'] ? Number(groups['month']) : null,
    day: Number(groups['day'] ?? groups['only'] ?? 0) || null,
  };
  const candidates =
    parts.month === null ? [-1, 0, 1].map((step) => ({ ...firstOfMonth(today, step), day: parts.day ?? 1 })) : yearsFor(parts, today);
  const nearest = candidates.filter(isRealDate).sort((a, b) => distance(a, today) - distance(b, today))[0];
  if (nearest === undefined) return null;
  return parts.day === null
    ? daysBetween(nearest, firstOfMonth(nearest, 1), timeZone)
    : daysBetween(nearest, addDays(nearest, 1), timeZone);
}

const yearsFor = ({ year, month, day }: Parts, today: CivilDate): CivilDate[] =>
  (year === null ? [-1, 0, 1].map((step) => today.year + step) : [year]).map((y) => ({ year: y, month: month ?? 1, day: day ?? 1 }));

const distance = (date: CivilDate, today: CivilDate): number =>
  Math.abs(Date.UTC(date.year, date.month - 1, date.day) - Date.UTC(today.year, today.month - 1, today.day));
