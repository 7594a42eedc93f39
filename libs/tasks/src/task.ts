import type { JsonObject } from '@app/common';
import type { TaskName } from '@app/jobs';

export const TASK_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** States that a task leaves only by a retry. */
export const FINAL_STATUSES: readonly TaskStatus[] = ['completed', 'failed', 'cancelled'];

/** The durable record of a long piece of work, as everybody but the runner sees it. */
export interface Task {
  jobId: string;
  name: TaskName;
  status: TaskStatus;
  /** 0 to 1; never goes back within an attempt. */
  progress: number;
  /** Null until it is known. */
  totalItems: number | null;
  /** Outcomes written, the failed ones among them. */
  processedItems: number;
  failedItems: number;
  parameters: JsonObject;
  /** Counts only; null until the task is final. */
  result: JsonObject | null;
  errorMessage: string | null;
  attempt: number;
  createdBy: string;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  cancelRequestedAt: Date | null;
}

/** How far a piece of work has come. */
export interface Counters {
  total?: number;
  processed: number;
  failed: number;
}
