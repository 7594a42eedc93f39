import { addDays, civilDate, daysBetween, firstOfMonth, weekday, type CivilDate, type TimeRange } from './calendar.js';
import { dateMentions, dateRange, dateValue } from './date-mentions.js';
import { foldAligned } from './fold.js';

/** What a question says about time. */
export interface TimeReference {
  /** The days it speaks of; null when it names none. */
  range: TimeRange | null;
  /** The date it names, as a slot has it, when the range comes from one. What it leaves out can be any year or month. */
  date: string | null;
  /** `latest`: the newest is meant; `earlier`: what held before a change is meant. */
  order: 'latest' | 'earlier' | null;
  /** The question without its time expressions, for matching by subject. */
  rest: string;
}

/** First day and the day after the last. */
type Days = readonly [CivilDate, CivilDate];
type Resolve = (today: CivilDate, groups: Record<string, string | undefined>) => Days;

const day =
  (offset: number): Resolve =>
  (today) => [addDays(today, offset), addDays(today, offset + 1)];
const week =
  (offset: number): Resolve =>
  (today) => {
    const monday = addDays(today, 1 - weekday(today) + offset * 7);
    return [monday, addDays(monday, 7)];
  };
const month =
  (offset: number): Resolve =>
  (today) => [firstOfMonth(today, offset), firstOfMonth(today, offset + 1)];
const year =
  (offset: number): Resolve =>
  (today) => [
    { year: today.year + offset, month: 1, day: 1 },
    { year: today.year + offset + 1, month: 1, day: 1 },
  ];
const count = (groups: Record<string, string | undefined>): number => Number(groups['count'] ?? COUNTS[groups['word'] ?? ''] ?? 1);

const COUNTS: Readonly<Record<string, number>> = {
  mot: 1,
  hai: 2,
  ba: 3,
  bon: 4,
  nam: 5,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  a: 1,
};
const COUNT = `(?:(?<count>\\d{1,3})|(?<word>${Object.keys(COUNTS).join('|')}))`;
const WEEKDAYS: Readonly<Record<string, number>> = {
  hai: 1, ba: 2, tu: 3, nam: 4, sau: 5, bay: 6, '2': 1, '3': 2, '4': 3, '5': 4, '6': 5, '7': 6,
  monday: 1, tuesday: 2, wednesday: 3, thursday: 4, friday: 5, saturday: 6, sunday: 7,
}; // prettier-ignore
const WEEK_SHIFT: Readonly<Record<string, number>> = { truoc: -1, roi: -1, qua: -1, last: -1, sau: 1, toi: 1, next: 1 };

const onWeekday: Resolve = (today, groups) => {
  const wanted = groups['weekday'] === undefined ? 7 : (WEEKDAYS[groups['weekday']] ?? 7);
  const shift = WEEK_SHIFT[groups['shift'] ?? groups['shiftBefore'] ?? ''] ?? 0;
  const date = addDays(today, wanted - weekday(today) + shift * 7);
  return [date, addDays(date, 1)];
};

