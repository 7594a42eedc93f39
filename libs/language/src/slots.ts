import { dateMentions, dateValue } from './date-mentions.js';
import { foldAligned } from './fold.js';
import { amountMentions, timeMentions } from './quantities.js';

export type SlotKind = 'amount' | 'date' | 'time' | 'code' | 'percent' | 'link';

/**
 * A figure a text states. `text` is as written at `start`..`end` (UTF-16 offsets into the NFC text); `value` is the same
 * for every way of writing it:
 * amount `275000 VND`, `12.5 USD`, or `275000` without a currency; date `2026-11-25`, `--11-25`, `2026-11`, `--11`, `---25`
 * (what the text leaves out is left out); time `14:30`; percent `20`; code `dh1024` (letters and digits, folded);
 * link lower case without scheme.
 */
export interface Slot {
  kind: SlotKind;
  value: string;
  text: string;
  start: number;
  end: number;
}

type Mention = Pick<Slot, 'value' | 'start' | 'end'>;

const LINK =
  /(?:https?:\/\/|www\.)[^\s<>"“”]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:vn|com|net|org|io|me|app|info|co|dev|shop)(?![\w-])(?:\/[^\s<>"“”]*)?/gi;
const PERCENT = /(?<![\d.,])(\d{1,3}(?:[.,]\d{1,2})?) ?(?:%|phan tram\b|percent\b|per cent\b)/g;
/** Letters and digits mixed, in one piece or joined by `-`, `_` or `/`; or anything after `#`. */
const MIXED_CODE =
  /#[a-z0-9][a-z0-9_-]*|(?<![\p{L}\p{N}_/-])(?=[a-z0-9_/-]*\d)[a-z][a-z0-9]*(?:[-_/][a-z0-9]+)*(?![\p{L}\p{N}])|(?<![\p{L}\p{N}.,])\d+[a-z][a-z0-9]*(?![\p{L}\p{N}])/gu;
/** Long numbers: telephone numbers, order numbers, one-time codes. */
const NUMBER_CODE =
  /(?<![\p{L}\p{N}.,/])(?:\+?84|0|1[89]00)(?:[ .-]?\d{2,4}){2,4}(?![\p{L}\p{N}])|(?<![\p{L}\p{N}.,/])\d{6,}(?![\p{L}\p{N}]|[.,]\d)/gu;
/** A short number or a word in capitals is a code only where the text says so, within a few words. */
const NAMES_CODE = /\b(?:ma|otp|pin|code|voucher|coupon)\b[^\n.!?;]{0,40}/g;
const TOKEN = /(?<![\p{L}\p{N}.,])[\p{L}\p{N}]{4,20}(?![\p{L}\p{N}])/gu;
const UNIT =
  /^\d+(?:[.,]\d+)?(?:mbps|gbps|kbps|gb|mb|tb|kb|ghz|mhz|kwh|km|kg|cm|mm|ml|m2|m|g|l|k|h|p|s|d|tr|ty|vnd|usd|st|nd|rd|th|am|pm|x|w|v|inch|ngay|thang|nam|gio|phut|lan)\d*$/;

/** Looked for once a run of marks, not once a mark. */
const CLOSING_MARKS = /(?<![.,;:!?)\]])[.,;:!?)\]]+$/;

const trimLink = (link: string): string => link.replace(CLOSING_MARKS, '');

const matches = (text: string, pattern: RegExp, value: (match: RegExpMatchArray) => string | null): Mention[] =>
  [...text.matchAll(pattern)].flatMap((match) => {
    const found = value(match);
    return found === null ? [] : [{ value: found, start: match.index, end: match.index + match[0].length }];
  });

const codeValue = (code: string): string => code.replace(/[^\p{L}\p{N}]/gu, '');

function mixedCodes(folded: string): Mention[] {
  return matches(folded, MIXED_CODE, ([code]) => {
    const value = codeValue(code);
    if (code.startsWith('#')) return value.length > 1 ? value : null;
    const digits = value.replace(/\D/g, '').length;
    return digits >= 2 && digits < value.length && value.length >= 4 && !UNIT.test(value) ? value : null;
  });
}

const looksLikeCode = (token: string): boolean => (/\d/.test(token) ? !UNIT.test(token.toLowerCase()) : /^[A-Z]{4,}$/.test(token));

function namedCodes(folded: string, source: string): Mention[] {
  return [...folded.matchAll(NAMES_CODE)].flatMap((name) => {
    const written = source.slice(name.index, name.index + name[0].length);
    if (/^mà/i.test(written)) return [];
    return matches(written, TOKEN, ([token]) => (looksLikeCode(token) ? token.toLowerCase() : null)).map(({ value, start, end }) => ({
      value,
      start: name.index + start,
      end: name.index + end,
    }));
  });
}

/** In this order each kind claims its text, so that `25/11/2026` is a date and not a code. */
const EXTRACTORS: readonly (readonly [SlotKind, (folded: string, source: string) => Mention[]])[] = [
  [
    'link',
    (folded) =>
      matches(folded, LINK, ([link]) => trimLink(link).replace(/^https?:\/\//, '')).map((m) => ({
        ...m,
        end: m.start + trimLink(folded.slice(m.start, m.end)).length,
      })),
  ],
  ['date', (_, source) => dateMentions(source).map((mention) => ({ value: dateValue(mention), start: mention.start, end: mention.end }))],
  ['time', (folded) => timeMentions(folded)],
  ['percent', (folded) => matches(folded, PERCENT, (match) => String(Number((match[1] ?? '').replace(',', '.'))))],
  ['amount', (folded) => amountMentions(folded)],
  ['code', mixedCodes],
  ['code', (folded) => matches(folded, NUMBER_CODE, ([code]) => codeValue(code))],
  ['code', namedCodes],
];

/** The figures of a text, in order of appearance; none overlaps another. */
export function extractSlots(text: string): Slot[] {
  const source = text.normalize('NFC');
  const folded = foldAligned(source);
  const found: Slot[] = [];
  for (const [kind, extract] of EXTRACTORS) {
    for (const { value, start, end } of extract(folded, source)) {
      if (!found.some((other) => start < other.end && other.start < end))
        found.push({ kind, value, text: source.slice(start, end), start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}
