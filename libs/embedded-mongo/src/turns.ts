/** How long one turn of the event loop may be kept by commands, in ms; a ping behind it waits for about two of these. */
const SLICE_MS = 8;

/**
 * Shares the event loop among long commands: all work of one turn has one deadline, and whoever passes it waits in line,
 * one waiter a turn, so that many long scans together delay a ping no more than one does.
 */
export class Turns {
  private end = 0;
  private readonly waiting: (() => void)[] = [];

  /** The moment (`performance.now()`) at which the work of this turn should pause. */
  deadline(): number {
    if (this.end === 0) {
      this.end = performance.now() + SLICE_MS;
      setImmediate(() => {
        this.end = 0;
      });
    }
    return this.end;
  }

  isOver(): boolean {
    return performance.now() > this.deadline();
  }

  /** Resolves in a later turn, with a fresh slice. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.push(resolve) === 1) setImmediate(() => this.resume());
    });
  }

  private resume(): void {
    this.end = 0;
    const waiter = this.waiting[0];
    this.waiting.shift();
    if (this.waiting.length > 0) setImmediate(() => this.resume());
    waiter?.();
  }
}
