import { setTimeout as sleep } from 'node:timers/promises';
import { getConnectionToken } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import { DomainError, type Actor } from '@app/common';
import { ConfigModule, parseConfig } from '@app/config';
import { ConnectionsModule, MongoConnector } from '@app/connections';
import { QUEUE_NAMES, QUEUES, type QueueMessage, type TaskPayload } from '@app/jobs';
import { mongoUrl, startRedis, stopMongo, type TestRedis } from '@app/testing';
import { Worker } from 'bullmq';
import type { Connection } from 'mongoose';
import type { BatchedHandler, RunHandler, TaskContext } from './task-context.js';
import { TaskRunner } from './task.runner.js';
import { TaskService } from './task.service.js';
import { TaskStatsService } from './task-stats.service.js';
import { TaskSweeper } from './task.sweeper.js';
import type { Task, TaskStatus } from './task.js';
import { TaskRunnerModule } from './tasks.module.js';

const actor: Actor = { id: '6560c0ffee6560c0ffee6560', isSuperuser: false };
const importPayload: TaskPayload<'import_customers'> = { fileId: 'a'.repeat(24), fileName: 'x.csv', onDuplicate: 'update', dryRun: false };
const sendPayload: TaskPayload<'send_notification'> = {
  configId: 'b'.repeat(24),
  configVersion: 1,
  audience: { kind: 'explicit' },
  data: {},
  notificationType: null,
  strict: false,
  perSecond: null,
};

/** What the handlers of this file do; each test sets it. */
let onRun: (context: TaskContext) => Promise<Record<string, number>>;
let onBatch: (items: unknown[], signal: AbortSignal) => Promise<void>;
const finished: { cancelled: boolean; open: number[] }[] = [];

const imports: RunHandler<'import_customers'> = { run: (_, context) => onRun(context) };
const deliveries: BatchedHandler<'send_notification'> = {
  plan: async () => undefined,
  runBatch: async (_, { items }, { signal }) => {
    await onBatch(items, signal);
    return { processed: items.length, failed: 0 };
  },
  finish: async (_, context) => {
    const open: number[] = [];
    for await (const { batch } of context.openBatches()) open.push(batch);
    finished.push({ cancelled: context.cancelled, open });
    return { result: { total: 1 } };
  },
};

