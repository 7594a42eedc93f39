import { ApiProperty } from '@nestjs/swagger';
import type { JsonObject } from '@app/common';
import { TASK_NAMES, TASKS, type TaskName, type TaskPayload } from '@app/jobs';
import {
  TASK_STATUSES,
  type Task,
  type TaskDay,
  type TaskFilter,
  type TaskNameStats,
  type TaskOverview,
  type TaskStatus,
} from '@app/tasks';
import { QueryInstant, QueryInt, Satisfies } from '../http/dto.decorators.js';
import { objectIdRule, oneOf } from '../http/dto.rules.js';
import { PageQueryDto } from '../http/page.dto.js';

const freeObject = { type: 'object', additionalProperties: true } as const;

export class ListTasksQueryDto extends PageQueryDto {
  @Satisfies(oneOf(TASK_STATUSES), { optional: true, api: { enumName: 'TaskStatus' } })
  status?: TaskStatus;

  @Satisfies(oneOf(TASK_NAMES), { optional: true, api: { enumName: 'TaskName' } })
  task_name?: TaskName;

  @Satisfies(objectIdRule, { optional: true })
  created_by?: string;

  @QueryInstant()
  from?: Date;

  @QueryInstant()
  to?: Date;
}

export function toTaskFilter({ status, task_name: name, created_by: createdBy, from, to }: ListTasksQueryDto): TaskFilter {
  return { ...(status && { status }), ...(name && { name }), ...(createdBy && { createdBy }), ...(from && { from }), ...(to && { to }) };
}

export class RecentTasksQueryDto {
  @QueryInt({ min: 1, max: 90, api: { default: 7 } })
  days?: number;
}

/** A long piece of work and how far it has come. */
export class TaskResponse {
  id: string;
  /** The same as `id`. */
  job_id: string;
  @ApiProperty({ enum: TASK_NAMES, enumName: 'TaskName' })
  task_name: TaskName;
  @ApiProperty({ enum: TASK_STATUSES, enumName: 'TaskStatus' })
  status: TaskStatus;
  /** 0 to 1; never goes back within an attempt. */
  progress: number;
  @ApiProperty({ type: 'integer', nullable: true })
  total_items: number | null;
  @ApiProperty({ type: 'integer' })
  processed_items: number;
  @ApiProperty({ type: 'integer' })
  failed_items: number;
  created_by: string;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  @ApiProperty({ type: 'integer', nullable: true })
  duration_ms: number | null;
  cancel_requested_at: Date | null;
  @ApiProperty({ type: 'integer' })
  attempts: number;
  error_message: string | null;
  /** Counts, and when one task is asked for, its first errors. */
  @ApiProperty({ ...freeObject, nullable: true })
  result: JsonObject | null;
  /** What the task was started with. */
  @ApiProperty(freeObject)
  parameters: JsonObject;
}

export class TaskPage {
  items: TaskResponse[];
  next_cursor: string | null;
  @ApiProperty({ type: 'integer', required: false })
  total?: number;
}

export class TaskNameStatsResponse {
  @ApiProperty({ type: 'integer' })
  total: number;
  @ApiProperty({ type: 'integer' })
  completed: number;
  @ApiProperty({ type: 'integer' })
  failed: number;
  @ApiProperty({ type: 'integer' })
  cancelled: number;
  @ApiProperty({ type: 'integer', nullable: true })
  average_duration_ms: number | null;
}

export class TaskOverviewResponse extends TaskNameStatsResponse {
  @ApiProperty({ type: 'integer' })
  pending: number;
  @ApiProperty({ type: 'integer' })
  running: number;
  /** Completed tasks over ended ones, 0 to 1. */
  success_rate: number | null;
  /** Over the newest thousand completed tasks. */
  @ApiProperty({ type: 'integer', nullable: true })
  p95_duration_ms: number | null;
  @ApiProperty({ type: 'integer' })
  items_processed: number;
  @ApiProperty({ type: 'object', additionalProperties: { $ref: '#/components/schemas/TaskNameStatsResponse' } })
  by_task_name: Record<string, TaskNameStatsResponse>;
}

export class TaskDayResponse extends TaskNameStatsResponse {
  /** YYYY-MM-DD in the configured time zone. */
  date: string;
}

export class RecentTasksResponse {
  @ApiProperty({ type: 'integer' })
  days: number;
  items: TaskDayResponse[];
}

const PARAMETERS: { [N in TaskName]: (payload: TaskPayload<N>) => JsonObject } = {
  import_customers: ({ fileName, onDuplicate, dryRun }) => ({ file_name: fileName, on_duplicate: onDuplicate, dry_run: dryRun }),
  send_notification: ({ configId, configVersion, audience, data, notificationType, strict, perSecond }) => ({
    notification_config_id: configId,
    notification_config_version: configVersion,
    customer_ids: audience.kind === 'all' ? 'all' : 'listed',
    filter: audience.kind === 'all' ? { ...audience.filter } : {},
    data,
    notification_type: notificationType,
    strict,
    per_second: perSecond,
  }),
};

function toParameters<N extends TaskName>(name: N, parameters: JsonObject): JsonObject {
  return PARAMETERS[name](TASKS[name].payload.parse(parameters) as TaskPayload<N>);
}

export function toTaskResponse(task: Task, errors?: JsonObject[]): TaskResponse {
  return {
    id: task.jobId,
    job_id: task.jobId,
    task_name: task.name,
    status: task.status,
    progress: task.progress,
    total_items: task.totalItems,
    processed_items: task.processedItems,
    failed_items: task.failedItems,
    created_by: task.createdBy,
    created_at: task.createdAt,
    started_at: task.startedAt,
    completed_at: task.completedAt,
    duration_ms: task.startedAt && task.completedAt ? task.completedAt.getTime() - task.startedAt.getTime() : null,
    cancel_requested_at: task.cancelRequestedAt,
    attempts: task.attempt,
    error_message: task.errorMessage,
    result: task.result && { ...task.result, ...(errors && { errors }) },
    parameters: toParameters(task.name, task.parameters),
  };
}

const toNameStats = (stats: TaskNameStats): TaskNameStatsResponse => ({
  total: stats.total,
  completed: stats.completed,
  failed: stats.failed,
  cancelled: stats.cancelled,
  average_duration_ms: stats.averageDurationMs,
});

export function toOverviewResponse(overview: TaskOverview): TaskOverviewResponse {
  return {
    ...toNameStats(overview),
    pending: overview.pending,
    running: overview.running,
    success_rate: overview.successRate,
    p95_duration_ms: overview.p95DurationMs,
    items_processed: overview.itemsProcessed,
    by_task_name: Object.fromEntries(Object.entries(overview.byTaskName).map(([name, stats]) => [name, toNameStats(stats)])),
  };
}

export function toRecentResponse(days: TaskDay[]): RecentTasksResponse {
  return { days: days.length, items: days.map((day) => ({ date: day.date, ...toNameStats(day) })) };
}
