import { createHash } from 'node:crypto';
import type { JsonValue } from '@app/common';
import { extractSlots, fold, type Slot } from '@app/language';
import { parseAmount } from '../template/template.currency.js';
import { LruCache } from '../template/lru-cache.js';
import { dataValue, ownValue, type RenderScope } from '../template/template.scope.js';

/** What decides about which matter a notice is. */
export interface TopicSource {
  configId: string;
  /** The data variables that name the matter; null for every data value that is no figure. */
  topicVariables: readonly string[] | null;
  /** The names of the template's data variables. */
  dataNames: readonly string[];
  scope: RenderScope;
  /** The slots of the rendered text: they tell that a bare number is an amount. */
  slots: readonly Slot[];
}

const PHONE = /^(?:\+?84|0|1[89]00)(?:[ .-]?\d){6,10}$/;

/** Values repeat over the recipients of a send. */
const wholeSlots = new LruCache<Slot | null>(1_000);

/** The slot that is the whole of a text; a bare number is none. */
const wholeSlot = (text: string): Slot | null =>
  /^\d+$/.test(text)
    ? null
    : wholeSlots.getOrMake(text, () => extractSlots(text).find(({ start, end }) => start === 0 && end === text.length) ?? null);

/** A month without a day names a billing period, which is a matter; a day is when something is due. */
const isPeriod = ({ kind, value }: Slot): boolean => kind === 'date' && /^(?:\d{4}-|--)\d{2}$/.test(value);

/** Amounts, dates, times, percentages, phones and links change from one notice of a matter to the next. */
function isFigure(text: string, slots: readonly Slot[]): boolean {
  const own = wholeSlot(text);
  if (own && own.kind !== 'code') return !isPeriod(own);
  if (PHONE.test(text)) return true;
  const number = parseAmount(text);
  return (
    number !== null && slots.some(({ kind, value }) => (kind === 'amount' || kind === 'percent') && Number.parseFloat(value) === number)
  );
}

/** One form for all ways of writing a value: `#DH-1024` and `dh1024` are the same order. */
function normalise(text: string): string {
  const own = wholeSlot(text);
  return own ? own.value : fold(text).replace(/\s+/g, ' ');
}

/** The texts and numbers of a value, with their paths; lists are content, not identity. */
function leaves(path: string, value: unknown): [path: string, text: string][] {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value).trim();
    return text === '' ? [] : [[path, text]];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => leaves(`${path}.${key}`, child as JsonValue));
}

function valueAt(scope: RenderScope, path: string): unknown {
  const [first = '', ...keys] = path.split('.');
  return keys.reduce<unknown>((value, key) => ownValue(value, key), dataValue(scope, first));
}

/**
 * The key of a notice's matter: the config and the values that name the matter. A later notice with the same key for the
 * same customer replaces the earlier one. Holds no value in clear text.
 */
export function topicKeyOf({ configId, topicVariables, dataNames, scope, slots }: TopicSource): string {
  const names = topicVariables ?? [...new Set([...Object.keys(scope.data), ...dataNames])];
  const values = names
    .flatMap((name) => leaves(name, valueAt(scope, name)))
    .filter(([, text]) => topicVariables !== null || !isFigure(text, slots))
    .map(([path, text]) => [path, normalise(text)] as const)
    .sort(([first], [second]) => (first < second ? -1 : 1));
  if (values.length === 0) return configId;
  return `${configId}:${createHash('sha256').update(JSON.stringify(values)).digest('base64url').slice(0, 16)}`;
}
