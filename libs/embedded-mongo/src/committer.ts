import { CODE_NAMES, MongoError } from './errors.js';
import { StorageFailure } from './collection.js';
import type { Turns } from './turns.js';

/** A write command as steps: every `yield` is a moment at which the data are consistent and the transaction may end. */
export type Steps<T> = Generator<void, T>;

/** A write that is short enough to be one step. */
export function oneStep<T>(work: () => T): Pick<Steps<T>, 'next'> {
  return { next: () => ({ done: true, value: work() }) };
}

interface Job {
  steps: Pick<Steps<unknown>, 'next'>;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export interface CommitterStore {
  /** Runs the work in one write transaction; a throw leaves nothing of it. */
  transaction(work: () => void): void;
  /** What memory holds about the data is to be read again: a transaction was lost. */
  reload(): void;
}

/**
 * Group commit: all writes of one turn of the event loop share a transaction and are answered after it. A long write keeps
 * the turn for one slice, then goes to the end of the line.
 */
export class Committer {
  private readonly line: Job[] = [];
  private scheduled = false;
  private isClosed = false;

  constructor(
    private readonly store: CommitterStore,
    private readonly turns: Turns,
  ) {}

  /** Raises 11600 once the storage is closing. */
  run<T>(steps: Pick<Steps<T>, 'next'>): Promise<T> {
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
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.commit();
      if (this.line.length > 0) this.schedule();
    });
  }

  private commit(): void {
    const touched: Job[] = [];
    const outcomes: (() => void)[] = [];
    try {
      this.store.transaction(() => {
        for (let job = this.line[0]; job; job = this.line[0]) {
          this.line.shift();
          touched.push(job);
          if (!this.advance(job, outcomes)) {
            this.line.push(job);
            return;
          }
          if (this.turns.isOver()) return;
        }
      });
      for (const outcome of outcomes) outcome();
    } catch (error) {
      for (const job of touched) {
        job.reject(asMongoError(error));
        if (this.line.includes(job)) this.line.splice(this.line.indexOf(job), 1);
      }
      this.store.reload();
    }
  }

  /** Runs a job until it ends (true) or the slice does. */
  private advance(job: Job, outcomes: (() => void)[]): boolean {
    try {
      for (;;) {
        const step = job.steps.next();
        if (step.done) {
          outcomes.push(() => job.resolve(step.value));
          return true;
        }
        if (this.turns.isOver()) return false;
      }
    } catch (error) {
      if (error instanceof StorageFailure) throw error;
      outcomes.push(() => job.reject(error as Error));
      return true;
    }
  }
}

function asMongoError(error: unknown): MongoError {
  const message = error instanceof Error ? error.message : String(error);
  // lmdb reports a page that the disk took only in part, which is how a disk becomes full, as an input/output error.
  const isFull = /no space left|MDB_MAP_FULL|input\/output error/i.test(message);
  const code = isFull ? 14031 : 1;
  return new MongoError(code, `${CODE_NAMES[code]}: the write could not be stored: ${message}`);
}
