import { accept, defineRule, emailRule as anyEmailRule, refuse, textRule, type Checked, type Rule, type TextLimits } from '@app/common';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

export const DEFAULT_LANGUAGE = 'vi';
const MAX_TAGS = 50;
export const MAX_METADATA_KEYS = 50;

/** What is kept of a customer was read whole. */
const wholeText = (limits: TextLimits): Rule<string> => textRule({ ...limits, lossless: true });

/** An e-mail address in the form by which customers are told apart: trimmed, in lower case, NFC. */
export const emailRule: Rule<string> = defineRule(anyEmailRule.schema, (value) =>
  anyEmailRule(typeof value === 'string' ? value.trim().toLowerCase() : value),
);

export const fullNameRule: Rule<string> = wholeText({ min: 1, max: 200 });
export const companyRule: Rule<string> = wholeText({ min: 1, max: 200 });
export const positionRule: Rule<string> = wholeText({ min: 1, max: 200 });
export const cityRule: Rule<string> = wholeText({ min: 1, max: 100 });
export const countryRule: Rule<string> = wholeText({ min: 1, max: 100 });

const PHONE_TEXT = wholeText({ min: 1, max: 32 });
/** What a spreadsheet makes of a long number: its last digits are lost. */
const SCIENTIFIC = /^\d+(?:[.,]\d+)?E\+?\d+$/i;
const MIN_PHONE_DIGITS = 6;
const MAX_PHONE_DIGITS = 15;

/** A telephone number as it was written, with 6 to 15 digits (ITU-T E.164 allows 15). {@link phoneKey} normalises it. */
export const phoneRule: Rule<string> = defineRule({ type: 'string', minLength: MIN_PHONE_DIGITS, maxLength: 32 }, (value) => {
  const text = PHONE_TEXT(value);
  if (!text.ok) return text;
  if (SCIENTIFIC.test(text.value)) return refuse('BAD_FORMAT', 'was turned into a number by a spreadsheet: format its cell as text');
  const { length } = digitsOf(text.value);
  return length >= MIN_PHONE_DIGITS && length <= MAX_PHONE_DIGITS ? text : refuse('BAD_FORMAT', 'must have 6 to 15 digits');
});

/** The digits 0–9 of a text, in order. */
export const digitsOf = (text: string): string => text.replace(/\D/g, '');

/** The number in E.164 (`+84912345678`), read as Vietnamese when no country is named; null when it is no valid number. */
export function phoneKey(phone: string): string | null {
  const parsed = parsePhoneNumberFromString(phone, 'VN');
  return parsed?.isValid() ? parsed.number : null;
}

const ADDRESS_TEXT = wholeText({ min: 1, max: 500 });
const LINE_BREAKS = /[\r\n]+/;

/** A postal address on one line: line breaks become `, `. */
export const addressRule: Rule<string> = defineRule(ADDRESS_TEXT.schema, (value) =>
  ADDRESS_TEXT(typeof value === 'string' ? joinLines(value, ', ') : value),
);

/** The lines of a text that are not blank, trimmed and joined. */
export const joinLines = (text: string, separator: string): string =>
  text
    .split(LINE_BREAKS)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(separator);

const LANGUAGE_TEXT = wholeText({ min: 2, max: 35 });
/** Tells a language that there is from a word in the form of one, such as "English" or "VN". */
const LANGUAGE_NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const knownLanguages = new Map<string, Checked<string>>();
/** Customers share a few languages; the cap keeps a hostile file from filling memory. */
const KNOWN_LANGUAGES_CAP = 1_000;
/** Longer texts may be slices that keep the whole text they were cut from in memory. */
const LONGEST_KNOWN = 12;

/** The BCP 47 tag of a language that has one, in its canonical spelling: `VI-vn` becomes `vi-VN`. */
export const languageRule: Rule<string> = defineRule({ type: 'string', minLength: 2, maxLength: 35 }, (value) => {
  const known = typeof value === 'string' ? knownLanguages.get(value) : undefined;
  if (known) return known;
  const text = LANGUAGE_TEXT(value);
  if (!text.ok) return text;
  const checked = canonicalLanguage(text.value);
  if (text.value.length <= LONGEST_KNOWN && knownLanguages.size < KNOWN_LANGUAGES_CAP) knownLanguages.set(text.value, checked);
  return checked;
});

