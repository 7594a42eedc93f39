import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '@app/common';
import { QUEUES, TASKS, type QueueMessage, type QueueName, type TaskName } from '@app/jobs';
import type { Job, JobsOptions, Queue } from 'bullmq';

/** How long a request waits for Redis; what was not queued by then is queued by the sweep. */
const ADD_TIMEOUT_MS = 1_000;

const optionsOf = (name: QueueName): JobsOptions => {
  const { attempts, backoff, keepFinishedSeconds } = QUEUES[name];
  return { attempts, backoff, removeOnComplete: { age: keepFinishedSeconds }, removeOnFail: { age: keepFinishedSeconds } };
};

/** The id of a task's entry in its queue: BullMQ ignores an id it has seen, so each enqueueing has its own. */
export const queueIdOf = (jobId: string, enqueues: number): string => `${jobId}_${enqueues}`;

/** The only door to the queues. Entries carry ids; what is lost in Redis is put back from the task records. */
@Injectable()
export class TaskQueue {
  private readonly logger = new Logger(TaskQueue.name);
  private readonly queues: Record<QueueName, Queue<QueueMessage>>;

  constructor(
    @InjectQueue('imports') imports: Queue<QueueMessage>,
    @InjectQueue('deliveries') deliveries: Queue<QueueMessage>,
    private readonly clock: Clock,
  ) {
    this.queues = { imports, deliveries };
    for (const queue of Object.values(this.queues)) queue.on('error', (error) => this.logger.debug({ err: error }, 'Queue connection'));
  }

  /** Puts a task on its queue; false when Redis did not take it in time. */
  async add(name: TaskName, jobId: string, enqueues: number): Promise<boolean> {
    const queue = this.queues[TASKS[name].queue];
    const adding = queue.add(name, { jobId }, { ...optionsOf(TASKS[name].queue), jobId: queueIdOf(jobId, enqueues) });
    const deadline = new AbortController();
    const late = this.clock.sleep(ADD_TIMEOUT_MS, deadline.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([adding.then(() => true), late]);
    } catch (error) {
      this.logger.warn({ err: error, jobId }, 'The task waits for the sweep: Redis did not take it');
      return false;
    } finally {
      deadline.abort();
      adding.catch(() => undefined);
    }
  }

  /** Puts the batches of a running task on its queue, as children of its entry. */
  async addBatches(name: TaskName, parent: Job<QueueMessage>, attempt: number, batches: readonly number[]): Promise<void> {
    const parentId = parent.id ?? '';
    await this.queues[TASKS[name].queue].addBulk(
      batches.map((batch) => ({
        name,
        data: { ...parent.data, part: { attempt, batch } },
        opts: {
          ...optionsOf(TASKS[name].queue),
          jobId: `${parentId}_${batch}`,
          parent: { id: parentId, queue: parent.queueQualifiedName },
          ignoreDependencyOnFailure: true,
        },
      })),
    );
  }

  /** Whether the queue has nothing more to do for this entry while its task is not final. */
  async isGone(name: TaskName, jobId: string, enqueues: number): Promise<boolean> {
    const state = await this.queues[TASKS[name].queue].getJobState(queueIdOf(jobId, enqueues));
    return state === 'unknown' || state === 'completed' || state === 'failed';
  }

  /** Takes the batches nobody has begun out of the queue, so that a cancelled task can close. */
  async dropWaitingBatches(name: TaskName, jobId: string, enqueues: number): Promise<void> {
    const entry = await this.queues[TASKS[name].queue].getJob(queueIdOf(jobId, enqueues));
    await entry?.removeUnprocessedChildren();
  }
}
