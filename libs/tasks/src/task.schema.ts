import type { TaskName } from '@app/jobs';
import { Schema, type Types } from 'mongoose';
import type { TaskStatus } from './task.js';

/** A task as it is stored. Absent optional fields are absent, never null, so that partial indexes stay small. */
export interface TaskDocument {
  _id: Types.ObjectId;
  jobId: string;
  name: TaskName;
  status: TaskStatus;
  progress: number;
  totalItems?: number;
  processedItems: number;
  failedItems: number;
  parameters: Record<string, unknown>;
  result?: Record<string, unknown>;
  errorMessage?: string;
  attempt: number;
  /** How often it was put on a queue; with the job id it makes the queue's own id. */
  enqueues: number;
  enqueuedAt: Date;
  /** Names the run that owns the record; absent while nobody does. */
  runToken?: string;
  checkpoint?: unknown;
  /** Counters at the start of this attempt. */
  base: { processed: number; failed: number };
  /** Whether all batches of this attempt are stored. */
  planned?: boolean;
  createdBy: string;
  startedAt?: Date;
  completedAt?: Date;
  heartbeatAt?: Date;
  /** Runs that ended without a word since the last progress. */
  deaths: number;
  cancelRequestedAt?: Date;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export const TASK_MODEL = 'Task';

export const taskSchema = new Schema<TaskDocument>(
  {
    jobId: { type: String, required: true },
    name: { type: String, required: true },
    status: { type: String, required: true },
    progress: { type: Number, required: true },
    totalItems: Number,
    processedItems: { type: Number, required: true },
    failedItems: { type: Number, required: true },
    parameters: { type: Schema.Types.Mixed, required: true },
    result: Schema.Types.Mixed,
    errorMessage: String,
    attempt: { type: Number, required: true },
    enqueues: { type: Number, required: true },
    enqueuedAt: { type: Date, required: true },
    runToken: String,
    checkpoint: Schema.Types.Mixed,
    base: { type: new Schema({ processed: Number, failed: Number }, { _id: false }), required: true },
    planned: Boolean,
    createdBy: { type: String, required: true },
    startedAt: Date,
    completedAt: Date,
    heartbeatAt: Date,
    deaths: { type: Number, required: true },
    cancelRequestedAt: Date,
    version: { type: Number, required: true },
  },
  { collection: 'tasks', timestamps: true, versionKey: false, minimize: false },
);
taskSchema.index({ jobId: 1 }, { unique: true });
taskSchema.index({ status: 1, createdAt: 1, _id: 1 });
taskSchema.index({ createdAt: 1, _id: 1 });
taskSchema.index({ name: 1, createdAt: 1, _id: 1 });
taskSchema.index({ createdBy: 1, createdAt: 1, _id: 1 });
taskSchema.index({ heartbeatAt: 1 }, { partialFilterExpression: { status: 'running' } });
