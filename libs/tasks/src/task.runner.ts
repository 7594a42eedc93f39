import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock, DomainError } from '@app/common';
import { isMongoUnavailable } from '@app/connections';
import { QUEUES, queueMessage, TASKS, type QueueMessage, type TaskName } from '@app/jobs';
import { DelayedError, UnrecoverableError, WaitingChildrenError, type Job } from 'bullmq';
import { TaskBatchRepository } from './task-batch.repository.js';
import { TASK_HANDLERS, type BatchedHandler, type RunHandler, type TaskHandlers, type TaskOutcome } from './task-context.js';
import { TaskStoppedError } from './task.errors.js';
import { queueIdOf, TaskQueue } from './task.queue.js';
import { TaskRepository } from './task.repository.js';
import { RunHold, TaskRun, type RunStores } from './task-run.js';
import type { TaskDocument } from './task.schema.js';

/** Runs that may end without a word and without progress before the task is given up. */
const MAX_DEATHS = 3;
const HAND_BACK_DELAY_MS = 1_000;

type AnyHandler = RunHandler<TaskName> | BatchedHandler<TaskName>;
type Payload = (typeof TASKS)[TaskName]['payload']['_output'];

const isBatched = (handler: AnyHandler): handler is BatchedHandler<TaskName> => 'runBatch' in handler;

/** Whether the fault lies with a server that is away: it uses up none of a job's tries. */
const isOutage = (error: unknown): boolean => isMongoUnavailable(error) || (error instanceof DomainError && error.kind === 'unavailable');

/** Whether trying again cannot help. */
const isPermanent = (error: unknown): boolean => (error instanceof DomainError && !isOutage(error)) || error instanceof UnrecoverableError;

/** What the owner of a task is told about its failure. */
const explain = (error: unknown): string =>
  error instanceof DomainError ? `${error.code}: ${error.message}` : 'INTERNAL_ERROR: The task failed for a reason on our side.';

/**
 * Around every handler, and the only code that knows the queue: owns the record while it runs, parses the payload, moves
 * the status, counts, watches for a cancel, and decides whether a failure is tried again.
 */
@Injectable()
export class TaskRunner {
  private readonly logger = new Logger(TaskRunner.name);
  private readonly holds = new Set<RunHold>();
  private readonly stores: RunStores;
  private stopping = false;

  constructor(
    private readonly tasks: TaskRepository,
    private readonly batches: TaskBatchRepository,
    private readonly queue: TaskQueue,
    private readonly clock: Clock,
    @Inject(TASK_HANDLERS) private readonly handlers: TaskHandlers,
  ) {
    this.stores = { tasks, batches, now: () => clock.now() };
  }

  /** Stops every run at its next step and hands its work back. Nothing is begun from now on. */
  stop(): void {
    this.stopping = true;
    for (const hold of this.holds) hold.stop('shutdown');
  }

  /** Does what a queue entry stands for. Entries that are out of date end without effect. */
  async process(job: Job<QueueMessage>, token: string): Promise<void> {
    try {
      await this.take(job, token);
    } catch (error) {
      if (!isOutage(error)) throw error;
      this.logger.warn({ err: error, queueId: job.id }, 'A server is away: the work waits');
      await this.delay(job, token);
    }
  }

  private async take(job: Job<QueueMessage>, token: string): Promise<void> {
    const { jobId, part } = queueMessage.parse(job.data);
    const task = await this.tasks.find(jobId);
    if (!task || (task.status !== 'pending' && task.status !== 'running')) return;
    if (this.stopping) await this.delay(job, token);
    if (part) await this.runPart(job, token, task, part);
    else if (job.id === queueIdOf(jobId, task.enqueues)) await this.runTask(job, token, task);
  }

  private async runTask(job: Job<QueueMessage>, token: string, seen: TaskDocument): Promise<void> {
    const runToken = randomUUID();
    const task = await this.tasks.claim(seen, runToken, this.clock.now());
    if (!task) throw new Error('The task changed hands while it was taken: trying again');
    const run = new TaskRun(this.stores, task, runToken);
    if (task.deaths >= MAX_DEATHS) {
      await this.tasks.finish(
        task.jobId,
        run.token,
        'failed',
        { errorMessage: 'STALLED: The work died several times without progress.' },
        this.clock.now(),
      );
      return;
    }
    await this.holding(run, { runToken }, () => this.execute(job, token, task, run));
  }

  private async execute(job: Job<QueueMessage>, token: string, task: TaskDocument, run: TaskRun): Promise<void> {
    try {
      const handler = this.handlerOf(task);
      const payload = TASKS[task.name].payload.parse(task.parameters);
      const outcome = isBatched(handler)
        ? await this.executeBatched(handler, payload, job, token, task, run)
        : await this.executeRun(handler, payload, run);
      await this.complete(task, run, outcome);
    } catch (error) {
      await this.settle(error, job, token, task, run);
    }
  }

  private async executeRun(handler: RunHandler<TaskName>, payload: Payload, run: TaskRun): Promise<TaskOutcome> {
    if (run.cancelled) throw new TaskStoppedError('cancelled');
    return { result: await handler.run(payload, run) };
  }

