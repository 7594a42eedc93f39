import type { Document, RawDocument } from './document.js';
import { fail, MongoError } from './errors.js';
import { documentKeys } from './index-keys.js';
import type { KeyField } from './key.js';
import { isNumber, toInteger } from './numbers.js';
import { inBatches, type Source } from './pipeline/source.js';

/** What a sort may hold in memory, as in MongoDB, which would go on to the disk from there. */
const MAX_SORT_BYTES = 100 * 1024 * 1024;
/** Documents sorted or merged in one go: a few milliseconds. */
const RUN = 2_000;

/** A sort specification as fields. Raises 15975 and 15976 for malformed ones. */
export function parseSort(spec: Document): KeyField[] {
  const fields = Object.entries(spec).map(([path, value]): KeyField => {
    if (!isNumber(value)) return fail(15974, `Illegal key in $sort specification: ${path}; the embedded database sorts by 1 and -1 only`);
    const direction = Number(toInteger(value));
    if (direction !== 1 && direction !== -1) fail(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    return [path, direction];
  });
  return fields.length > 0 ? fields : fail(15976, '$sort stage must have at least one sort key');
}

/** A document's place in a sort: the least of its keys, so an array counts by its smallest element, descending by its largest. */
export function sortKey(doc: RawDocument, fields: readonly KeyField[]): string {
  try {
    const keys = documentKeys(doc, fields).keys.map((key) => key.toString('latin1'));
    return keys.reduce((least, key) => (key < least ? key : least));
  } catch (error) {
    if (error instanceof MongoError && error.code === 171) fail(2, 'cannot sort with keys that are parallel arrays');
    throw error;
  }
}

interface Entry {
  key: string;
  doc: RawDocument;
  size: number;
}

/** Two sorted lists as one of at most `limit`, ties in the order of the lists. */
function* mergedPair(left: readonly Entry[], right: readonly Entry[], limit: number): Generator<never[], Entry[]> {
  const merged: Entry[] = [];
  let [next, pauseAt] = [0, RUN];
  for (const entry of right) {
    for (let other = left[next]; other && other.key <= entry.key; other = left[++next]) merged.push(other);
    if (merged.push(entry) >= limit) break;
    if (merged.length < pauseAt) continue;
    pauseAt = merged.length + RUN;
    yield [];
  }
  return merged.concat(left.slice(next)).slice(0, limit);
}

function* merged(runs: readonly Entry[][], limit: number): Generator<never[], Entry[]> {
  if (runs.length < 2) return (runs[0] ?? []).slice(0, limit);
  const middle = runs.length >> 1;
  return yield* mergedPair(yield* merged(runs.slice(0, middle), limit), yield* merged(runs.slice(middle), limit), limit);
}

/** Sorts batches by keys, ties in their order, keeping at most the first `limit`. Raises 292 beyond 100 MiB. */
export function* sortedBy(source: Source, keyOf: (doc: RawDocument) => string, limit = Infinity): Source {
  let runs: Entry[][] = [];
  let run: Entry[] = [];
  let bytes = 0;
  const closeRun = (): void => {
    runs.push(run.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))));
    run = [];
  };
  for (const batch of source) {
    for (const doc of batch) {
      run.push({ key: keyOf(doc), doc, size: doc.bytes.length });
      bytes += doc.bytes.length;
    }
    yield [];
    if (run.length < RUN && bytes <= MAX_SORT_BYTES) continue;
    closeRun();
    yield [];
    if (bytes > MAX_SORT_BYTES || runs.length * RUN > 2 * limit + RUN) {
      const kept = yield* merged(runs, limit);
      runs = [kept];
      bytes = kept.reduce((sum, { size }) => sum + size, 0);
    }
    if (bytes > MAX_SORT_BYTES) fail(292, `Sort exceeded memory limit of ${MAX_SORT_BYTES} bytes, but did not opt in to external sorting.`);
  }
  closeRun();
  yield* inBatches(yield* merged(runs, limit), ({ doc }) => doc);
}

/** Sorts batches by the keys of fields. */
export const sortBatches = (source: Source, fields: readonly KeyField[], limit?: number): Source =>
  sortedBy(source, (doc) => sortKey(doc, fields), limit);
