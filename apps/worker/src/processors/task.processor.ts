import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { QUEUES, type QueueMessage, type QueueName } from '@app/jobs';
import { TaskRunner } from '@app/tasks';
import type { Job, WorkerOptions } from 'bullmq';

const workerOptions = (name: QueueName): Partial<WorkerOptions> => {
  const { concurrency, lockMs, stalledIntervalMs, maxStalledCount } = QUEUES[name];
  return { concurrency, lockDuration: lockMs, stalledInterval: stalledIntervalMs, maxStalledCount };
};

/** Takes entries off a queue and gives them to the runner. At shutdown it hands back what is under way, then closes. */
abstract class TaskProcessor extends WorkerHost implements BeforeApplicationShutdown {
  constructor(private readonly runner: TaskRunner) {
    super();
  }

  async process(job: Job<QueueMessage>, token?: string): Promise<void> {
    await this.runner.process(job, token ?? '');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.runner.stop();
    await this.worker.close();
  }
}

@Processor('imports', workerOptions('imports'))
export class ImportsProcessor extends TaskProcessor {
  constructor(runner: TaskRunner) {
    super(runner);
  }
}

@Processor('deliveries', workerOptions('deliveries'))
export class DeliveriesProcessor extends TaskProcessor {
  constructor(runner: TaskRunner) {
    super(runner);
  }
}
