export {
  type BatchedHandler,
  type BatchOutcome,
  type FinishContext,
  type RunContext,
  type RunHandler,
  type TaskBatch,
  type TaskContext,
  type TaskHandlers,
  type TaskOutcome,
} from './task-context.js';
export { isNobody } from './task-batch.repository.js';
export { TaskForbiddenError, TaskNotFoundError, TaskStateError, TaskStoppedError } from './task.errors.js';
export type { TaskFilter } from './task.repository.js';
export { TaskRunner } from './task.runner.js';
export { TaskService, type StartOptions } from './task.service.js';
export { TaskStatsService, type TaskDay, type TaskNameStats, type TaskOverview } from './task-stats.service.js';
export { TaskSweeper } from './task.sweeper.js';
export { FINAL_STATUSES, TASK_STATUSES, type Counters, type Task, type TaskStatus } from './task.js';
export { TaskRunnerModule, TasksModule, type RunnerOptions } from './tasks.module.js';
