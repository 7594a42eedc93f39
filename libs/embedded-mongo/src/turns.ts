/** How long one turn of the event loop may be kept by commands, in ms; a ping behind it waits for about two of these. */
const SLICE_MS = 8;

/** Work in pieces: at every `yield` the data are consistent, a transaction may end, and others may be let in. */
export type Steps<T> = Generator<void, T>;

/**
 * Shares the event loop among long commands: all work of one turn has one deadline, and whoever passes it waits in line,
 * one waiter a turn, so that many long scans together delay a ping no more than one does.
 */
export class Turns {
  private end = 0;
  private readonly waiting: (() => void)[] = [];

  isOver(): boolean {
    if (this.end === 0) {
      this.end = performance.now() + SLICE_MS;
      setImmediate(() => {
        this.end = 0;
      });
    }
    return performance.now() > this.end;
  }

  /** Resolves in a later turn, with a fresh slice. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.push(resolve) === 1) setImmediate(() => this.resume());
    });
  }

  /** The result at once when one slice is enough, else a promise of it. */
  run<T>(steps: Steps<T>): T | Promise<T> {
    while (!this.isOver()) {
      const step = steps.next();
      if (step.done) return step.value;
    }
    return this.runLater(steps);
  }

  private async runLater<T>(steps: Steps<T>): Promise<T> {
    for (;;) {
      await this.next();
      do {
        const step = steps.next();
        if (step.done) return step.value;
      } while (!this.isOver());
    }
  }

  private resume(): void {
    this.end = 0;
    const waiter = this.waiting[0];
    this.waiting.shift();
    if (this.waiting.length > 0) setImmediate(() => this.resume());
    waiter?.();
  }
}
