import type { RootDatabase } from 'lmdb';

/** Short of the 100 ms that are promised, by what a flush itself takes on a quiet disk. */
const FLUSH_AFTER_MS = 80;

/** `sync` is on every store of lmdb, but not in its typings. */
interface Syncable {
  sync(done: (error?: Error) => void): void;
}

/** Commits reach the page cache at once and the disk within 100 ms; the flush runs off the main thread. */
export class Flusher {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isDirty = false;

  constructor(private readonly root: RootDatabase<Buffer, Buffer>) {}

  /** Something was committed. */
  touch(): void {
    this.isDirty = true;
    this.timer ??= setTimeout(() => void this.flush().catch(() => this.touch()), FLUSH_AFTER_MS);
  }

  /** Resolves when all that was committed before the call is on the disk. */
  async flush(): Promise<void> {
    await this.running;
    if (!this.isDirty) return this.running;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isDirty = false;
    this.running = this.sync().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      (this.root as unknown as Syncable).sync((error) => {
        if (!error) return resolve();
        this.isDirty = true;
        reject(error);
      });
    });
  }
}
