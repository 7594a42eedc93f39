import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Clock, raise, type Actor, type JsonObject, type Page, type PageRequest } from '@app/common';
import { isDuplicateOf } from '@app/connections';
import { TASKS, type TaskName, type TaskPayload } from '@app/jobs';
import { TaskBatchRepository } from './task-batch.repository.js';
import { TaskForbiddenError, TaskNotFoundError, TaskStateError } from './task.errors.js';
import { TaskQueue } from './task.queue.js';
import { TaskRepository, type NewTask, type TaskFilter } from './task.repository.js';
import type { TaskDocument } from './task.schema.js';
import type { Task } from './task.js';

export interface StartOptions {
  /** The task's id, where the caller has promised one: a task that has it already is given back as it is. */
  jobId?: string;
  /** Batches that are known already, with the people in them. They are stored before the task. */
  batches?: readonly { items: unknown[]; ids: string[] }[];
  totalItems?: number;
}

/** Starts, shows and stops long pieces of work. The record comes first: once it is written the task runs, whatever Redis does. */
@Injectable()
export class TaskService {
  private readonly logger = new Logger(TaskService.name);

  constructor(
    private readonly tasks: TaskRepository,
    private readonly batches: TaskBatchRepository,
    private readonly queue: TaskQueue,
    private readonly clock: Clock,
  ) {}

  async start<N extends TaskName>(name: N, payload: TaskPayload<N>, actor: Actor, options: StartOptions = {}): Promise<Task> {
    const jobId = options.jobId ?? randomUUID();
    const batches = (options.batches ?? []).map(({ items, ids }, batch) => ({ batch, items, ids }));
    if (batches.length > 0) await this.batches.insert(jobId, 1, batches);
    const task = await this.insertOnce({
      jobId,
      name,
      status: 'pending',
      progress: 0,
      ...(options.totalItems !== undefined && { totalItems: options.totalItems }),
      processedItems: 0,
      failedItems: 0,
      parameters: TASKS[name].payload.parse(payload),
      attempt: 1,
      enqueues: 1,
      enqueuedAt: this.clock.now(),
      base: { processed: 0, failed: 0 },
      createdBy: actor.id,
      deaths: 0,
      version: 1,
    });
    await this.queue.add(name, jobId, task.enqueues);
    return toTask(task);
  }

  async get(jobId: string): Promise<Task> {
    return toTask((await this.tasks.find(jobId)) ?? raise(new TaskNotFoundError()));
  }

  async list(filter: TaskFilter, page: PageRequest): Promise<Page<Task>> {
    const found = await this.tasks.page(filter, page);
    return { ...found, items: found.items.map(toTask) };
  }

  /** Whether a task of this name with this parameter is pending or running. */
  isUnderWay(name: TaskName, parameter: { name: string; value: string }): Promise<boolean> {
    return this.tasks.exists({ name, parameter });
  }

  /** Asks a task to stop; one that nobody has begun stops at once. Asking again changes nothing. */
  async cancel(jobId: string, actor: Actor): Promise<Task> {
    const task = await this.owned(jobId, actor);
    if (task.status === 'cancelled') return toTask(task);
    const ended = (await this.batches.any(jobId)) ? null : await this.tasks.cancelPending(jobId, this.clock.now());
    const asked = ended ?? (await this.tasks.requestCancel(jobId, this.clock.now()));
    if (!asked) throw new TaskStateError('The task has ended already.');
    if (!ended) await this.wakeForCancel(asked);
    return toTask(asked);
  }

  /** Removes the record of a task that has ended. */
  async remove(jobId: string, actor: Actor): Promise<void> {
    await this.owned(jobId, actor);
    if (!(await this.tasks.deleteFinal(jobId))) throw new TaskStateError('The task is still under way: cancel it first.');
    await this.batches.deleteOf(jobId);
  }

  /** Forgets a person in the batches of every task. */
  async erasePerson(personId: string): Promise<void> {
    await this.batches.erase(personId);
  }

  private async insertOnce(task: NewTask): Promise<TaskDocument> {
    try {
      return await this.tasks.insert(task);
    } catch (error) {
      return (isDuplicateOf(error, 'jobId') && (await this.tasks.find(task.jobId))) || raise(error as Error);
    }
  }

  private async owned(jobId: string, actor: Actor): Promise<TaskDocument> {
    const task = (await this.tasks.find(jobId)) ?? raise(new TaskNotFoundError());
    if (!actor.isSuperuser && task.createdBy !== actor.id) throw new TaskForbiddenError();
    return task;
  }

  /** A task that waits for its batches is held by nobody: without the ones not begun it closes as soon as the others stop. */
  private async wakeForCancel(task: TaskDocument): Promise<void> {
    const waking = this.queue.dropWaitingBatches(task.name, task.jobId, task.enqueues);
    await waking.catch((error: unknown) =>
      this.logger.warn({ err: error, jobId: task.jobId }, 'Batches stop one by one: Redis did not answer'),
    );
  }
}

/** The public view of a stored task. */
function toTask(document: TaskDocument): Task {
  return {
    jobId: document.jobId,
    name: document.name,
    status: document.status,
    progress: document.progress,
    totalItems: document.totalItems ?? null,
    processedItems: document.processedItems,
    failedItems: document.failedItems,
    parameters: document.parameters as JsonObject,
    result: (document.result as JsonObject | undefined) ?? null,
    errorMessage: document.errorMessage ?? null,
    attempt: document.attempt,
    createdBy: document.createdBy,
    createdAt: document.createdAt,
    startedAt: document.startedAt ?? null,
    completedAt: document.completedAt ?? null,
    cancelRequestedAt: document.cancelRequestedAt ?? null,
  };
}
