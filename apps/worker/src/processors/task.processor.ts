import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, type BeforeApplicationShutdown } from '@nestjs/common';
import { REDIS } from '@app/connections';
import { QUEUES, type QueueMessage, type QueueName } from '@app/jobs';
import { TaskRunner } from '@app/tasks';
import type { Job, WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';

const workerOptions = (name: QueueName): Partial<WorkerOptions> => {
  const { concurrency, lockMs, stalledIntervalMs, maxStalledCount } = QUEUES[name];
  return { concurrency, lockDuration: lockMs, stalledInterval: stalledIntervalMs, maxStalledCount };
};

/** Takes entries off a queue and gives them to the runner. At shutdown it hands back what is under way, then closes; without Redis it does not wait for it. */
abstract class TaskProcessor extends WorkerHost implements BeforeApplicationShutdown {
  constructor(
    private readonly runner: TaskRunner,
    private readonly redis: Redis,
  ) {
    super();
  }

  async process(job: Job<QueueMessage>, token?: string): Promise<void> {
    await this.runner.process(job, token ?? '');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.runner.stop();
    await this.worker.close(this.redis.status !== 'ready');
  }
}

@Processor('imports', workerOptions('imports'))
export class ImportsProcessor extends TaskProcessor {
  constructor(runner: TaskRunner, @Inject(REDIS) redis: Redis) {
    super(runner, redis);
  }
}

@Processor('deliveries', workerOptions('deliveries'))
export class DeliveriesProcessor extends TaskProcessor {
  constructor(runner: TaskRunner, @Inject(REDIS) redis: Redis) {
    super(runner, redis);
  }
}
