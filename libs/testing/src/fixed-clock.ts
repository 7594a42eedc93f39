import { Clock } from '@app/common';

/** A clock that stands still until it is told otherwise; sleeping moves it on. */
export class FixedClock extends Clock {
  private current: Date;

  constructor(start: string | Date = '2026-11-22T03:00:00.000Z') {
    super();
    this.current = new Date(start);
  }

  now(): Date {
    return new Date(this.current);
  }

  advance(ms: number): void {
    this.current = new Date(this.current.getTime() + ms);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
