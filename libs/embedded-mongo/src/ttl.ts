import { boundsOf } from './bounds.js';
import type { Collection } from './collection.js';
import type { Steps } from './committer.js';
import type { Index } from './index-entry.js';
import { Scan, type Row } from './scan.js';
import type { Storage } from './storage.js';

const DEFAULT_SECONDS = 60;
const PAGE = 128;

/** Removes documents whose TTL date has passed, each 60 s unless told otherwise. Only dates count: one date of several is enough. */
export class TtlSweeper {
  private timer: NodeJS.Timeout | undefined;
  private seconds = DEFAULT_SECONDS;
  private running = false;

  constructor(private readonly storage: Storage) {
    this.start();
  }

  /** Sets the seconds between two sweeps; returns what it was. */
  every(seconds: number): number {
    const was = this.seconds;
    this.seconds = seconds;
    this.stop();
    this.start();
    return was;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private start(): void {
    this.timer = setInterval(() => void this.sweep(), this.seconds * 1_000);
    this.timer.unref();
  }

  private async sweep(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (const collection of this.storage.all()) {
        for (const index of collection.readyIndexes) {
          if (index.expireAfterSeconds !== undefined)
            await this.storage.run(expire(this.storage, collection, index, index.expireAfterSeconds));
        }
      }
    } catch {
      // A full disk or a collection dropped meanwhile: the next sweep tries again.
    } finally {
      this.running = false;
    }
  }
}

function* expire(storage: Storage, collection: Collection, index: Index, seconds: number): Steps<void> {
  if (collection.dropped || index.dropped) return;
  const [field] = index.fields;
  if (!field) return;
  const upper = { value: new Date(Date.now() - seconds * 1_000), inclusive: true };
  const { ranges } = boundsOf(index, [{ path: field[0], upper }]);
  const scan = new Scan(collection, { stage: 'IXSCAN', index, ranges, direction: 1, isSorted: true, exact: false }, undefined);
  const rows: Row[] = [];
  while (!scan.isDone) {
    scan.read(rows, PAGE, storage.turns);
    for (const { id, doc } of rows.splice(0)) collection.remove(id, doc);
    yield;
  }
}
