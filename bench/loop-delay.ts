import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Preloaded into the processes of a bench (`--import`): at SIGWINCH, which nobody else listens for, each writes how late its
 * event loop was since the last time, in milliseconds, to `PID.json` in `BENCH_LOOP_DELAY`.
 */
const RESOLUTION_MS = 5;
const dir = process.env['BENCH_LOOP_DELAY'];
if (dir !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  process.on('SIGWINCH', () => {
    const figures = { p99: late(histogram.percentile(99)), max: late(histogram.max) };
    histogram.reset();
    writeFileSync(join(dir, `${process.pid}.json`), JSON.stringify(figures));
  });
}
