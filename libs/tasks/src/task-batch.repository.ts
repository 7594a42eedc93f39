import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { duplicatesOf } from '@app/connections';
import { Types, type Model } from 'mongoose';
import { TASK_BATCH_MODEL, type TaskBatchDocument } from './task-batch.schema.js';
import type { BatchOutcome, TaskBatch } from './task-context.js';

/** What a batch holds when it is stored. */
export interface NewBatch {
  batch: number;
  items: unknown[];
  ids: string[];
  plan?: unknown;
}

const PAGE = 100;

/** `task_batches`: written once, taken by a run, closed by the run that holds its token. */
@Injectable()
export class TaskBatchRepository {
  constructor(@InjectModel(TASK_BATCH_MODEL) private readonly model: Model<TaskBatchDocument>) {}

  /** Stores batches that are not stored yet; false when some were. */
  async insert(jobId: string, attempt: number, batches: readonly NewBatch[]): Promise<boolean> {
    const documents = batches.map((batch) => ({
      _id: new Types.ObjectId(),
      jobId,
      attempt,
      state: 'planned' as const,
      tries: 0,
      ...batch,
    }));
    return (await duplicatesOf(this.model.collection.insertMany(documents, { ordered: false }))).size === 0;
  }

  find(jobId: string, attempt: number, batch: number): Promise<TaskBatchDocument | null> {
    return this.model.findOne({ jobId, attempt, batch }).lean<TaskBatchDocument>().exec();
  }

  last(jobId: string, attempt: number): Promise<TaskBatchDocument | null> {
    return this.model.findOne({ jobId, attempt }).sort({ batch: -1 }).lean<TaskBatchDocument>().exec();
  }

  /** Takes a batch that is not done for a run. */
  claim(jobId: string, attempt: number, batch: number, runToken: string): Promise<TaskBatchDocument | null> {
    return this.model
      .findOneAndUpdate(
        { jobId, attempt, batch, state: { $ne: 'done' } },
        { $set: { state: 'running', runToken } },
        { returnDocument: 'after' },
      )
      .lean<TaskBatchDocument>()
      .exec();
  }

  /** Counts a try that failed by the batch's own fault. */
  async countFailure(jobId: string, attempt: number, batch: number, runToken: string): Promise<void> {
    await this.model.updateOne({ jobId, attempt, batch, runToken }, { $inc: { tries: 1 } });
  }

  /** Closes a batch; false when another run has taken it since. */
  async close(jobId: string, attempt: number, batch: number, runToken: string, outcome: BatchOutcome): Promise<boolean> {
    const { matchedCount } = await this.model.updateOne(
      { jobId, attempt, batch, runToken },
      { $set: { state: 'done', outcome }, $unset: { runToken: 1 } },
    );
    return matchedCount === 1;
  }

  /** Items and outcomes of an attempt, added up. */
  async sums(jobId: string, attempt: number): Promise<{ items: number; processed: number; failed: number }> {
    const [sums] = await this.model.aggregate<{ items: number; processed: number; failed: number }>([
      { $match: { jobId, attempt } },
      {
        $group: {
          _id: null,
          items: { $sum: { $size: '$items' } },
          processed: { $sum: '$outcome.processed' },
          failed: { $sum: '$outcome.failed' },
        },
      },
    ]);
    return { items: sums?.items ?? 0, processed: sums?.processed ?? 0, failed: sums?.failed ?? 0 };
  }

  /** The numbers of the batches that are not done and failed fewer than `maxTries` times. */
  async openNumbers(jobId: string, attempt: number, maxTries: number): Promise<number[]> {
    const open = await this.model
      .find({ jobId, attempt, state: { $ne: 'done' }, tries: { $lt: maxTries } }, { batch: 1 })
      .sort({ batch: 1 })
      .lean<TaskBatchDocument[]>();
    return open.map(({ batch }) => batch);
  }

  /** The batches that are not done, one at a time. */
  async *open(jobId: string, attempt: number): AsyncIterable<TaskBatch> {
    let after = -1;
    for (;;) {
      const page = await this.model
        .find({ jobId, attempt, batch: { $gt: after }, state: { $ne: 'done' } })
        .sort({ batch: 1 })
        .limit(PAGE)
        .lean<TaskBatchDocument[]>();
      yield* page.map(({ batch, items }) => ({ batch, items }));
      const last = page.at(-1);
      if (!last) return;
      after = last.batch;
    }
  }

  async any(jobId: string): Promise<boolean> {
    return (await this.model.findOne({ jobId }, { _id: 1 }).lean()) !== null;
  }

  async deleteOf(jobId: string): Promise<void> {
    await this.model.deleteMany({ jobId });
  }

  /**
   * Forgets a person: an id that nobody has takes the place of theirs, so that what is counted stays, and data of their
   * own go.
   */
  async erase(personId: string): Promise<void> {
    const nobody = nobodysId();
    await this.model.collection.updateMany(
      { ids: personId, 'plan.ids': personId },
      { $set: { 'plan.ids.$[id]': nobody } },
      { arrayFilters: [{ id: personId }] },
    );
    await this.model.collection.updateMany(
      { ids: personId },
      { $set: { 'items.$[plain]': nobody, 'items.$[own]': { customerId: nobody, data: {} }, 'ids.$[id]': nobody } },
      { arrayFilters: [{ plain: personId }, { 'own.customerId': personId }, { id: personId }] },
    );
  }
}

const NOBODY = '00000000';

/** Whether an id in a batch stands for somebody who was erased. */
export const isNobody = (id: string): boolean => id.startsWith(NOBODY);
const nobodysId = (): string => NOBODY + randomBytes(8).toString('hex');
