import type { KeyRange } from './bounds.js';
import type { Collection } from './collection.js';
import { RawDocument } from './document.js';
import { fail } from './errors.js';
import type { Index } from './index-tree.js';
import type { Filter } from './matcher.js';
import type { Plan } from './planner.js';

export interface Row {
  id: Buffer;
  doc: RawDocument;
}

/** What `explain` tells of a scan. */
export interface Examined {
  keys: number;
  docs: number;
}

export interface ScanOptions {
  filter?: Filter | undefined;
  /** The scan ends after so many rows. */
  wanted?: number;
  examined?: Examined;
}

type ReadingPlan = Exclude<Plan, { stage: 'EOF' }>;

/** A document that an entry of the walked tree leads to; in the collection's own tree the entry is the document. */
interface Entry {
  key: Buffer;
  id: Buffer;
  bytes?: Buffer;
}

const FIRST_PAGE = 16;
const LARGEST_PAGE = 256;
const RECORD_ID_BYTES = 6;
const EVERYTHING: KeyRange = { start: Buffer.alloc(1), end: undefined };

/** The rows a plan leads to, page by page; a page may be empty, and between two of them others may write. */
export function* scan(collection: Collection, plan: ReadingPlan, options: ScanOptions = {}): Generator<Row[]> {
  const { filter, wanted = Infinity, examined = { keys: 0, docs: 0 } } = options;
  const index = plan.stage === 'IXSCAN' ? plan.index : undefined;
  // A document that can stand under several keys is met once.
  const seen = index && (index.multikey.size > 0 || index.record.truncated) ? new Set<string>() : undefined;
  let left = wanted;
  for (const page of pages(collection, plan)) {
    const rows: Row[] = [];
    for (const { id, bytes } of page) {
      if (index) examined.keys++;
      if (seen && seen.size === seen.add(id.toString('latin1')).size) continue;
      const doc = bytes ? new RawDocument(bytes) : collection.get(id);
      if (!doc) continue;
      examined.docs++;
      if (filter && !filter.matches(doc)) continue;
      rows.push({ id, doc });
      if (--left === 0) break;
    }
    yield rows;
    if (left === 0) return;
  }
}

/** Nothing stays open between two pages: each seeks anew from the last key, so that an idle cursor holds no snapshot. */
function* pages(collection: Collection, plan: ReadingPlan): Generator<Entry[]> {
  const index = plan.stage === 'IXSCAN' ? plan.index : undefined;
  const ranges = plan.stage === 'IXSCAN' ? plan.ranges : [EVERYTHING];
  const isExact = plan.stage === 'IXSCAN' && plan.isExact;
  const isGone = (): boolean => collection.dropped || index?.dropped === true;
  let size = FIRST_PAGE;
  for (const range of plan.direction < 0 ? ranges.toReversed() : ranges) {
    let page: Entry[] = [];
    let limit: number;
    do {
      if (isGone()) fail(175, `query killed: ${collection.ns} or an index of it was dropped`);
      limit = size;
      const from = page.at(-1)?.key;
      page = isExact ? lookUp(index as Index, range) : readPage(collection, index, rangeOptions(range, plan.direction, from, limit));
      yield page;
      size = Math.min(size * 2, LARGEST_PAGE);
    } while (!isExact && page.length === limit);
  }
}

function lookUp(index: Index, { start: key }: KeyRange): Entry[] {
  const id = index.tree.get(key);
  return id ? [{ key, id }] : [];
}

function readPage(collection: Collection, index: Index | undefined, options: object): Entry[] {
  if (!index) return [...collection.tree.getRange(options)].map(({ key, value }) => ({ key, id: key, bytes: value }));
  if (index.unique) return [...index.tree.getRange(options)].map(({ key, value }) => ({ key, id: value }));
  return [...index.tree.getKeys(options)].map((key) => ({ key, id: key.subarray(key.length - RECORD_ID_BYTES) }));
}

function rangeOptions({ start, end }: KeyRange, direction: 1 | -1, last: Buffer | undefined, limit: number): object {
  if (direction > 0) return { start: last ?? start, exclusiveStart: last !== undefined, ...(end && { end }), limit };
  const from = last ?? end;
  return { ...(from && { start: from, exclusiveStart: true }), end: start, inclusiveEnd: true, reverse: true, limit };
}
