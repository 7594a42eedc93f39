import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { JsonObject, Page, PageRequest } from '@app/common';
import { findPage, insertOne } from '@app/connections';
import type { TaskName } from '@app/jobs';
import type { Model, QueryFilter, UpdateQuery } from 'mongoose';
import type { TaskOutcome } from './task-context.js';
import type { Counters, TaskStatus } from './task.js';
import { TASK_MODEL, type TaskDocument } from './task.schema.js';

export interface TaskFilter {
  status?: TaskStatus;
  name?: TaskName;
  createdBy?: string;
  from?: Date;
  to?: Date;
}

/** A task as it is first stored. */
export type NewTask = Omit<TaskDocument, '_id' | 'createdAt' | 'updatedAt'>;

const UNFINISHED: TaskStatus[] = ['pending', 'running'];

/** How many stranded tasks one sweep takes up. */
const SWEEP_LIMIT = 100;

/** `tasks`: every change is a compare-and-set on the state, and once a run owns the record, on its token. */
@Injectable()
export class TaskRepository {
  constructor(@InjectModel(TASK_MODEL) private readonly model: Model<TaskDocument>) {}

  insert(task: NewTask): Promise<TaskDocument> {
    return insertOne(this.model, task);
  }

  find(jobId: string): Promise<TaskDocument | null> {
    return this.model.findOne({ jobId }).lean<TaskDocument>().exec();
  }

  page({ status, name, createdBy, from, to }: TaskFilter, page: PageRequest): Promise<Page<TaskDocument>> {
    const createdAt = { ...(from && { $gte: from }), ...(to && { $lt: to }) };
    const filter = {
      ...(status && { status }),
      ...(name && { name }),
      ...(createdBy && { createdBy }),
      ...((from || to) && { createdAt }),
    };
    return findPage<TaskDocument>(this.model, { list: 'tasks', filter, sort: { field: 'createdAt', direction: -1 } }, page);
  }

  /** Takes the task for a run, unless it changed since it was read. A run that finds it owned counts a death. */
  claim(task: TaskDocument, runToken: string, now: Date): Promise<TaskDocument | null> {
    const died = task.status === 'running' && task.runToken !== undefined;
    return this.change(
      { jobId: task.jobId, enqueues: task.enqueues, status: task.status, runToken: task.runToken ?? { $exists: false } },
      { $set: { status: 'running', runToken, heartbeatAt: now, startedAt: task.startedAt ?? now }, $inc: { deaths: died ? 1 : 0 } },
    );
  }

  /** Lets go of a task that goes on later. */
  async handBack(jobId: string, runToken: string): Promise<void> {
    await this.change({ jobId, runToken }, { $unset: { runToken: 1 } });
  }

  /** Says that the run, or a batch of it where no token is given, is alive. Null when the task is no longer its own. */
  beat(
    jobId: string,
    owner: { runToken: string } | { attempt: number },
    now: Date,
  ): Promise<Pick<TaskDocument, 'cancelRequestedAt'> | null> {
    return this.model
      .findOneAndUpdate(
        { jobId, status: 'running', ...owner },
        { $max: { heartbeatAt: now } },
        { returnDocument: 'after', projection: { cancelRequestedAt: 1 } },
      )
      .lean<TaskDocument>()
      .exec();
  }

  /** Stores how far the owner has come; false when it is the owner no longer. */
  async saveCheckpoint(jobId: string, runToken: string, checkpoint: JsonObject, counters: Counters, now: Date): Promise<boolean> {
    return (await this.change({ jobId, runToken }, this.progressUpdate(counters, { checkpoint, heartbeatAt: now, deaths: 0 }))) !== null;
  }

  async markPlanned(jobId: string, runToken: string, totalItems: number): Promise<boolean> {
    return (await this.change({ jobId, runToken }, { $set: { planned: true, totalItems } })) !== null;
  }

  /** Raises the counters to what the batches of this attempt add up to. */
  async raiseCounters(jobId: string, attempt: number, counters: Counters): Promise<void> {
    await this.change({ jobId, attempt, status: 'running' }, this.progressUpdate(counters, { deaths: 0 }));
  }

