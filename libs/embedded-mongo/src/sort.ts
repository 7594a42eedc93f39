import type { Document } from './document.js';
import { RawDocument } from './document.js';
import { fail, MongoError } from './errors.js';
import type { KeyField } from './key.js';
import { documentKeys } from './key.js';
import { isNumber, toInteger } from './numbers.js';

/** What a sort may hold in memory, as in MongoDB, which would go on to the disk from there. */
const MAX_SORT_BYTES = 100 * 1024 * 1024;
const RUN = 4_000;

/** A sort specification as fields. Raises 15975 and 15976 for malformed ones. */
export function parseSort(spec: Document): KeyField[] {
  const fields = Object.entries(spec).map(([path, value]): KeyField => {
    if (!isNumber(value))
      return fail(15974, `Illegal key in $sort specification: ${path}: only numbers are supported by the embedded database`);
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

/** Orders two documents by fields, as {@link sortKey} does. */
export function compareBy(a: Document, b: Document, fields: readonly KeyField[]): number {
  const [x, y] = [a, b].map((doc) => sortKey(RawDocument.fromTyped(doc), fields)) as [string, string];
  return x < y ? -1 : x > y ? 1 : 0;
}

interface Entry {
  key: string;
  doc: RawDocument;
}

const order = (a: Entry, b: Entry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** Takes turns: `pause` gives way to others once about 8 ms have gone by since the last time. */
export class Slices {
  private since = performance.now();

  constructor(private readonly yieldTurn: () => Promise<void>) {}

  async pause(): Promise<void> {
    if (performance.now() - this.since < 8) return;
    await this.yieldTurn();
    this.since = performance.now();
  }
}

async function mergeRuns(a: Entry[], b: Entry[], limit: number, slices: Slices): Promise<Entry[]> {
  const merged: Entry[] = [];
  let [i, j] = [0, 0];
  while (merged.length < limit) {
    const [x, y] = [a[i], b[j]];
    if (x && (!y || order(x, y) <= 0)) i++;
    else if (y) j++;
    else break;
    merged.push((x && (!y || order(x, y) <= 0) ? x : y) as Entry);
    if (merged.length % 1_000 === 0) await slices.pause();
  }
  return merged;
}

/**
 * Sorts batches by key bytes, ties in their order, keeping at most the first `limit`; works in slices and gives way between them.
 * Raises 292 when more than 100 MiB would have to be held.
 */
export async function* sortBatches(
  source: AsyncIterable<RawDocument[]>,
  fields: readonly KeyField[],
  yieldTurn: () => Promise<void>,
  limit = Infinity,
): AsyncGenerator<RawDocument[]> {
  const slices = new Slices(yieldTurn);
  // Runs double in size from the last to the first, so that each document is merged only a few times.
  const runs: Entry[][] = [];
  let run: Entry[] = [];
  let bytes = 0;
  const close = async (last: boolean): Promise<void> => {
    runs.push(run.sort(order).slice(0, limit));
    run = [];
    for (let [a, b] = runs.slice(-2); a && b && a !== b && (last || a.length <= b.length); [a, b] = runs.slice(-2)) {
      runs.splice(-2, 2, await mergeRuns(a, b, limit, slices));
    }
  };
  for await (const batch of source) {
    for (const doc of batch) {
      run.push({ key: sortKey(doc, fields), doc });
      bytes += doc.bytes.length;
      if (run.length >= RUN) {
        await close(false);
        if (limit !== Infinity) bytes = runs.flat().reduce((sum, entry) => sum + entry.doc.bytes.length, 0);
        if (bytes > MAX_SORT_BYTES)
          fail(292, `Sort exceeded memory limit of ${MAX_SORT_BYTES} bytes, but did not opt in to external sorting.`);
      }
    }
    await slices.pause();
  }
  await close(true);
  const sorted = runs[0] ?? [];
  for (let i = 0; i < sorted.length; i += 100) yield sorted.slice(i, i + 100).map((entry) => entry.doc);
}
