import type { Clock } from '@app/common';

/** A stretch of a batch that may go out at once, and when. */
export interface PacedSlice {
  from: number;
  to: number;
}

/**
 * Spreads a send over time: the n-th recipient goes out n / perSecond seconds after the start, so that the batches keep
 * the rate together without talking to each other. A batch that comes late still keeps the rate by itself.
 */
export async function* paced(
  size: number,
  {
    perSecond,
    offset,
    startedAt,
    clock,
    signal,
  }: { perSecond: number | null; offset: number; startedAt: Date; clock: Clock; signal: AbortSignal },
): AsyncIterable<PacedSlice> {
  if (perSecond === null) {
    yield { from: 0, to: size };
    return;
  }
  let earliest = 0;
  for (let from = 0; from < size; from += perSecond) {
    const due = Math.max(earliest, startedAt.getTime() + ((offset + from) / perSecond) * 1_000);
    const wait = due - clock.now().getTime();
    if (wait > 0) await clock.sleep(wait, signal);
    earliest = clock.now().getTime() + 1_000;
    yield { from, to: Math.min(size, from + perSecond) };
  }
}
