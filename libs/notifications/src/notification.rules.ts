import { accept, defineRule, refuse, textRule, type Checked, type JsonObject, type JsonValue, type Rule } from '@app/common';

export const NOTIFICATION_TYPES = ['info', 'reminder', 'promotion', 'alert', 'system'] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

export const configNameRule: Rule<string> = textRule({ min: 1, max: 100 });
export const configDescriptionRule: Rule<string> = textRule({ min: 1, max: 1_000 });
export const subjectTemplateRule: Rule<string> = textRule({ min: 1, max: 200 });
export const bodyTemplateRule: Rule<string> = textRule({ min: 1, max: 10_000, multiline: true });
export const emailTemplateRule: Rule<string> = textRule({ min: 1, max: 50_000, multiline: true });

const MAX_TOPIC_VARIABLES = 20;
const VARIABLE_PATH = /^[\p{L}_][\p{L}\p{N}_]{0,63}(?:\.[\p{L}_][\p{L}\p{N}_]{0,63}){0,3}$/u;

/** The data variables, by name or path (`order.code`), that say what matter a notice is about. */
export const topicVariablesRule: Rule<string[]> = defineRule(
  { type: 'array', items: { type: 'string', maxLength: 260 }, maxItems: MAX_TOPIC_VARIABLES },
  (value) => {
    if (!Array.isArray(value)) return refuse('WRONG_TYPE', 'must be a list of variable names');
    if (value.length > MAX_TOPIC_VARIABLES) return refuse('TOO_MANY', `must have at most ${MAX_TOPIC_VARIABLES} names`);
    const names = value as unknown[];
    const isPath = (name: unknown): name is string => typeof name === 'string' && VARIABLE_PATH.test(name);
    return names.every(isPath) ? accept([...new Set(names)]) : refuse('BAD_FORMAT', 'each must be the name of a data variable');
  },
);

const MAX_DATA_BYTES = 16_384;
const MAX_DATA_DEPTH = 5;
const MAX_LIST = 100;
const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', '_bsontype', 'toBSON']);
const DATA_KEY = textRule({ min: 1, max: 64 });
const DATA_TEXT = textRule({ min: 0, max: 5_000, multiline: true });

/**
 * The values of a send, for its templates: an object of texts, numbers, booleans, null, lists of up to 100 and objects,
 * at most 5 levels and 16,384 bytes as JSON. Texts are normalised like every text.
 */
export const templateDataRule: Rule<JsonObject> = defineRule({ type: 'object', additionalProperties: true }, (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('WRONG_TYPE', 'must be an object');
  const checked = checkObject(value, MAX_DATA_DEPTH);
  if (!checked.ok) return checked;
  const isSmall = Buffer.byteLength(JSON.stringify(checked.value)) <= MAX_DATA_BYTES;
  return isSmall ? checked : refuse('TOO_LONG', `must be at most ${MAX_DATA_BYTES} bytes as JSON`);
});

function checkValue(value: unknown, depth: number): Checked<JsonValue> {
  if (typeof value === 'string') return DATA_TEXT(value);
  if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return accept(value);
  if (typeof value !== 'object') return refuse('WRONG_TYPE', 'must hold JSON values only');
  if (depth === 0) return refuse('TOO_DEEP', `must nest at most ${MAX_DATA_DEPTH} levels`);
  return Array.isArray(value) ? checkList(value as unknown[], depth) : checkObject(value, depth);
}

function checkList(list: readonly unknown[], depth: number): Checked<JsonValue[]> {
  if (list.length > MAX_LIST) return refuse('TOO_LONG', `lists must have at most ${MAX_LIST} items`);
  const items: JsonValue[] = [];
  for (const item of list) {
    const checked = checkValue(item, depth - 1);
    if (!checked.ok) return checked;
    items.push(checked.value);
  }
  return accept(items);
}

function checkObject(object: object, depth: number): Checked<JsonObject> {
  const entries: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(object)) {
    const key = DATA_KEY(name);
    if (!key.ok) return refuse(key.code, `each key ${key.detail}`);
    if (UNSAFE_KEYS.has(key.value) || key.value.startsWith('$') || key.value.includes('.')) {
      return refuse('BAD_KEY', 'keys must not begin with $, hold a dot or be reserved names');
    }
    const checked = checkValue(value, depth - 1);
    if (!checked.ok) return checked;
    entries.push([key.value, checked.value]);
  }
  return accept(Object.fromEntries(entries));
}
