import { randomUUID } from 'node:crypto';
import { getModelToken } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import type { JsonObject } from '@app/common';
import { ConfigModule, parseConfig } from '@app/config';
import { ConnectionsModule, MongoConnector } from '@app/connections';
import { CustomerService, type Customer, type CustomerInput } from '@app/customers';
import type { TaskPayload } from '@app/jobs';
import { TasksModule, type FinishContext, type TaskBatch } from '@app/tasks';
import { FixedClock, startRedis, testDatabase, type TestDatabase, type TestRedis } from '@app/testing';
import type { Model } from 'mongoose';
import type { NotificationConfig } from '../src/config/notification-config.js';
import { NotificationConfigRepository } from '../src/config/notification-config.repository.js';
import { NotificationConfigService } from '../src/config/notification-config.service.js';
import { DeliveryService } from '../src/delivery/delivery.service.js';
import { NOTIFICATIONS, type NotificationDocument } from '../src/delivery/notification.schema.js';
import { NotificationsModule } from '../src/notifications.module.js';

export const ACTOR = { id: '65f0c0ffee0123456789abcd', isSuperuser: false };
export type SendPayload = TaskPayload<'send_notification'>;

/** The library on a real database and a real Redis. */
export class NotificationsFixture {
  readonly clock = new FixedClock();
  private number = 0;

  private constructor(
    readonly database: TestDatabase,
    private readonly redis: TestRedis,
    private readonly module: TestingModule,
  ) {}

  static async start(): Promise<NotificationsFixture> {
    const [database, redis] = await Promise.all([testDatabase(), startRedis()]);
    const clock = new FixedClock();
    const config = parseConfig({
      NODE_ENV: 'test',
      MONGODB_URL: database.url,
      MONGODB_DATABASE: database.name,
      REDIS_URL: redis.url,
      LOG_LEVEL: 'silent',
    });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config, clock), ConnectionsModule.forRoot('work'), TasksModule, NotificationsModule],
    }).compile();
    await module.init();
    await module.get(MongoConnector).whenReady();
    return Object.assign(new NotificationsFixture(database, redis, module), { clock });
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.database.close();
    await this.redis.close();
  }

  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.module.get<T>(type, { strict: false });
  }

  get ledger(): Model<NotificationDocument> {
    return this.module.get<Model<NotificationDocument>>(getModelToken(NOTIFICATIONS), { strict: false });
  }

  collection(name: string) {
    return this.database.connection.collection<Record<string, unknown>>(name);
  }

  async customers(count: number, content: (index: number) => Partial<CustomerInput> = () => ({})): Promise<Customer[]> {
    const service = this.get(CustomerService);
    const made: Customer[] = [];
    for (let index = 0; index < count; index++) {
      this.number += 1;
      made.push(await service.create({ email: `khach${this.number}@example.vn`, fullName: `Khách ${this.number}`, ...content(index) }));
    }
    return made;
  }

  config(content: { subject?: string | null; bodyTemplate?: string; topicVariables?: string[] | null } = {}): Promise<NotificationConfig> {
    this.number += 1;
    return this.get(NotificationConfigService).create(
      { name: `Config ${this.number}`, subject: 'Đơn {code}', bodyTemplate: 'Chào {customer_name}, đơn {code} đã đến.', ...content },
      ACTOR,
    );
  }

  /** A payload whose config version is kept, as `start` leaves it. */
  async payload(config: NotificationConfig, data: JsonObject = { code: 'DH1' }, over: Partial<SendPayload> = {}): Promise<SendPayload> {
    await this.get(NotificationConfigRepository).keepVersion(config);
    return {
      configId: config.id,
      configVersion: config.version,
      audience: { kind: 'explicit' },
      data,
      notificationType: null,
      strict: false,
      perSecond: null,
      ...over,
    };
  }

  /** What a run is given, without a queue. */
  context(over: Partial<FinishContext> & { batches?: TaskBatch[] } = {}): FinishContext & { batches: TaskBatch[] } {
    const { batches = [], ...rest } = over;
    return {
      jobId: randomUUID(),
      attempt: 1,
      createdBy: ACTOR.id,
      totalItems: undefined,
      requestedAt: this.clock.now(),
      startedAt: this.clock.now(),
      signal: new AbortController().signal,
      throwIfStopped() {
        this.signal.throwIfAborted();
      },
      checkpoint: null,
      saveCheckpoint: () => Promise.reject(new Error('not expected')),
      addBatch: async (batch, items) => {
        if (!batches.some((known) => known.batch === batch)) batches.push({ batch, items });
      },
      lastBatch: async () => batches.at(-1) ?? null,
      planOf: () => Promise.reject(new Error('not expected')),
      savePlan: () => Promise.reject(new Error('not expected')),
      cancelled: false,
      async *openBatches() {
        yield* batches;
      },
      batches,
      ...rest,
    };
  }

  get delivery(): DeliveryService {
    return this.get(DeliveryService);
  }
}
