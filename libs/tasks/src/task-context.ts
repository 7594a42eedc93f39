import type { JsonObject } from '@app/common';
import type { TaskName, TaskPayload } from '@app/jobs';
import type { Counters } from './task.js';

/** A part of a task: its number, counted from 0, and what it is about. */
export interface TaskBatch {
  batch: number;
  items: unknown[];
}

/** What a run may ask of the runner. Every write is refused once another run owns the task. */
export interface RunContext {
  readonly jobId: string;
  readonly attempt: number;
  readonly createdBy: string;
  /** How much there is to do, where it was known when the task was asked for. */
  readonly totalItems: number | undefined;
  /** When the task was asked for. */
  readonly requestedAt: Date;
  /** When the task was first started. */
  readonly startedAt: Date;
  /** Aborted by a cancel, a shutdown or the loss of ownership; look at it between steps of at most a second. */
  readonly signal: AbortSignal;
  /** Throws the signal's reason once it is aborted. */
  throwIfStopped(): void;
}

/** The context of a task's own run. */
export interface TaskContext extends RunContext {
  /** What {@link saveCheckpoint} stored last, null at first; it outlives the attempt. */
  readonly checkpoint: unknown;
  saveCheckpoint(checkpoint: JsonObject, counters: Counters): Promise<void>;
  /** Stores a batch for {@link BatchedHandler.runBatch} once; `ids` names the people in it, for erasing them. */
  addBatch(batch: number, items: unknown[], ids: string[]): Promise<void>;
  /** The batch with the highest number of this attempt. */
  lastBatch(): Promise<TaskBatch | null>;
  /** What an earlier run decided about a batch before it began to write. */
  planOf<P>(batch: number): Promise<P | null>;
  /** Stores the decision once; gives back the stored one. */
  savePlan<P>(batch: number, plan: P, ids: string[]): Promise<P>;
}

/** The context of the run that closes a task in batches. */
export interface FinishContext extends TaskContext {
  readonly cancelled: boolean;
  /** The batches of this attempt that were not done. */
  openBatches(): AsyncIterable<TaskBatch>;
}

/** Outcomes written by a batch, the failed ones among them. */
export interface BatchOutcome {
  processed: number;
  failed: number;
}

/** The end of a task: its result, counts without lists of people, and its final counters. */
export interface TaskOutcome {
  result: JsonObject;
  counters?: Counters;
}

/** Work that one run does from its checkpoint on. Safe to run twice. */
export interface RunHandler<N extends TaskName> {
  /** Returns the task's result: counts, no lists of people. */
  run(payload: TaskPayload<N>, context: TaskContext): Promise<JsonObject>;
}

/** Work that is planned in batches, which several workers share. Every step is safe to run twice. */
export interface BatchedHandler<N extends TaskName> {
  plan(payload: TaskPayload<N>, context: TaskContext): Promise<void>;
  runBatch(payload: TaskPayload<N>, batch: TaskBatch, context: RunContext): Promise<BatchOutcome>;
  /** Called once no batch is under way, also after a cancel. Says what became of the whole. */
  finish(payload: TaskPayload<N>, context: FinishContext): Promise<TaskOutcome>;
}

/** A handler for every task there is. */
export type TaskHandlers = { [N in TaskName]: RunHandler<N> | BatchedHandler<N> };

export const TASK_HANDLERS = Symbol('TASK_HANDLERS');
