import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { parseConfig } from '@app/config';
import { terms } from '@app/language';
import { Logger } from '@nestjs/common';
import { FixedClock, startRedis, testDatabase, type TestDatabase, type TestRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { Types } from 'mongoose';
import { ChatWindow } from '../src/chat-window.js';
import { MemoryStatsService } from '../src/memory-stats.service.js';
import { MemoryRepository } from '../src/memory.repository.js';
import {
  CUSTOMER_MEMORY,
  customerMemorySchema,
  MEMORY_FACTS,
  memoryFactSchema,
  type CustomerMemoryDocument,
  type MemoryFactDocument,
} from '../src/memory.schema.js';
import { MessageRepository } from '../src/message.repository.js';
import { MESSAGES, messageSchema, type MessageDocument } from '../src/message.schema.js';
import { MessageService } from '../src/message.service.js';
import type { NoticeDelivery } from '../src/notice-delivery.js';
import { NoticeInbox } from '../src/notice-inbox.js';
import { SessionRepository } from '../src/session.repository.js';
import { SESSIONS, sessionSchema, type SessionDocument } from '../src/session.schema.js';
import { SessionService } from '../src/session.service.js';
import { TurnService } from '../src/turn.service.js';
import type { Turn, TurnAnswer, TurnRequest } from '../src/turn.js';

/** Tests that are not about a slow Redis wait for it, however busy the machine is. */
const BUSY_MACHINE_MS = 5_000;

/** The library as one process has it. */
export function connectMemory(database: TestDatabase, redis: Redis, clock: FixedClock, patienceMs = BUSY_MACHINE_MS) {
  const { connection } = database;
  const config = parseConfig({ REDIS_PREFIX: database.name });
  const sessionRepository = new SessionRepository(connection.model<SessionDocument>(SESSIONS, sessionSchema));
  const messageRepository = new MessageRepository(connection.model<MessageDocument>(MESSAGES, messageSchema));
  const memory = new MemoryRepository(
    connection.model<CustomerMemoryDocument>(CUSTOMER_MEMORY, customerMemorySchema),
    connection.model<MemoryFactDocument>(MEMORY_FACTS, memoryFactSchema),
  );
  const window = new ChatWindow(redis, messageRepository, sessionRepository, config, patienceMs);
  const sessions = new SessionService(sessionRepository, messageRepository, clock);
  const inbox = new NoticeInbox(sessions, sessionRepository, messageRepository, memory, window, clock);
  return {
    sessionRepository,
    messageRepository,
    memory,
    window,
    sessions,
    messages: new MessageService(messageRepository, sessionRepository, memory, window, inbox, clock),
    turns: new TurnService(sessions, sessionRepository, messageRepository, memory, window, clock),
    stats: new MemoryStatsService(sessionRepository, messageRepository, memory, window),
  };
}

export type Memory = ReturnType<typeof connectMemory>;

/** A database and a Redis of their own, and the library on them. */
export interface World extends Memory {
  database: TestDatabase;
  redisServer: TestRedis;
  redis: Redis;
  clock: FixedClock;
  /** The library as another process would have it. */
  another(): Memory;
  close(): Promise<void>;
}

export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  await once(redis, 'ready');
  return redis;
}

export async function createWorld(): Promise<World> {
  Logger.overrideLogger(['error']);
  const [database, redisServer] = await Promise.all([testDatabase(), startRedis()]);
  const redis = await connectRedis(redisServer.url);
  const clock = new FixedClock();
  const memory = connectMemory(database, redis, clock);
  await database.ensureIndexes();
  return {
    ...memory,
    database,
    redisServer,
    redis,
    clock,
    another: () => connectMemory(database, redis, clock),
    close: async () => {
      redis.disconnect();
      await Promise.all([database.close(), redisServer.close()]);
    },
  };
}

export const newId = (): string => new Types.ObjectId().toHexString();

export const aNotice = (customerId: string, changes: Partial<NoticeDelivery> = {}): NoticeDelivery => ({
  notificationId: newId(),
  customerId,
  text: 'Hóa đơn tháng 11 của quý khách là 275.000 đ.',
  fold: 'hoa don thang 11 cua quy khach la 275.000 d.',
  terms: terms('Hóa đơn tháng 11'),
  lang: 'vi',
  createdAt: new Date('2026-11-22T02:00:00Z'),
  ...changes,
});

export const aRequest = (customerId: string, changes: Partial<TurnRequest> = {}): TurnRequest => ({
  customerId,
  content: 'Khi nào giao hàng?',
  lang: 'vi',
  ...changes,
});

export const anAnswer = (text: string, changes: Partial<TurnAnswer> = {}): TurnAnswer => ({
  text,
  kind: 'chat',
  status: 'complete',
  lang: 'vi',
  details: {
    provider: 'offline',
    model: 'offline',
    finishReason: 'stop',
    usage: null,
    latencyMs: 1,
    citations: [],
    degraded: [],
    needsHuman: false,
    trace: { records: [], dropped: [], tokens: 700, assemblyMs: 1 },
  },
  ...changes,
});

/** Begins a turn that must not have been answered before. */
export async function beginTurn({ turns }: Memory, request: TurnRequest): Promise<Turn> {
  const start = await turns.begin(request);
  if (start.isAnswered) throw new Error('the turn was answered before');
  return start.turn;
}

/** One whole turn. */
export async function say(memory: Memory, customerId: string, content: string, answer: string, changes: Partial<TurnAnswer> = {}) {
  const turn = await beginTurn(memory, aRequest(customerId, { content }));
  return memory.turns.run(turn, async () => anAnswer(answer, changes));
}

export const clientId = (): string => randomUUID();
