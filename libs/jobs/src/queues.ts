import type { QueueName } from './tasks.js';

/** How one queue works: parallel jobs a worker, tries of a job, pauses between them, and times in milliseconds. */
export interface QueuePolicy {
  concurrency: number;
  attempts: number;
  backoff: { type: 'exponential'; delay: number; jitter: number };
  /** A worker that does not renew its lock for this long has lost the job. */
  lockMs: number;
  stalledIntervalMs: number;
  /** Deaths of workers are counted by the task record, so the queue's own limit is only a backstop. */
  maxStalledCount: number;
  keepFinishedSeconds: number;
}

const DAY_SECONDS = 86_400;
const backoff = { type: 'exponential', delay: 1_000, jitter: 0.5 } as const;
const common = { attempts: 5, backoff, lockMs: 10_000, stalledIntervalMs: 5_000, maxStalledCount: 10, keepFinishedSeconds: DAY_SECONDS };

export const QUEUES: Record<QueueName, QueuePolicy> = {
  imports: { ...common, concurrency: 2 },
  deliveries: { ...common, concurrency: 4 },
};

export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];