const NO_LANGUAGE: Checked<string> = refuse('BAD_FORMAT', 'must be a language tag such as vi or en-GB');

function canonicalLanguage(tag: string): Checked<string> {
  try {
    const [canonical = tag] = Intl.getCanonicalLocales(tag);
    return LANGUAGE_NAMES.of(canonical) === undefined ? NO_LANGUAGE : accept(canonical);
  } catch {
    return NO_LANGUAGE;
  }
}

export const tagRule: Rule<string> = wholeText({ min: 1, max: 50 });

/** Up to 50 different tags of up to 50 characters; repeated ones are kept once, in the order of their first use. */
export const tagsRule: Rule<string[]> = defineRule({ type: 'array', items: tagRule.schema, maxItems: MAX_TAGS }, (value) => {
  if (!Array.isArray(value)) return refuse('WRONG_TYPE', 'must be a list of strings');
  const tags = new Set<string>();
  for (const item of value as unknown[]) {
    const tag = tagRule(item);
    if (!tag.ok) return refuse(tag.code, `each tag ${tag.detail}`);
    tags.add(tag.value);
    if (tags.size > MAX_TAGS) return refuse('TOO_MANY', `must have at most ${MAX_TAGS} tags`);
  }
  return accept([...tags]);
});

const METADATA_KEY_TEXT = wholeText({ min: 1, max: 64 });
/** Names that reach the prototype of a JavaScript object, or that BSON takes for more than a name. */
const UNSAFE_KEYS = new Set(['__proto__', 'constructor', 'prototype', '_bsontype', 'toBSON', '$ref', '$id', '$db']);

/** What separates the names of a path, for the many programs that take a key for one. */
const PATH_SEPARATORS = /[.[\]]/;

/** A key of the customer's own data. */
export const metadataKeyRule: Rule<string> = defineRule(METADATA_KEY_TEXT.schema, (value) => {
  const key = METADATA_KEY_TEXT(value);
  const isUnsafe = key.ok && key.value.split(PATH_SEPARATORS).some((name) => UNSAFE_KEYS.has(name));
  return isUnsafe ? refuse('BAD_KEY', 'must not be or contain a reserved name') : key;
});

/** A value of the customer's own data. */
export const metadataValueRule: Rule<string> = wholeText({ min: 0, max: 1_000, multiline: true });

function metadataOf<V>(maxKeys: number, schema: object, checkValue: (value: unknown) => Checked<V>): Rule<Record<string, V>> {
  return defineRule({ type: 'object', additionalProperties: schema, maxProperties: maxKeys }, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('WRONG_TYPE', 'must be an object of strings');
    const entries = new Map<string, V>();
    for (const [name, raw] of Object.entries(value)) {
      const key = metadataKeyRule(name);
      if (!key.ok) return refuse(key.code, `each key ${key.detail}`);
      const text = checkValue(raw);
      if (!text.ok) return refuse(text.code, `each value ${text.detail}`);
      entries.set(key.value, text.value);
    }
    return entries.size <= maxKeys ? accept(Object.fromEntries(entries)) : refuse('TOO_MANY', `must have at most ${maxKeys} keys`);
  });
}

/** The customer's own data: up to 50 keys of up to 64 characters with texts of up to 1,000. */
export const metadataRule: Rule<Record<string, string>> = metadataOf(MAX_METADATA_KEYS, metadataValueRule.schema, metadataValueRule);

/** A change of the customer's own data after RFC 7396: null removes the key. At most, it removes all and adds as many. */
export const metadataPatchRule: Rule<Record<string, string | null>> = metadataOf<string | null>(
  2 * MAX_METADATA_KEYS,
  { oneOf: [metadataValueRule.schema, { type: 'null' }] },
  (value) => (value === null ? accept(null) : metadataValueRule(value)),
);

/** Applies a merge patch (RFC 7396) to the customer's own data. */
export function patchMetadata(stored: Record<string, string>, patch: Record<string, string | null>): Record<string, string> {
  const merged = new Map<string, string>(Object.entries(stored));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
