import { Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiTags } from '@nestjs/swagger';
import type { Actor } from '@app/common';
import { FINAL_STATUSES, TaskService, TaskStatsService } from '@app/tasks';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../http/actor.decorator.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { UuidPipe } from '../http/id.pipes.js';
import { toPageRequest, toPageResponse } from '../http/page.dto.js';
import { TaskErrors } from './task-errors.js';
import {
  ListTasksQueryDto,
  RecentTasksQueryDto,
  RecentTasksResponse,
  TaskNameStatsResponse,
  TaskOverviewResponse,
  TaskPage,
  TaskResponse,
  toOverviewResponse,
  toRecentResponse,
  toTaskFilter,
  toTaskResponse,
} from './tasks.dto.js';

/** When to ask again for a task that has not ended. */
const RETRY_AFTER_SECONDS = '1';
const DEFAULT_DAYS = 7;

@ApiTags('tasks')
@ApiExtraModels(TaskNameStatsResponse)
@Controller('tasks')
export class TasksController {
  constructor(
    private readonly tasks: TaskService,
    private readonly stats: TaskStatsService,
    private readonly errors: TaskErrors,
  ) {}

  @Endpoint({ operationId: 'listTasks', summary: 'Tasks, newest first', returns: TaskPage })
  @Get()
  async list(@Query() query: ListTasksQueryDto): Promise<TaskPage> {
    return toPageResponse(await this.tasks.list(toTaskFilter(query), toPageRequest(query)), (task) => toTaskResponse(task));
  }

  @Endpoint({ operationId: 'getTaskOverview', summary: 'How all tasks ended', returns: TaskOverviewResponse })
  @Get('stats/overview')
  async overview(): Promise<TaskOverviewResponse> {
    return toOverviewResponse(await this.stats.overview());
  }

  @Endpoint({ operationId: 'getRecentTaskStats', summary: 'How tasks ended, day by day', returns: RecentTasksResponse })
  @Get('stats/recent')
  async recent(@Query() { days = DEFAULT_DAYS }: RecentTasksQueryDto): Promise<RecentTasksResponse> {
    return toRecentResponse(await this.stats.recent(days));
  }

  @Endpoint({ operationId: 'getTask', summary: 'One task with its first errors', returns: TaskResponse, problems: [404] })
  @Get(':job_id')
  async get(@Param('job_id', UuidPipe) jobId: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<TaskResponse> {
    const task = await this.tasks.get(jobId);
    void reply.headers(FINAL_STATUSES.includes(task.status) ? {} : { 'retry-after': RETRY_AFTER_SECONDS });
    return toTaskResponse(task, await this.errors.of(task));
  }

  @Endpoint({ operationId: 'cancelTask', summary: 'Stop a task', returns: TaskResponse, problems: [404, 409] })
  @Post(':job_id/cancel')
  async cancel(@Param('job_id', UuidPipe) jobId: string, @CurrentActor() actor: Actor): Promise<TaskResponse> {
    return toTaskResponse(await this.tasks.cancel(jobId, actor));
  }

  @Endpoint({ operationId: 'deleteTask', summary: 'Remove the record of a task that has ended', status: 204, problems: [404, 409] })
  @Delete(':job_id')
  async remove(@Param('job_id', UuidPipe) jobId: string, @CurrentActor() actor: Actor): Promise<void> {
    await this.tasks.remove(jobId, actor);
  }
}
