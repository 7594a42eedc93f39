import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import { TaskQueue } from './task.queue.js';
import { TaskRepository } from './task.repository.js';

/**
 * Puts back on the queue what was stranded: written while Redis was away, lost with it, or given up by the queue while the
 * task was not final. Every worker sweeps; a claim in MongoDB decides between them.
 */
@Injectable()
export class TaskSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(TaskSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly tasks: TaskRepository,
    private readonly queue: TaskQueue,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweeping = this.sweeping
        .then(() => this.sweep())
        .then(
          () => undefined,
          (error: unknown) => this.logger.warn({ err: error }, 'Sweep left out'),
        );
    }, this.config.tasks.sweepMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One round; returns how many tasks were put back. */
  async sweep(): Promise<number> {
    const { pendingAgeMs, heartbeatAgeMs } = this.config.tasks;
    const now = this.clock.now().getTime();
    const stranded = await this.tasks.findStranded(new Date(now - pendingAgeMs), new Date(now - heartbeatAgeMs));
    let count = 0;
    for (const { jobId, name, enqueues } of stranded) {
      if (!(await this.queue.isGone(name, jobId, enqueues))) continue;
      const claimed = await this.tasks.claimEnqueue(jobId, enqueues, this.clock.now());
      if (!claimed) continue;
      this.logger.log({ jobId, task: name, enqueues: claimed.enqueues }, 'Task put back on its queue');
      await this.queue.add(name, jobId, claimed.enqueues);
      count += 1;
    }
    return count;
  }
}
