import { Schema, type Types } from 'mongoose';

/** A part of a task: what it is about, and once it is done, what came of it. */
export interface TaskBatchDocument {
  _id: Types.ObjectId;
  jobId: string;
  attempt: number;
  batch: number;
  state: 'planned' | 'running' | 'done';
  runToken?: string;
  /** Ids of people this batch is about, for erasing them. */
  ids: string[];
  items: unknown[];
  /** What a run decided before it began to write. */
  plan?: unknown;
  outcome?: { processed: number; failed: number };
  tries: number;
}

export const TASK_BATCH_MODEL = 'TaskBatch';

export const taskBatchSchema = new Schema<TaskBatchDocument>(
  {
    jobId: { type: String, required: true },
    attempt: { type: Number, required: true },
    batch: { type: Number, required: true },
    state: { type: String, required: true },
    runToken: String,
    ids: { type: [String], required: true },
    items: { type: [Schema.Types.Mixed], required: true },
    plan: Schema.Types.Mixed,
    outcome: { type: new Schema({ processed: Number, failed: Number }, { _id: false }) },
    tries: { type: Number, required: true },
  },
  { collection: 'task_batches', versionKey: false, minimize: false },
);
taskBatchSchema.index({ jobId: 1, attempt: 1, batch: 1 }, { unique: true });
taskBatchSchema.index({ ids: 1 });
