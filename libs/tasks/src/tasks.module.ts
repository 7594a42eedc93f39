import { BullModule } from '@nestjs/bullmq';
import { Global, Module, type DynamicModule, type ModuleMetadata, type Provider } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { Config } from '@app/config';
import { QUEUE_REDIS } from '@app/connections';
import { QUEUE_NAMES } from '@app/jobs';
import type { Redis } from 'ioredis';
import { TaskBatchRepository } from './task-batch.repository.js';
import { TASK_BATCH_MODEL, taskBatchSchema } from './task-batch.schema.js';
import { TASK_HANDLERS, type TaskHandlers } from './task-context.js';
import { TaskQueue } from './task.queue.js';
import { TaskRepository } from './task.repository.js';
import { TaskRunner } from './task.runner.js';
import { TASK_MODEL, taskSchema } from './task.schema.js';
import { TaskService } from './task.service.js';
import { TaskStatsService } from './task-stats.service.js';
import { TaskSweeper } from './task.sweeper.js';

/** Task records and the queues they go through, for every module of the process. */
@Global()
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: TASK_MODEL, schema: taskSchema },
      { name: TASK_BATCH_MODEL, schema: taskBatchSchema },
    ]),
    BullModule.forRootAsync({
      inject: [Config, QUEUE_REDIS],
      useFactory: (config: Config, connection: Redis) => ({ connection, prefix: `${config.redis.prefix}-q` }),
    }),
    BullModule.registerQueue(...QUEUE_NAMES.map((name) => ({ name }))),
  ],
  providers: [TaskRepository, TaskBatchRepository, TaskQueue, TaskService, TaskStatsService],
  exports: [TaskRepository, TaskBatchRepository, TaskQueue, TaskService, TaskStatsService, BullModule],
})
export class TasksModule {}

/** How the handlers are put together from what `imports` provide. */
export interface RunnerOptions {
  imports: NonNullable<ModuleMetadata['imports']>;
  inject: NonNullable<Extract<Provider, { inject?: unknown }>['inject']>;
  useFactory: (...services: never[]) => TaskHandlers;
}

/** Adds to {@link TasksModule} what a worker needs: the runner around the handlers, and the sweep. */
@Module({})
export class TaskRunnerModule {
  static forRoot({ imports, inject, useFactory }: RunnerOptions): DynamicModule {
    return {
      module: TaskRunnerModule,
      imports: [TasksModule, ...imports],
      providers: [
        { provide: TASK_HANDLERS, inject, useFactory: useFactory as (...services: unknown[]) => TaskHandlers },
        TaskRunner,
        TaskSweeper,
      ],
      exports: [TaskRunner, TaskSweeper],
    };
  }
}
