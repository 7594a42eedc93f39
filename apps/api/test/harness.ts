import { setTimeout as sleep } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { getConnectionToken } from '@nestjs/mongoose';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigModule, parseConfig, type Config } from '@app/config';
import { ConnectionsModule, MongoConnector, REDIS } from '@app/connections';
import { CustomerImportService, CustomersModule } from '@app/customers';
import { QUEUE_NAMES, QUEUES, type QueueMessage } from '@app/jobs';
import { DeliveryService, NotificationsModule } from '@app/notifications';
import { TaskRunner, TaskRunnerModule } from '@app/tasks';
import { mongoUrl, QueryRecorder, startRedis, stopMongo, type TestRedis } from '@app/testing';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { createConnection, type Connection } from 'mongoose';
import { createApp } from '../src/app.setup.js';
import { Session } from './session.js';

let databases = 0;

/** The real application on real servers, with a worker beside it when a file asks for one. */
export class Harness {
  private worker: { module: TestingModule; queues: Worker[] } | undefined;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly config: Config,
    readonly redis: TestRedis,
    readonly queries: QueryRecorder,
    /** The tests' own view of the database: its queries are not held to indexes. */
    readonly connection: Connection,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Harness> {
    const redis = await startRedis();
    const config = parseConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      MONGODB_URL: await mongoUrl(),
      MONGODB_DATABASE: `test_api_${process.pid}_${(databases += 1)}`,
      REDIS_URL: redis.url,
      SECRET_KEY: 'a-secret-for-tests-only-0123456789abcdef',
      UPLOAD_DIR: `/tmp/nbot-uploads-${process.pid}`,
      ...env,
    });
    const app = await createApp(config);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    await app.get(MongoConnector).whenReady();
    const queries = new QueryRecorder(app.get<Connection>(getConnectionToken()));
    const own = await createConnection(config.mongo.url, { dbName: config.mongo.database }).asPromise();
    return new Harness(app, config, redis, queries, own);
  }

  /** Runs tasks in this process until {@link close}. */
  async startWorker(): Promise<void> {
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(this.config),
        ConnectionsModule.forRoot('work'),
        TaskRunnerModule.forRoot({
          imports: [CustomersModule, NotificationsModule],
          inject: [CustomerImportService, DeliveryService],
          useFactory: (imports: CustomerImportService, deliveries: DeliveryService) => ({
            import_customers: imports,
            send_notification: deliveries,
          }),
        }),
      ],
    }).compile();
    module.useLogger(false);
    await module.init();
    await module.get(MongoConnector).whenReady();
    this.queries.observe(module.get<Connection>(getConnectionToken()));
    const runner = module.get(TaskRunner);
    const queues = QUEUE_NAMES.map(
      (name) =>
        new Worker<QueueMessage>(name, (job, token) => runner.process(job, token ?? ''), {
          connection: { host: '127.0.0.1', port: this.redis.port, maxRetriesPerRequest: null },
          prefix: `${this.config.redis.prefix}-q`,
          concurrency: QUEUES[name].concurrency,
        }),
    );
    for (const queue of queues) queue.on('error', () => undefined);
    await Promise.all(queues.map((queue) => queue.waitUntilReady()));
    this.worker = { module, queues };
  }

  /** Nobody. */
  anonymous(): Session {
    return new Session(this.app);
  }

  /** A member of staff; the first one of a harness is a superuser. */
  as(username: string): Promise<Session> {
    return Session.as(this.app, username);
  }

  /** Asks for a task until it has ended. */
  async untilEnded(session: Session, jobId: string): Promise<Record<string, any>> {
    for (;;) {
      const { body } = await session.get(`/tasks/${jobId}`);
      if (body.status !== 'pending' && body.status !== 'running') return body;
      await sleep(50);
    }
  }

  /** Redis as it is after a restart without its data. */
  async flushRedis(): Promise<void> {
    await this.app.get<Redis>(REDIS).flushall();
  }

  /** Stops everything. Fails when a query of the file walked a whole collection. */
  async close(): Promise<void> {
    const scans = await this.queries.collectionScans();
    await Promise.all(this.worker?.queues.map((queue) => queue.close(true)) ?? []);
    await this.worker?.module.close();
    await this.connection.dropDatabase();
    await this.connection.close();
    await this.app.close();
    await this.redis.close();
    await stopMongo();
    if (scans.length > 0) throw new Error(`Queries without an index:\n${scans.join('\n')}`);
  }
}
