import { randomBytes } from 'node:crypto';
import type { Collection } from './collection.js';
import { MAX_DOCUMENT_BYTES, type RawDocument } from './document.js';
import { fail } from './errors.js';
import type { Source } from './pipeline/stages.js';
import type { Steps } from './turns.js';

/** As MongoDB's `cursorTimeoutMillis`. */
const IDLE_MS = 10 * 60_000;
const MOST_CURSORS = 10_000;

/** A result being read in batches of a number of documents and at most 16 MiB. */
export class Cursor {
  lastUsed = Date.now();
  isInUse = false;
  isDone = false;
  private readonly batches: Iterator<RawDocument[]>;
  private ownId: bigint | undefined;
  private pending: RawDocument[] = [];
  private at = 0;

  constructor(
    readonly ns: string,
    source: Source,
    private readonly collection?: Collection,
  ) {
    this.batches = source[Symbol.iterator]();
  }

  /** Made when first asked for: most results end with their first batch and need none. */
  get id(): bigint {
    return (this.ownId ??= randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn);
  }

  /** The next documents. At a full batch it looks one page ahead, to know whether it was the last. */
  *next(most: number): Steps<RawDocument[]> {
    if (this.collection?.dropped) fail(175, `collection dropped: ${this.ns}`);
    const batch: RawDocument[] = [];
    let bytes = 0;
    while (batch.length < most) {
      const doc = this.pending[this.at];
      if (!doc) {
        if (!this.fill()) return batch;
        yield;
        continue;
      }
      bytes += doc.bytes.length;
      if (bytes > MAX_DOCUMENT_BYTES && batch.length > 0) return batch;
      batch.push(doc);
      this.at++;
    }
    if (most > 0 && this.at === this.pending.length) this.fill();
    return batch;
  }

  private fill(): boolean {
    const next = this.batches.next();
    this.isDone = next.done === true;
    this.pending = next.done ? [] : next.value;
    this.at = 0;
    return !this.isDone;
  }
}

/** The open cursors of a server; forgotten after ten idle minutes. */
export class Cursors {
  private readonly open = new Map<bigint, Cursor>();

  keep(cursor: Cursor): void {
    if (this.open.size >= MOST_CURSORS) fail(1, `too many open cursors (${MOST_CURSORS})`);
    this.open.set(cursor.id, cursor);
  }

  /** Raises 43 for an id that is not open, 13 for a cursor of another collection. */
  get(id: bigint, ns: string): Cursor {
    const cursor = this.open.get(id) ?? fail(43, `cursor id ${id} not found`);
    if (cursor.ns !== ns) fail(13, `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${cursor.ns}`);
    return cursor;
  }

  remove(id: bigint): boolean {
    return this.open.delete(id);
  }

  closeIdle(): void {
    const oldest = Date.now() - IDLE_MS;
    for (const [id, cursor] of this.open) if (!cursor.isInUse && cursor.lastUsed < oldest) this.open.delete(id);
  }
}
