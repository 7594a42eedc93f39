import type { TimeRange } from './calendar.js';
import { dateRange } from './date-mentions.js';
import type { Slot } from './slots.js';
import type { TimeReference } from './time-range.js';

/**
 * How a record stands to the days a question names: it states that very date, it mentions a day among them, it was sent
 * on one of them, or none of these. In falling order of weight.
 */
export type PlaceInTime = 'named' | 'mentioned' | 'sent' | 'outside';

const contains = (outer: TimeRange, inner: TimeRange): boolean => inner.from >= outer.from && inner.to <= outer.to;

/** Where a record sent `at` with these figures stands; a date without its year is taken near the record's own time. */
export function placeInTime(
  { range, date }: Pick<TimeReference, 'range' | 'date'>,
  { at, slots }: { at: Date; slots: readonly Pick<Slot, 'kind' | 'value'>[] },
  timeZone: string,
): PlaceInTime {
  if (range === null) return 'outside';
  const dates = slots.filter(({ kind }) => kind === 'date');
  if (date !== null && dates.some(({ value }) => value === date)) return 'named';
  const asked = date === null ? range : (dateRange(date, at, timeZone) ?? range);
  const isMentioned = dates.some(({ value }) => {
    const days = dateRange(value, at, timeZone);
    return days !== null && contains(asked, days);
  });
  if (isMentioned) return 'mentioned';
  return at >= asked.from && at < asked.to ? 'sent' : 'outside';
}
