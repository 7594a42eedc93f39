import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const residentMb = (pid: number): number => {
  const [, kb = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
};

/** Looks at a process every 50 ms; the result is how far its resident memory (MiB) rose above where it began. */
export function watchMemory(pid: number): { growth(): number } {
  const before = residentMb(pid);
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, residentMb(pid))), 50);
  return {
    growth: () => {
      clearInterval(timer);
      return peak - before;
    },
  };
}

/** Asks a URL every 20 ms; the result is how long each answer took, in milliseconds. */
export function watchLatency(url: string): { stop(): Promise<number[]> } {
  const samples: number[] = [];
  let running = true;
  const asking = (async () => {
    while (running) {
      const from = performance.now();
      await (await fetch(url)).arrayBuffer();
      samples.push(performance.now() - from);
      await sleep(20);
    }
  })();
  return {
    stop: async () => {
      running = false;
      await asking;
      return samples;
    },
  };
}
