import type { PromptRecord } from '@app/ai';
import { civilDate } from '@app/language';

/** Controls but line breaks and tabs, text direction controls, invisible separators and line separators. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/gu;

const DOUBLE_BRACKETS = /\[(?=\[)|\](?=\])/g;

/** What people wrote, as it may stand in a record: {@link cleanText}, and nothing in it reads as a source mark. */
export const cleanRecordText = (text: string, delimiter: string): string => cleanText(text, delimiter).replace(DOUBLE_BRACKETS, '');

/** What people wrote, as it may stand in a prompt: NFC, without control characters and without the delimiter. */
export const cleanText = (text: string, delimiter: string): string =>
  text.normalize('NFC').toWellFormed().replace(INVISIBLE, ' ').replaceAll(delimiter, ' ').trim();

const pad = (value: number): string => String(value).padStart(2, '0');

/** The calendar day of a moment, as `2026-11-25`. */
export function isoDay(at: Date, timeZone: string): string {
  const { year, month, day } = civilDate(at, timeZone);
  return `${year}-${pad(month)}-${pad(day)}`;
}

/** One record as one line of JSON: line breaks inside are escaped, so no record can begin another. */
export function toRecordLine(record: PromptRecord, timeZone: string): string {
  const { kind, id, at, subject, text, supersededBy, role } = record;
  return JSON.stringify({
    kind,
    id,
    ...(at && { date: isoDay(at, timeZone) }),
    ...(role && { role }),
    ...(subject && { subject }),
    text,
    ...(supersededBy && { supersededBy }),
  });
}

/** The lines between two lines that nobody who wrote a record can have known. */
export const toDataBlock = (lines: readonly string[], delimiter: string): string =>
  [`<<<data ${delimiter}`, ...lines, `${delimiter} data>>>`].join('\n');
