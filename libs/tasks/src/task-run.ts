import type { JsonObject } from '@app/common';
import type { TaskBatchRepository } from './task-batch.repository.js';
import type { FinishContext, RunContext, TaskBatch, TaskContext } from './task-context.js';
import { TaskStoppedError } from './task.errors.js';
import type { TaskRepository } from './task.repository.js';
import type { TaskDocument } from './task.schema.js';
import type { Counters } from './task.js';

const BEAT_MS = 1_000;

/** What a run works with. */
export interface RunStores {
  tasks: TaskRepository;
  batches: TaskBatchRepository;
  now(): Date;
}

/** One run's hold on a task: beats its heart, and stops the run when it is cancelled, overtaken or shut down. */
export class RunHold implements RunContext {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    protected readonly stores: RunStores,
    protected readonly task: TaskDocument,
    /** What the run's writes are held to. */
    readonly token: string,
  ) {}

  get jobId(): string {
    return this.task.jobId;
  }

  get attempt(): number {
    return this.task.attempt;
  }

  get createdBy(): string {
    return this.task.createdBy;
  }

  get totalItems(): number | undefined {
    return this.task.totalItems;
  }

  get requestedAt(): Date {
    return this.task.createdAt;
  }

  get startedAt(): Date {
    return this.task.startedAt ?? this.stores.now();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  throwIfStopped(): void {
    this.signal.throwIfAborted();
  }

  stop(reason: TaskStoppedError['reason']): void {
    this.controller.abort(new TaskStoppedError(reason));
  }

  /** Beats as `owner` until {@link release}. A beat that cannot be written is left out: the next one may be. */
  hold(owner: { runToken: string } | { attempt: number }): void {
    this.timer = setInterval(() => {
      this.stores.tasks.beat(this.jobId, owner, this.stores.now()).then(
        (task) => {
          if (!task) this.stop('ownership-lost');
          else if (task.cancelRequestedAt) this.stop('cancelled');
        },
        () => undefined,
      );
    }, BEAT_MS);
  }

  release(): void {
    clearInterval(this.timer);
  }
}

/** The context of a task's own run: everything it stores is refused once it does not own the task. */
export class TaskRun extends RunHold implements TaskContext, FinishContext {
  readonly cancelled: boolean;
  private stored: unknown;

  constructor(stores: RunStores, task: TaskDocument, token: string) {
    super(stores, task, token);
    this.cancelled = task.cancelRequestedAt !== undefined;
    this.stored = task.checkpoint ?? null;
  }

  get checkpoint(): unknown {
    return this.stored;
  }

  async saveCheckpoint(checkpoint: JsonObject, counters: Counters): Promise<void> {
    if (!(await this.stores.tasks.saveCheckpoint(this.jobId, this.token, checkpoint, this.withTotal(counters), this.stores.now())))
      this.lose();
    this.stored = checkpoint;
  }

  async addBatch(batch: number, items: unknown[], ids: string[]): Promise<void> {
    await this.stores.batches.insert(this.jobId, this.attempt, [{ batch, items, ids }]);
  }

  lastBatch(): Promise<TaskBatch | null> {
    return this.stores.batches.last(this.jobId, this.attempt);
  }

  async planOf<P>(batch: number): Promise<P | null> {
    return ((await this.stores.batches.find(this.jobId, this.attempt, batch))?.plan as P | undefined) ?? null;
  }

  async savePlan<P>(batch: number, plan: P, ids: string[]): Promise<P> {
    const isStored = await this.stores.batches.insert(this.jobId, this.attempt, [{ batch, items: [], ids, plan }]);
    return isStored ? plan : ((await this.planOf<P>(batch)) ?? plan);
  }

  openBatches(): AsyncIterable<TaskBatch> {
    return this.stores.batches.open(this.jobId, this.attempt);
  }

  /** The total that the task was started with counts until a run knows better. */
  private withTotal(counters: Counters): Counters {
    const { totalItems } = this.task;
    return totalItems === undefined ? counters : { total: totalItems, ...counters };
  }

  private lose(): never {
    this.stop('ownership-lost');
    throw new TaskStoppedError('ownership-lost');
  }
}
