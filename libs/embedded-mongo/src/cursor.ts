import { randomBytes } from 'node:crypto';
import { MAX_DOCUMENT_BYTES, type RawDocument } from './document.js';
import { fail } from './errors.js';
import { Scan, type Row } from './scan.js';
import type { Turns } from './turns.js';

/** As MongoDB's `cursorTimeoutMillis`. */
const IDLE_MS = 10 * 60_000;
const MOST_CURSORS = 10_000;
const CHUNK = 256;

/** Where a cursor's documents come from. A read returns what one slice of time allows, perhaps nothing yet. */
export interface DocumentSource {
  readonly isDone: boolean;
  read(max: number): RawDocument[] | Promise<RawDocument[]>;
}

export class ScanSource implements DocumentSource {
  private readonly rows: Row[] = [];
  private left: number;

  constructor(
    private readonly scan: Scan,
    private readonly turns: Turns,
    private skip = 0,
    limit = 0,
    private readonly project?: (doc: RawDocument) => RawDocument,
  ) {
    this.left = limit === 0 ? Infinity : limit;
  }

  get isDone(): boolean {
    return this.left === 0 || this.scan.isDone;
  }

  read(max: number): RawDocument[] {
    this.rows.length = 0;
    this.scan.read(this.rows, Math.min(max, this.left) + this.skip, this.turns);
    const skipped = Math.min(this.skip, this.rows.length);
    this.skip -= skipped;
    const docs = this.rows.slice(skipped, skipped + this.left).map(({ doc }) => (this.project ? this.project(doc) : doc));
    this.left -= docs.length;
    return docs;
  }
}

export class IterableSource implements DocumentSource {
  isDone = false;
  private readonly iterator: AsyncIterator<RawDocument[]>;
  private ready: RawDocument[] = [];

  constructor(
    batches: AsyncIterable<RawDocument[]>,
    private readonly project?: (doc: RawDocument) => RawDocument,
  ) {
    this.iterator = batches[Symbol.asyncIterator]();
  }

  async read(max: number): Promise<RawDocument[]> {
    if (this.ready.length === 0) {
      const next = await this.iterator.next();
      if (next.done) this.isDone = true;
      else this.ready = next.value;
    }
    const docs = this.ready.slice(0, max);
    this.ready = this.ready.slice(max);
    return this.project ? docs.map(this.project) : docs;
  }
}

export const EMPTY_SOURCE: DocumentSource = { isDone: true, read: () => [] };

/** A result being read in batches of a number of documents and at most 16 MiB. */
export class Cursor {
  lastUsed = Date.now();
  inUse = false;
  private ownId: bigint | undefined;
  private pending: RawDocument[] = [];

  constructor(
    readonly ns: string,
    private readonly source: DocumentSource,
    private readonly turns: Turns,
  ) {}

  /** Made when first asked for: most results end with their first batch and need none. */
  get id(): bigint {
    return (this.ownId ??= randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn);
  }

  get isDone(): boolean {
    return this.pending.length === 0 && this.source.isDone;
  }

  /** The next documents: at once when one slice of time is enough. `check` may raise to give up in between. */
  next(max: number, check: () => void): RawDocument[] | Promise<RawDocument[]> {
    const batch: RawDocument[] = [];
    let bytes = 0;
    const wants = (): boolean => batch.length < max && !this.isDone && bytes < MAX_DOCUMENT_BYTES;
    const take = (docs: RawDocument[]): void => {
      for (const [i, doc] of docs.entries()) {
        bytes += doc.bytes.length;
        if (bytes > MAX_DOCUMENT_BYTES && batch.length > 0) {
          this.pending = [...docs.slice(i), ...this.pending];
          return;
        }
        batch.push(doc);
      }
    };
    const held = this.pending.splice(0);
    this.pending = held.slice(max);
    take(held.slice(0, max));
    const later = async (first: Promise<RawDocument[]>): Promise<RawDocument[]> => {
      take(await first);
      while (wants()) {
        if (this.turns.isOver()) await this.turns.next();
        check();
        take(await this.source.read(Math.min(max - batch.length, CHUNK)));
      }
      return batch;
    };
    while (wants()) {
      const docs = this.source.read(Math.min(max - batch.length, CHUNK));
      if (docs instanceof Promise) return later(docs);
      take(docs);
      if (wants() && this.turns.isOver()) return later(this.turns.next().then(() => []));
    }
    return batch;
  }
}

/** The open cursors of a server; forgotten after ten idle minutes. */
export class Cursors {
  private readonly open = new Map<bigint, Cursor>();

  keep(cursor: Cursor): void {
    if (this.open.size >= MOST_CURSORS) fail(1, `too many open cursors (${MOST_CURSORS})`);
    this.open.set(cursor.id, cursor);
  }

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
    for (const [id, cursor] of this.open) if (!cursor.inUse && cursor.lastUsed < oldest) this.open.delete(id);
  }
}
