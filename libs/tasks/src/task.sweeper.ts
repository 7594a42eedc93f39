import { Injectable } from '@nestjs/common';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import { Sweeper } from '@app/connections';
import { TaskQueue } from './task.queue.js';
import { TaskRepository } from './task.repository.js';

/**
 * Puts back on the queue what was stranded: written while Redis was away, lost with it, or given up by the queue while the
 * task was not final. A claim in MongoDB decides between the workers.
 */
@Injectable()
export class TaskSweeper extends Sweeper {
  constructor(
    private readonly tasks: TaskRepository,
    private readonly queue: TaskQueue,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    super(config.tasks.sweepMs);
  }

  protected async round(): Promise<void> {
    const { pendingAgeMs, heartbeatAgeMs } = this.config.tasks;
    const now = this.clock.now().getTime();
    const stranded = await this.tasks.findStranded(new Date(now - pendingAgeMs), new Date(now - heartbeatAgeMs));
    for (const { jobId, name, enqueues } of stranded) {
      if (this.isStopping) return;
      if (!(await this.queue.isGone(name, jobId, enqueues))) continue;
      const claimed = await this.tasks.claimEnqueue(jobId, enqueues, this.clock.now());
      if (!claimed) continue;
      this.logger.log({ jobId, task: name, enqueues: claimed.enqueues }, 'Task put back on its queue');
      await this.queue.add(name, jobId, claimed.enqueues);
    }
  }
}
