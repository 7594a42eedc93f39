import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Config } from '@app/config';
import { REDIS } from '@app/connections';
import type { Redis } from 'ioredis';
import { defineWindowCommands } from './chat-window.scripts.js';
import { MessageRepository } from './message.repository.js';
import type { Message, MessageKind, MessageRole } from './message.js';
import { SessionRepository } from './session.repository.js';

/** Above this a request is served from MongoDB rather than waiting for Redis. */
const PATIENCE_MS = 50;

/** What the window keeps of a message: what a prompt may need, and nothing that changes afterwards. */
export interface WindowMessage {
  id: string;
  seq: number;
  role: MessageRole;
  kind: MessageKind;
  text: string;
  createdAt: Date;
}

/** Whose window, of which conversation. */
export interface WindowKey {
  customerId: string;
  sessionId: string;
}

export interface WindowReading {
  /** Oldest first. The same whether they came from Redis or from MongoDB. */
  messages: WindowMessage[];
  /** Redis was down or too slow. */
  degraded: boolean;
}

export interface WindowState {
  warm: boolean;
  messages: WindowMessage[];
  ttlSeconds: number;
}

class SlowRedisError extends Error {}

const toWindowMessage = ({ id, seq, role, kind, text, createdAt }: WindowMessage): WindowMessage => ({
  id,
  seq,
  role,
  kind,
  text,
  createdAt,
});
const write = (message: WindowMessage): string => JSON.stringify(toWindowMessage(message));

function read(entry: string): WindowMessage {
  const parsed = JSON.parse(entry) as Omit<WindowMessage, 'createdAt'> & { createdAt: string };
  return { ...parsed, createdAt: new Date(parsed.createdAt) };
}

/**
 * The last messages of each live conversation, in Redis for speed and always to be had from MongoDB: every number of
 * the window up to `seq` is in it, or it is not used. Redis may be flushed, slow or away at any moment.
 */
@Injectable()
export class ChatWindow {
  private readonly logger = new Logger(ChatWindow.name);
  private readonly loading = new Map<string, Promise<WindowMessage[]>>();
  private readonly size: number;
  private readonly ttlSeconds: number;
  private readonly prefix: string;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    private readonly messages: MessageRepository,
    private readonly sessions: SessionRepository,
    config: Config,
    @Optional() private readonly patienceMs: number = PATIENCE_MS,
  ) {
    this.size = config.memory.windowSize;
    this.ttlSeconds = config.memory.ttlSeconds;
    this.prefix = config.redis.prefix;
    defineWindowCommands(redis);
  }

  /** The last settled messages below number `before` of a session: from Redis when it holds exactly those. */
  async read(key: WindowKey, before: number): Promise<WindowReading> {
    try {
      const [seq, entries] = await this.withinPatience(this.redis.stmRead(...this.keys(key)));
      if (seq !== null && Number(seq) === before - 1) return { messages: entries.map(read), degraded: false };
    } catch (error) {
      this.logger.debug({ err: error }, 'chat window not readable');
      return { messages: await this.load(key, before), degraded: true };
    }
    return { messages: await this.loadOnce(key, before), degraded: false };
  }

  /** Adds settled messages with consecutive numbers to a warm window and keeps it for another while. Never fails: a window that missed something goes cold. */
  async append(key: WindowKey, messages: readonly WindowMessage[]): Promise<void> {
    await this.attempt(() =>
      this.redis.stmAppend(...this.keys(key), this.size, this.ttlSeconds, ...messages.flatMap((message) => [message.seq, write(message)])),
    );
  }

  /** {@link append} for many windows in one round trip. */
  async appendEach(additions: readonly { key: WindowKey; message: WindowMessage }[]): Promise<void> {
    await this.attempt(async () => {
      const pipeline = this.redis.pipeline();
      for (const { key, message } of additions) {
        pipeline.stmAppend(...this.keys(key), this.size, this.ttlSeconds, message.seq, write(message));
      }
      await pipeline.exec();
    });
  }

  /** Removes windows. Returns false when Redis could not be reached: what is left there expires by itself. */
  async forget(keys: readonly WindowKey[]): Promise<boolean> {
    if (keys.length === 0) return true;
    return this.attempt(() => this.redis.del(...keys.flatMap((key) => this.keys(key))));
  }

  /** What Redis holds of a session now. */
  async state(key: WindowKey): Promise<WindowState> {
    try {
      const [seq, entries, ttl] = await this.redis.stmRead(...this.keys(key));
      if (seq !== null) return { warm: true, messages: entries.map(read), ttlSeconds: Math.max(ttl, 0) };
    } catch (error) {
      this.logger.debug({ err: error }, 'chat window not readable');
    }
    return { warm: false, messages: [], ttlSeconds: 0 };
  }

  private loadOnce(key: WindowKey, before: number): Promise<WindowMessage[]> {
    const flight = `${key.sessionId}:${before}`;
    const known = this.loading.get(flight);
    if (known) return known;
    const loading = this.loadAndFill(key, before).finally(() => this.loading.delete(flight));
    this.loading.set(flight, loading);
    return loading;
  }

  private async loadAndFill(key: WindowKey, before: number): Promise<WindowMessage[]> {
    const messages = await this.load(key, before);
    await this.attempt(() => this.redis.stmFill(...this.keys(key), this.ttlSeconds, before - 1, ...messages.map(write)));
    // The conversation may have been erased between the reading and the writing.
    if (!(await this.sessions.exists(key.sessionId))) await this.forget([key]);
    return messages;
  }

  private async load(key: WindowKey, before: number): Promise<WindowMessage[]> {
    const found: Message[] = await this.messages.findRecent(key.sessionId, before, this.size);
    return found.map(toWindowMessage);
  }

  private async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.withinPatience(work());
      return true;
    } catch (error) {
      this.logger.debug({ err: error }, 'chat window not written');
      return false;
    }
  }

  private async withinPatience<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      // One more turn of the loop: a reply that came while this process was busy is not Redis being slow.
      timer = setTimeout(() => setImmediate(() => reject(new SlowRedisError('Redis is slow'))), this.patienceMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private keys({ customerId, sessionId }: WindowKey): [list: string, meta: string] {
    const base = `${this.prefix}:stm:{${customerId}}:${sessionId}`;
    return [`${base}:msgs`, `${base}:meta`];
  }
}