  private async executeBatched(
    handler: BatchedHandler<TaskName>,
    payload: Payload,
    job: Job<QueueMessage>,
    token: string,
    task: TaskDocument,
    run: TaskRun,
  ): Promise<TaskOutcome> {
    if (!run.cancelled && !task.planned) {
      await handler.plan(payload, run);
      const { items } = await this.batches.sums(task.jobId, task.attempt);
      if (!(await this.tasks.markPlanned(task.jobId, run.token, items))) throw new TaskStoppedError('ownership-lost');
    }
    if (!run.cancelled && !job.data.dispatched) {
      const open = await this.batches.openNumbers(task.jobId, task.attempt, QUEUES[TASKS[task.name].queue].attempts);
      await this.queue.addBatches(task.name, job, task.attempt, open);
      await job.updateData({ ...job.data, dispatched: true });
    }
    if (await job.moveToWaitingChildren(token)) {
      await this.tasks.handBack(task.jobId, run.token);
      throw new WaitingChildrenError();
    }
    return handler.finish(payload, run);
  }

  private async runPart(
    job: Job<QueueMessage>,
    token: string,
    task: TaskDocument,
    part: { attempt: number; batch: number },
  ): Promise<void> {
    if (part.attempt !== task.attempt) return;
    if (task.cancelRequestedAt) throw new UnrecoverableError('cancelled');
    const handler = this.handlerOf(task);
    if (!isBatched(handler)) throw new UnrecoverableError(`${task.name} does not work in batches`);
    const hold = new RunHold(this.stores, task, randomUUID());
    const batch = await this.batches.claim(task.jobId, part.attempt, part.batch, hold.token);
    if (!batch) return;
    await this.holding(hold, { attempt: part.attempt }, async () => {
      try {
        const payload = TASKS[task.name].payload.parse(task.parameters);
        const outcome = await handler.runBatch(payload, { batch: batch.batch, items: batch.items }, hold);
        if (await this.batches.close(task.jobId, part.attempt, part.batch, hold.token, outcome)) await this.addUp(task);
      } catch (error) {
        await this.settlePart(error, job, token, () => this.batches.countFailure(task.jobId, part.attempt, part.batch, hold.token));
      }
    });
  }

  private async addUp(task: TaskDocument): Promise<void> {
    const { items, processed, failed } = await this.batches.sums(task.jobId, task.attempt);
    await this.tasks.raiseCounters(task.jobId, task.attempt, {
      total: items + task.base.processed,
      processed: task.base.processed + processed,
      failed: task.base.failed + failed,
    });
  }

  private async complete(task: TaskDocument, run: TaskRun, outcome: TaskOutcome): Promise<void> {
    const now = this.clock.now();
    const ended =
      (await this.tasks.finish(task.jobId, run.token, run.cancelled ? 'cancelled' : 'completed', outcome, now)) ??
      (await this.tasks.finish(task.jobId, run.token, 'cancelled', outcome, now));
    if (ended) this.logger.log({ jobId: task.jobId, task: task.name, status: ended.status }, 'Task ended');
  }

  private async settle(error: unknown, job: Job<QueueMessage>, token: string, task: TaskDocument, run: TaskRun): Promise<void> {
    if (error instanceof WaitingChildrenError) throw error;
    const stopped = run.signal.aborted ? (run.signal.reason as TaskStoppedError) : error instanceof TaskStoppedError ? error : undefined;
    switch (stopped?.reason) {
      case 'ownership-lost':
        return;
      case 'cancelled':
        return this.closeCancelled(job, token, task, run);
      case 'shutdown':
        await this.tasks.handBack(task.jobId, run.token);
        return this.delay(job, token);
      case undefined:
        return this.fail(error, job, task, run);
    }
  }

  /** A batched task still has to say what became of everybody; another has nothing left to do. */
  private async closeCancelled(job: Job<QueueMessage>, token: string, task: TaskDocument, run: TaskRun): Promise<void> {
    if (isBatched(this.handlerOf(task))) {
      await this.tasks.handBack(task.jobId, run.token);
      return this.delay(job, token);
    }
    await this.tasks.finish(task.jobId, run.token, 'cancelled', {}, this.clock.now());
  }

  private async fail(error: unknown, job: Job<QueueMessage>, task: TaskDocument, run: TaskRun): Promise<void> {
    if (isOutage(error)) {
      await this.tasks.handBack(task.jobId, run.token).catch(() => undefined);
      throw error;
    }
    const isLast = isPermanent(error) || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    this.logger.error({ err: error, jobId: task.jobId, task: task.name, final: isLast }, 'Task run failed');
    if (!isLast) {
      await this.tasks.handBack(task.jobId, run.token);
      throw error;
    }
    await this.tasks.finish(task.jobId, run.token, 'failed', { errorMessage: explain(error) }, this.clock.now());
    throw new UnrecoverableError(explain(error));
  }

  private async settlePart(error: unknown, job: Job<QueueMessage>, token: string, countFailure: () => Promise<void>): Promise<void> {
    const stopped = error instanceof TaskStoppedError ? error.reason : undefined;
    if (stopped === 'ownership-lost') return;
    if (stopped === 'cancelled') throw new UnrecoverableError('cancelled');
    if (stopped === 'shutdown') return this.delay(job, token);
    if (isOutage(error)) throw error;
    this.logger.error({ err: error, queueId: job.id }, 'Batch failed');
    await countFailure();
    throw isPermanent(error) ? new UnrecoverableError(explain(error)) : error;
  }

  private async delay(job: Job<QueueMessage>, token: string): Promise<never> {
    await job.moveToDelayed(Date.now() + HAND_BACK_DELAY_MS, token);
    throw new DelayedError();
  }

  private handlerOf(task: TaskDocument): AnyHandler {
    return this.handlers[task.name];
  }

  private async holding(hold: RunHold, owner: { runToken: string } | { attempt: number }, work: () => Promise<void>): Promise<void> {
    this.holds.add(hold);
    if (this.stopping) hold.stop('shutdown');
    hold.hold(owner);
    try {
      await work();
    } finally {
      hold.release();
      this.holds.delete(hold);
    }
  }
}