describe('tasks', () => {
  let redis: TestRedis;
  let module: TestingModule;
  let sut: TaskService;
  let workers: Worker<QueueMessage>[] = [];

  const startWorkers = async (): Promise<void> => {
    const runner = module.get(TaskRunner);
    workers = QUEUE_NAMES.map(
      (name) =>
        new Worker<QueueMessage>(name, (job, token) => runner.process(job, token ?? ''), {
          connection: { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null },
          prefix: 'test-q',
          concurrency: QUEUES[name].concurrency,
        }),
    );
    for (const worker of workers) worker.on('error', () => undefined);
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  };
  const stopWorkers = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close(true)));
    workers = [];
  };
  const until = async (jobId: string, ...statuses: TaskStatus[]): Promise<Task> => {
    for (;;) {
      const task = await sut.get(jobId);
      if (statuses.includes(task.status)) return task;
      await sleep(25);
    }
  };

  const sweepUntilTaken = async (jobId: string): Promise<void> => {
    while ((await sut.get(jobId)).status === 'pending') {
      await module.get(TaskSweeper).sweep();
      await sleep(50);
    }
  };

  beforeAll(async () => {
    redis = await startRedis();
    const config = parseConfig({
      MONGODB_URL: await mongoUrl(),
      MONGODB_DATABASE: `test_tasks_${process.pid}`,
      REDIS_URL: redis.url,
      REDIS_PREFIX: 'test',
      TASK_SWEEP_MS: '3600000',
      TASK_PENDING_AGE_MS: '1',
      TASK_HEARTBEAT_AGE_MS: '1',
    });
    module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(config),
        ConnectionsModule.forRoot('work'),
        TaskRunnerModule.forRoot({
          imports: [],
          inject: [],
          useFactory: () => ({ import_customers: imports, send_notification: deliveries }),
        }),
      ],
    }).compile();
    module.useLogger(false);
    await module.init();
    await module.get(MongoConnector).whenReady();
    sut = module.get(TaskService);
    await startWorkers();
  });

  afterAll(async () => {
    await stopWorkers();
    await module.get<Connection>(getConnectionToken()).dropDatabase();
    await module.close();
    await redis.close();
    await stopMongo();
  });

  beforeEach(() => {
    finished.length = 0;
    onBatch = async () => undefined;
    onRun = async () => ({});
  });

  it('should run a task and keep its counters and result', async () => {
    let startedAt: Date | undefined;
    onRun = async (context) => {
      ({ startedAt } = context);
      await context.saveCheckpoint({ row: 5 }, { total: 10, processed: 5, failed: 1 });
      return { total_rows: 10 };
    };
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    expect(await until(jobId, 'completed')).toMatchObject({
      status: 'completed',
      startedAt,
      progress: 1,
      totalItems: 10,
      processedItems: 5,
      failedItems: 1,
      result: { total_rows: 10 },
      createdBy: actor.id,
    });
  });

  it('should try again from the checkpoint when a run fails for a passing reason', async () => {
    const seen: unknown[] = [];
    onRun = async (context) => {
      seen.push(context.checkpoint);
      await context.saveCheckpoint({ row: 1 }, { processed: 1, failed: 0 });
      if (seen.length === 1) throw new Error('connection lost');
      return {};
    };
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    await until(jobId, 'completed');
    expect(seen).toEqual([null, { row: 1 }]);
  });

  it('should fail at once with the reason when trying again cannot help', async () => {
    let runs = 0;
    onRun = async () => {
      runs += 1;
      throw new DomainError('FILE_GONE', 'not-found', 'The file is gone.');
    };
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    expect(await until(jobId, 'failed')).toMatchObject({ errorMessage: 'FILE_GONE: The file is gone.' });
    expect(runs).toBe(1);
  });

  it('should stop a running task within two seconds when it is cancelled, and refuse to cancel an ended one', async () => {
    onRun = async (context) => {
      for (;;) {
        context.throwIfStopped();
        await sleep(20);
      }
    };
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    await until(jobId, 'running');
    const asked = Date.now();
    await sut.cancel(jobId, actor);
    const ended = await until(jobId, 'cancelled');
    expect((ended.completedAt?.getTime() ?? 0) - asked).toBeLessThan(2_000);
    expect(await sut.cancel(jobId, actor)).toMatchObject({ status: 'cancelled' });

    onRun = async () => ({});
    const other = await sut.start('import_customers', importPayload, actor);
    await until(other.jobId, 'completed');
    await expect(sut.cancel(other.jobId, actor)).rejects.toMatchObject({ code: 'TASK_STATE_CONFLICT' });
  });

  it('should share batches, add their outcomes up and finish once', async () => {
    const done: unknown[] = [];
    onBatch = async (items) => {
      done.push(...items);
    };
    const batches = [1, 2, 3].map((n) => ({ items: [`${n}a`, `${n}b`], ids: [`${n}a`, `${n}b`] }));
    const { jobId } = await sut.start('send_notification', sendPayload, actor, { batches, totalItems: 6 });
    expect(await until(jobId, 'completed')).toMatchObject({ processedItems: 6, totalItems: 6, progress: 1, result: { total: 1 } });
    expect(done.sort()).toEqual(['1a', '1b', '2a', '2b', '3a', '3b']);
    expect(finished).toEqual([{ cancelled: false, open: [] }]);
  });

  it('should finish with the batches that could not be done when one is refused for good', async () => {
    onBatch = async (items) => {
      if (items[0] === 'bad') throw new DomainError('POISON', 'invalid', 'This cannot be done.');
    };
    const { jobId } = await sut.start('send_notification', sendPayload, actor, {
      batches: [
        { items: ['good'], ids: [] },
        { items: ['bad'], ids: [] },
      ],
    });
    expect(await until(jobId, 'completed')).toMatchObject({ processedItems: 1 });
    expect(finished).toEqual([{ cancelled: false, open: [1] }]);
  });

  it('should let a cancelled task in batches say what became of the rest', async () => {
    onBatch = async (_, signal) => {
      while (!signal.aborted) await sleep(20);
      throw signal.reason;
    };
    const { jobId } = await sut.start('send_notification', sendPayload, actor, {
      batches: Array.from({ length: 10 }, (_, n) => ({ items: [n], ids: [] })),
    });
    await until(jobId, 'running');
    await sleep(300);
    await sut.cancel(jobId, actor);
    expect(await until(jobId, 'cancelled')).toMatchObject({ processedItems: 0, result: { total: 1 } });
    expect(finished).toEqual([{ cancelled: true, open: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }]);
  });

  it('should put a task back on the queue when Redis lost it', async () => {
    await stopWorkers();
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    redis.process.kill('SIGKILL');
    await redis.close();
    redis = await startRedis(redis.port);
    await startWorkers();
    expect(await sut.get(jobId)).toMatchObject({ status: 'pending' });
    await sleep(100);
    await sweepUntilTaken(jobId);
    expect(await until(jobId, 'completed')).toMatchObject({ status: 'completed' });
  });

  it('should take a task in without Redis and run it when Redis is back', async () => {
    await stopWorkers();
    await redis.close();
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    redis = await startRedis(redis.port);
    await startWorkers();
    await sweepUntilTaken(jobId);
    expect(await until(jobId, 'completed')).toMatchObject({ attempt: 1 });
  });

  it('should let only its owner or a superuser cancel or remove a task', async () => {
    const { jobId } = await sut.start('import_customers', importPayload, actor);
    await until(jobId, 'completed');
    await expect(sut.remove(jobId, { id: 'someone else', isSuperuser: false })).rejects.toMatchObject({ code: 'TASK_FORBIDDEN' });
    await sut.remove(jobId, { id: 'admin', isSuperuser: true });
    await expect(sut.get(jobId)).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
  });

  it('should list newest first and count how tasks ended', async () => {
    const page = await sut.list({ status: 'completed' }, { limit: 2, includeTotal: true });
    const next = await sut.list({ status: 'completed' }, { limit: 200, cursor: page.nextCursor ?? '' });
    expect(page.items.length + next.items.length).toBe(page.total);
    const times = [...page.items, ...next.items].map(({ createdAt }) => createdAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => b - a));

    const overview = await module.get(TaskStatsService).overview();
    expect(overview).toMatchObject({ completed: page.total, pending: 0, running: 0 });
    expect(overview.byTaskName.import_customers.failed + overview.byTaskName.send_notification.failed).toBe(overview.failed);
    const recent = await module.get(TaskStatsService).recent(7);
    expect(recent).toHaveLength(7);
    expect(recent.at(-1)).toMatchObject({ total: overview.total });
  });
});