  /** The final state, for the owner only. `completed` needs that nobody asked to cancel. */
  finish(
    jobId: string,
    runToken: string,
    status: 'completed' | 'failed' | 'cancelled',
    { result, counters, errorMessage }: Partial<TaskOutcome> & { errorMessage?: string },
    now: Date,
  ): Promise<TaskDocument | null> {
    const uncancelled = status === 'completed' ? { cancelRequestedAt: { $exists: false } } : {};
    const raised = counters && { $max: { processedItems: counters.processed, failedItems: counters.failed } };
    return this.change(
      { jobId, runToken, status: 'running', ...uncancelled },
      {
        ...raised,
        $set: {
          status,
          completedAt: now,
          ...(status === 'completed' && { progress: 1 }),
          ...(result && { result }),
          ...(errorMessage !== undefined && { errorMessage }),
        },
        $unset: { runToken: 1 },
      },
    );
  }

  requestCancel(jobId: string, now: Date): Promise<TaskDocument | null> {
    return this.change({ jobId, status: { $in: UNFINISHED } }, { $min: { cancelRequestedAt: now } });
  }

  /** Ends a task that no run ever took. */
  cancelPending(jobId: string, now: Date): Promise<TaskDocument | null> {
    return this.change(
      { jobId, status: 'pending', startedAt: { $exists: false } },
      { $set: { status: 'cancelled', completedAt: now }, $min: { cancelRequestedAt: now } },
    );
  }

  /** Makes a new queue id for a task, if it still has the one that was seen. */
  async claimEnqueue(jobId: string, seenEnqueues: number, now: Date): Promise<TaskDocument | null> {
    return this.change(
      { jobId, enqueues: seenEnqueues, status: { $in: UNFINISHED } },
      { $inc: { enqueues: 1 }, $set: { enqueuedAt: now } },
    );
  }

  /** Tasks whose queue entry may be gone: pending since before `pendingBefore`, or silent since before `silentBefore`. */
  async findStranded(pendingBefore: Date, silentBefore: Date): Promise<TaskDocument[]> {
    const [pending, silent] = await Promise.all([
      this.model
        .find({ status: 'pending', createdAt: { $lt: pendingBefore }, enqueuedAt: { $lt: pendingBefore } })
        .sort({ createdAt: 1 })
        .limit(SWEEP_LIMIT)
        .lean<TaskDocument[]>(),
      this.model
        .find({ status: 'running', heartbeatAt: { $lt: silentBefore } })
        .sort({ heartbeatAt: 1 })
        .limit(SWEEP_LIMIT)
        .lean<TaskDocument[]>(),
    ]);
    return [...pending, ...silent];
  }

  /** Removes a final task; false when there is none in a final state. */
  async deleteFinal(jobId: string): Promise<boolean> {
    const { deletedCount } = await this.model.deleteOne({ jobId, status: { $nin: UNFINISHED } });
    return deletedCount === 1;
  }

  async exists(filter: { name: TaskName; statuses?: TaskStatus[]; parameter: { name: string; value: string } }): Promise<boolean> {
    const found = await this.model
      .findOne(
        {
          status: { $in: filter.statuses ?? UNFINISHED },
          name: filter.name,
          [`parameters.${filter.parameter.name}`]: filter.parameter.value,
        },
        { _id: 1 },
      )
      .lean();
    return found !== null;
  }

  private progressUpdate({ total, processed, failed }: Counters, set: Partial<TaskDocument>): UpdateQuery<TaskDocument> {
    const progress = total === undefined || total === 0 ? 0 : Math.min(1, processed / total);
    return {
      $set: { ...set, ...(total !== undefined && { totalItems: total }) },
      $max: { processedItems: processed, failedItems: failed, progress },
    };
  }

  private change(filter: QueryFilter<TaskDocument>, update: UpdateQuery<TaskDocument>): Promise<TaskDocument | null> {
    const inc = { ...update.$inc, version: 1 };
    return this.model
      .findOneAndUpdate(filter, { ...update, $inc: inc }, { returnDocument: 'after' })
      .lean<TaskDocument>()
      .exec();
  }
}
