import { setTimeout as sleep } from 'node:timers/promises';

/** The only source of time for code whose outcome depends on it. An abstract class, so that it serves as an injection token. */
export abstract class Clock {
  abstract now(): Date;
  /** Resolves after `ms`, or rejects with the signal's reason when aborted first. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}
