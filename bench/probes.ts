import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
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

/** As a cluster's probes do it: each on a connection of its own. */
async function probe(url: string): Promise<void> {
  const request = get(url, { agent: false });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  reply.resume();
  await once(reply, 'end');
}

/** Asks a URL every 20 ms; the result is how long each answer took, in milliseconds. */
export function watchLatency(url: string): { stop(): Promise<number[]> } {
  const samples: number[] = [];
  let running = true;
  const asking = (async () => {
    while (running) {
      const from = performance.now();
      await probe(url);
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

/** Lets a process that preloads `loop-delay.js` say how late its event loop was since it was asked last. */
export async function askLoopDelay(dir: string, pid: number): Promise<{ p99: number; max: number }> {
  const file = join(dir, `${pid}.json`);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGWINCH');
  while (!existsSync(file)) await sleep(20);
  await sleep(20);
  return JSON.parse(readFileSync(file, 'utf8')) as { p99: number; max: number };
}
