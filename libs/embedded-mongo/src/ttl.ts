import { boundsOf } from './bounds.js';
import type { Collection } from './collection.js';
import type { Index } from './index-tree.js';
import { scan } from './scan.js';
import type { Storage } from './storage.js';
import type { Steps } from './turns.js';

const DEFAULT_SECONDS = 60;

/** Removes documents whose TTL date has passed, each 60 s unless told otherwise. Only dates count: one date of several is enough. */
export class TtlSweeper {
  private timer: NodeJS.Timeout | undefined;
  private seconds = DEFAULT_SECONDS;
  private isRunning = false;

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
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      for (const collection of this.storage.all()) {
        for (const index of collection.readyIndexes) {
          if (index.expireAfterSeconds !== undefined) await this.storage.run(expire(collection, index, index.expireAfterSeconds));
        }
      }
    } catch {
      // A full disk or a collection dropped meanwhile: the next sweep tries again.
    } finally {
      this.isRunning = false;
    }
  }
}

function* expire(collection: Collection, index: Index, seconds: number): Steps<void> {
  const upper = { value: new Date(Date.now() - seconds * 1_000), inclusive: true };
  const { ranges } = boundsOf(index, [{ path: index.fields[0]?.[0] ?? '', upper }]);
  for (const rows of scan(collection, { stage: 'IXSCAN', index, ranges, direction: 1, isSorted: true, isExact: false })) {
    for (const { id, doc } of rows) collection.remove(id, doc);
    yield;
  }
}