/** Relative expressions on folded text; the first that matches at a place wins. */
const RELATIVE: readonly (readonly [RegExp, Resolve])[] = [
  [/\b(?:the )?day before yesterday\b|\bhom kia\b/g, day(-2)],
  [/\b(?:the )?day after tomorrow\b|\bngay (?:kia|mot)\b/g, day(2)],
  [/\byesterday\b|\b(?:ngay )?hom qua\b|\b(?:sang|trua|chieu|toi) qua\b/g, day(-1)],
  [/\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b|\b(?:ngay )?(?:hom|bua) nay\b|\b(?:sang|trua|chieu|toi) nay\b/g, day(0)],
  [/\btomorrow\b|\b(?:ngay|sang|trua|chieu|toi) mai\b|(?<!khuyen |uu |ban |hoa |co |chi |anh |ong |ba )\bmai\b/g, day(1)],
  [new RegExp(`\\b${COUNT} (?:ngay|days?) (?:truoc|ago)\\b`, 'g'), (today, groups) => day(-count(groups))(today, {})],
  [new RegExp(`\\b${COUNT} (?:tuan|weeks?) (?:truoc|ago)\\b`, 'g'), (today, groups) => week(-count(groups))(today, {})],
  [new RegExp(`\\b${COUNT} (?:thang|months?) (?:truoc|ago)\\b`, 'g'), (today, groups) => month(-count(groups))(today, {})],
  [new RegExp(`\\b(?:last|past) ${COUNT} days\\b|\\b(?<vi>\\d{1,3}) ngay (?:qua|gan day)\\b`, 'g'), (today, groups) => [addDays(today, -Number(groups['vi'] ?? count(groups))), addDays(today, 1)]],
  [/\b(?:(?<shiftBefore>last|next|this) )?(?<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b/g, onWeekday],
  [/\bthu (?<weekday>hai|ba|tu|nam|sau|bay|[2-7])\b(?: tuan (?<shift>truoc|roi|qua|nay|sau|toi)\b)?|\bchu nhat\b(?: tuan (?<shift2>truoc|roi|qua|nay|sau|toi)\b)?/g, (today, groups) => onWeekday(today, { ...groups, shift: groups['shift'] ?? groups['shift2'] })],
  [/\b(?:(?:this|the|next) )?weekend\b|\bcuoi tuan(?: nay)?\b/g, (today) => [addDays(today, 6 - weekday(today)), addDays(today, 8 - weekday(today))]],
  [/\blast week\b|\btuan (?:truoc|roi|qua|vua roi)\b/g, week(-1)],
  [/\bthis week\b|\btuan nay\b/g, week(0)],
  [/\bnext week\b|\btuan (?:sau|toi)\b/g, week(1)],
  [/\blast month\b|\bthang (?:truoc|roi|vua roi|qua)\b/g, month(-1)],
  [/\bthis month\b|\bthang nay\b/g, month(0)],
  [/\bnext month\b|\bthang (?:sau|toi)\b/g, month(1)],
  [/\blast year\b|\bnam (?:ngoai|truoc)\b/g, year(-1)],
  [/\bthis year\b|\bnam nay\b/g, year(0)],
  [/\bnext year\b|\bnam (?:sau|toi)\b|\bsang nam\b/g, year(1)],
]; // prettier-ignore

const ORDERS: readonly (readonly [RegExp, NonNullable<TimeReference['order']>])[] = [
  [/\bmoi nhat\b|\bgan (?:day )?nhat\b|\bmoi day\b|\bvua (?:roi|nhan|gui)\b|\bcuoi cung\b|\b(?:latest|newest|most recent|recent)\b|\blast (?=notification|notice|message|one)/g, 'latest'],
  [/\bluc dau\b|\bban dau\b|\btruoc do\b|\btruoc day\b|\bhoi dau\b|\blan truoc\b|\bluc truoc\b|\bthong bao cu\b|\bgia cu\b|\b(?:original|originally|initial|initially|previous|previously|earlier)\b|\bat first\b|\bbefore (?:that|the change|it changed)\b/g, 'earlier'],
]; // prettier-ignore

/** "tôi qua", "mãi", and Mai as a name, only look like "tối qua" and "mai" when folded. */
function isMisread(source: string, start: number, match: string): boolean {
  const written = source.slice(start, start + match.length);
  if (/^tôi |m[ãáạàả]i$/iu.test(written)) return true;
  return written === 'Mai' && !opensSentence(source.slice(0, start));
}

/** Whether what follows `before` is the first word of a sentence or of a line. */
function opensSentence(before: string): boolean {
  const said = before.trimEnd();
  return said === '' || /[.!?]$/.test(said) || before.includes('\n', said.length);
}

/**
 * Reads the time expressions of a question in either language, with or without marks, relative to `now` in `timeZone`.
 * Of several ranges the first one written counts.
 */
export function timeRange(question: string, now: Date, timeZone: string): TimeReference {
  const source = question.normalize('NFC');
  const folded = foldAligned(source);
  const today = civilDate(now, timeZone);
  const spans: { start: number; end: number; range: TimeRange | null; date: string | null }[] = [];
  const claim = (start: number, end: number, range: () => TimeRange | null, date: string | null = null): void => {
    if (!spans.some((span) => start < span.end && span.start < end)) spans.push({ start, end, range: range(), date });
  };

  for (const mention of dateMentions(source)) {
    const value = dateValue(mention);
    claim(mention.start, mention.end, () => dateRange(value, now, timeZone), value);
  }
  for (const [pattern, resolve] of RELATIVE) {
    for (const match of folded.matchAll(pattern)) {
      if (isMisread(source, match.index, match[0])) continue;
      claim(match.index, match.index + match[0].length, () => daysBetween(...resolve(today, match.groups ?? {}), timeZone));
    }
  }
  let order: TimeReference['order'] = null;
  for (const [pattern, meaning] of ORDERS) {
    for (const match of folded.matchAll(pattern)) {
      claim(match.index, match.index + match[0].length, () => null);
      order ??= meaning;
    }
  }

  spans.sort((a, b) => a.start - b.start);
  const rest = [...spans].reverse().reduce((text, { start, end }) => `${text.slice(0, start)} ${text.slice(end)}`, source);
  const { range, date } = spans.find((span) => span.range !== null) ?? { range: null, date: null };
  return { range, date, order, rest: rest.replace(/ {2,}/g, ' ').trim() };
}
