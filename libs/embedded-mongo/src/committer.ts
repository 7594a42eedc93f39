import { CODE_NAMES, MongoError } from './errors.js';
import type { Steps, Turns } from './turns.js';

/** lmdb could not write; the transaction around it is lost. */
export class StorageFailure extends Error {}

interface Job {
  steps: Steps<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export interface CommitterStore {
  /** Runs the work in one write transaction; a throw leaves nothing of it. */
  transaction(work: () => void): void;
  /** The transaction has to end here. */
  isOver(): boolean;
  /** What memory holds about the data is to be read again: a transaction was lost. */
  reload(): void;
}

/**
 * Group commit: all writes of one turn of the event loop share a transaction and are answered after it. A long write keeps
 * the turn for one slice, then goes to the end of the line.
 */
export class Committer {
  private readonly line: Job[] = [];
  private isScheduled = false;
  private isClosed = false;

  constructor(
    private readonly store: CommitterStore,
    private readonly turns: Turns,
  ) {}

  /** Raises 11600 once the storage is closing, 14031 on a full disk. */
  run<T>(steps: Steps<T>): Promise<T> {
    if (this.isClosed) return Promise.reject(new MongoError(11600, 'interrupted at shutdown'));
    return new Promise<T>((resolve, reject) => {
      this.line.push({ steps, resolve: resolve as Job['resolve'], reject });
      this.schedule();
    });
  }

  /** Takes no more writes; resolves when none is left. */
  async close(): Promise<void> {
    this.isClosed = true;
    while (this.line.length > 0) await this.turns.next();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.commit();
      if (this.line.length > 0) this.schedule();
    });
  }

  private commit(): void {
    const touched: Job[] = [];
    const outcomes: (() => void)[] = [];
    const unfinished: Job[] = [];
    try {
      this.store.transaction(() => {
        do {
          const job = this.line.shift();
          if (!job) return;
          touched.push(job);
          if (!this.advance(job, outcomes)) unfinished.push(job);
        } while (!this.store.isOver());
      });
    } catch (error) {
      for (const job of touched) job.reject(asMongoError(error));
      this.store.reload();
      return;
    }
    this.line.push(...unfinished);
    for (const outcome of outcomes) outcome();
  }

  /** Runs a job until it ends (true) or the slice does. What a job raises is its own affair, unless lmdb could not write. */
  private advance(job: Job, outcomes: (() => void)[]): boolean {
    try {
      do {
        const step = job.steps.next();
        if (!step.done) continue;
        outcomes.push(() => job.resolve(step.value));
        return true;
      } while (!this.store.isOver());
      return false;
    } catch (error) {
      if (error instanceof StorageFailure) throw error;
      outcomes.push(() => job.reject(error));
      return true;
    }
  }
}

function asMongoError(error: unknown): MongoError {
  const message = error instanceof Error ? error.message : String(error);
  // lmdb reports a page that the disk took only in part, which is how a disk becomes full, as an input/output error.
  const code = /no space left|MDB_MAP_FULL|input\/output error/i.test(message) ? 14031 : 1;
  return new MongoError(code, `${CODE_NAMES[code]}: the write could not be stored: ${message}`);
}
