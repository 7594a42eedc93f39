import { Injectable } from '@nestjs/common';
import { Clock } from '@app/common';
import { Sweeper } from '@app/connections';
import { TaskNotFoundError, TaskService } from '@app/tasks';
import { UploadStore } from './upload.store.js';

const SWEEP_MS = 10 * 60_000;
/** A failed or cancelled import can be taken up again for this long. */
const KEPT_MS = 24 * 3_600_000;
const MOST_AT_ONCE = 100;

/** Removes uploaded files a day after their import has ended, and what is left of uploads that were cut off. */
@Injectable()
export class UploadSweeper extends Sweeper {
  constructor(
    private readonly uploads: UploadStore,
    private readonly tasks: TaskService,
    private readonly clock: Clock,
  ) {
    super(SWEEP_MS);
  }

  protected async round(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - KEPT_MS);
    for (const { id, jobId } of await this.uploads.listOlder(before, MOST_AT_ONCE)) {
      if (await this.hasEnded(jobId, before)) await this.uploads.remove(id);
    }
    await this.uploads.removeUnfinished(before);
  }

  private async hasEnded(jobId: string, before: Date): Promise<boolean> {
    try {
      const { completedAt } = await this.tasks.get(jobId);
      return completedAt !== null && completedAt <= before;
    } catch (error) {
      if (error instanceof TaskNotFoundError) return true;
      throw error;
    }
  }
}
