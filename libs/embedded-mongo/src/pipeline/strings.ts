import type { BSONRegExp } from 'bson';
import { typeOf } from '../document.js';
import { fail } from '../errors.js';
import { compareValues, isNil } from '../key.js';
import { compileRegex } from '../regex.js';
import type { FunctionSpec } from './types.js';

// Beyond ASCII MongoDB leaves letters alone.
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

function substrCP(text: string, start: number, count: number): string {
  if (start < 0 || count < 0) fail(start < 0 ? 34455 : 34454, '$substrCP requires a non-negative start and length');
  return [...text].slice(start, start + count).join('');
}

/** A negative count means all that is left. */
function substrBytes(text: string, start: number, count: number): string {
  if (start < 0) fail(50752, '$substrBytes requires a non-negative start');
  const bytes = Buffer.from(text);
  const end = count < 0 ? bytes.length : start + count;
  const isInside = (at: number): boolean => ((bytes[at] ?? 0) & 0xc0) === 0x80;
  if (isInside(start) || isInside(end))
    fail(isInside(start) ? 28656 : 28657, '$substrBytes: invalid range, it starts or ends inside of a UTF-8 character');
  return bytes.toString('utf8', start, end);
}

function indexOfBytes(text: string, token: string, start = 0, end?: number): number {
  if (start < 0 || (end ?? 0) < 0) fail(40097, '$indexOfBytes requires non-negative start and end');
  const bytes = Buffer.from(text).subarray(0, end);
  return start > bytes.length ? -1 : bytes.indexOf(token, start);
}

const BLANKS = '\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';

const trim = (isLeft: boolean, isRight: boolean): FunctionSpec => ({
  names: [{ input: 50695, chars: 0 }, 50694, 50696],
  takes: ['string', 'string?'],
  code: [50699, 50700],
  run: (input: string, chars = BLANKS) => {
    const trimmed = new Set(chars);
    const points = [...input];
    const isKept = (point: string): boolean => !trimmed.has(point);
    const from = isLeft ? points.findIndex(isKept) : 0;
    const to = isRight ? points.findLastIndex(isKept) : points.length - 1;
    return from < 0 ? '' : points.slice(from, to + 1).join('');
  },
});

const replace = (run: (input: string, find: string, replacement: string) => string): FunctionSpec => ({
  names: [{ input: 51749, find: 51748, replacement: 51747 }, 51750, 51751],
  takes: ['string', 'string', 'string'],
  code: [51746, 51745, 51744],
  run,
});

const split = (text: string, separator: string): string[] =>
  separator === '' ? fail(40087, '$split requires a non-empty separator') : text.split(separator);

function regexMatch(input: unknown, regex: unknown, options: unknown): boolean {
  if (isNil(input) || isNil(regex)) return false;
  if (typeof input !== 'string') return fail(51104, "$regexMatch needs 'input' to be of type string");
  if (typeof regex !== 'string' && typeOf(regex) !== 'regex') fail(51105, "$regexMatch needs 'regex' to be of type string or regex");
  if (!isNil(options) && typeof options !== 'string') fail(51106, "$regexMatch needs 'options' to be of type string");
  if (options && typeof regex !== 'string' && (regex as BSONRegExp).options)
    fail(51107, "$regexMatch has options in 'regex' and 'options'");
  return compileRegex(regex as string | BSONRegExp, isNil(options) ? undefined : String(options)).test(input);
}

/** Functions of strings; `text` also takes numbers and dates in their written form. */
export const STRINGS: Readonly<Record<string, FunctionSpec>> = {
  $concat: { takes: ['string...'], code: 16702, run: (...texts: string[]) => texts.join('') },
  $indexOfBytes: { takes: ['string', 'string!', 'whole?', 'whole?'], code: [40091, 40092, 40096], run: indexOfBytes },
  $ltrim: trim(true, false),
  $regexMatch: { names: [{ input: 31022, regex: 31023, options: 0 }, 31024, 51103], takes: ['any', 'any', 'any?'], run: regexMatch },
  $replaceAll: replace((input, find, replacement) => input.replaceAll(find, () => replacement)),
  $replaceOne: replace((input, find, replacement) => input.replace(find, () => replacement)),
  $rtrim: trim(false, true),
  $split: { takes: ['string', 'string'], code: [40085, 40086], run: split },
  $strLenBytes: { takes: ['string!'], code: 34473, run: (text: string) => Buffer.byteLength(text) },
  $strLenCP: { takes: ['string!'], code: 34471, run: (text: string) => [...text].length },
  $strcasecmp: { takes: ['text', 'text'], code: 16007, run: (a: string, b: string) => Math.sign(compareValues(upper(a), upper(b))) },
  $substr: { takes: ['text', 'whole!', 'whole!'], code: [16007, 16034, 16035], run: substrBytes },
  $substrBytes: { takes: ['text', 'whole!', 'whole!'], code: [16007, 16034, 16035], run: substrBytes },
  $substrCP: { takes: ['text', 'int!', 'int!'], code: [16007, 34450, 34452], run: substrCP },
  $toLower: { takes: ['text'], code: 16007, run: lower },
  $toUpper: { takes: ['text'], code: 16007, run: upper },
  $trim: trim(true, true),
};
