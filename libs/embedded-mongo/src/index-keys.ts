import type { RawDocument } from './document.js';
import { asDocument } from './document.js';
import { fail } from './errors.js';
import { compositeKey, EMPTY_ARRAY, MAX_KEY_BYTES, shorten, type KeyField } from './key.js';
import { partsOf, positionOf } from './paths.js';

export interface DocumentKeys {
  /** Each distinct key once. */
  keys: Buffer[];
  /** The values behind each key (undefined: missing). */
  rows: unknown[][];
  /** An array was expanded on the way. */
  multikey: boolean;
  /** No field of the index is in the document. */
  missing: boolean;
  /** Some key was cut. */
  truncated: boolean;
}

/** How far one path was followed. */
interface Walk {
  value: unknown;
  rest: readonly string[];
  /** No more steps: `value` is what the key holds. */
  leaf: boolean;
}

const MISSING: Walk = { value: undefined, rest: [], leaf: true };

function walk(value: unknown, parts: readonly string[], from: number): Walk {
  for (let i = from; i < parts.length; i++) {
    const name = parts[i] as string;
    if (Array.isArray(value)) {
      const position = positionOf(name);
      if (position === undefined) return { value, rest: parts.slice(i), leaf: false };
      value = (value as unknown[])[position];
    } else {
      const document = asDocument(value);
      value = document && Object.hasOwn(document, name) ? document[name] : undefined;
      if (value === undefined) return MISSING;
    }
  }
  return { value, rest: [], leaf: !Array.isArray(value) };
}

/** All combinations of values the fields reach: fields under one array go through it element by element, together. */
function combinations(walks: Walk[]): unknown[][] {
  const open = walks.filter((each) => !each.leaf);
  const array = open[0]?.value;
  if (!Array.isArray(array)) return [walks.map((each) => each.value)];
  if (open.some((each) => each.value !== array)) fail(171, 'cannot index parallel arrays');
  if (array.length === 0) return [walks.map(({ leaf, value, rest }) => (leaf ? value : rest.length === 0 ? EMPTY_ARRAY : undefined))];
  const into = (element: unknown, { rest }: Walk): Walk => {
    if (rest.length === 0) return { value: element, rest, leaf: true };
    return Array.isArray(element) ? MISSING : walk(element, rest, 0);
  };
  return array.flatMap((element) => combinations(walks.map((each) => (each.leaf ? each : into(element, each)))));
}

/** The keys a document has under `fields`, uncut. Raises 171 when two arrays would have to be combined. */
export function documentKeys(doc: RawDocument, fields: readonly KeyField[]): DocumentKeys {
  const roots = fields.length > 1 ? new Map<string, unknown>() : undefined;
  const row: unknown[] = [];
  const walks: Walk[] = [];
  for (const [path] of fields) {
    const parts = partsOf(path);
    const head = parts[0] as string;
    // Fields under one array must see the same array.
    const root = roots?.has(head) ? roots.get(head) : doc.get(head);
    roots?.set(head, root);
    const walked = walk(root, parts, 1);
    walks.push(walked);
    if (walked.leaf) row.push(walked.value);
  }
  if (row.length === fields.length) {
    return { keys: [compositeKey(row, fields)], rows: [row], multikey: false, missing: isMissing(row), truncated: false };
  }
  const distinct = new Map<string, { key: Buffer; row: unknown[] }>();
  for (const combination of combinations(walks)) {
    const key = compositeKey(combination, fields);
    const name = key.toString('latin1');
    // Null and missing have one key; where a document has both, it is not missing.
    if (isMissing(distinct.get(name)?.row ?? [])) distinct.set(name, { key, row: combination });
  }
  const entries = [...distinct.values()];
  const rows = entries.map((entry) => entry.row);
  return { keys: entries.map(({ key }) => key), rows, multikey: true, missing: rows.every(isMissing), truncated: false };
}

const isMissing = (row: readonly unknown[]): boolean => row.every((value) => value === undefined);
const isLong = (key: Buffer): boolean => key.length > MAX_KEY_BYTES;

/**
 * The entries of a document in an index on `fields`, cut to what the store takes: arrays give one entry per element; with
 * `sparse`, entries without any of the fields are left out. Raises 171 when two arrays would have to be combined.
 */
export function indexKeys(doc: RawDocument, fields: readonly KeyField[], sparse: boolean): DocumentKeys {
  const found = documentKeys(doc, fields);
  if (sparse && found.rows.some(isMissing)) {
    const isPresent = found.rows.map((row) => !isMissing(row));
    found.keys = found.keys.filter((_, i) => isPresent[i]);
    found.rows = found.rows.filter((_, i) => isPresent[i]);
  }
  if (found.keys.some(isLong)) {
    found.keys = found.keys.map(shorten);
    found.truncated = true;
  }
  return found;
}
