import { Global, Inject, Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '@app/config';
import { Redis } from 'ioredis';

/** The token of the process's Redis client for short commands: they fail at once while the server is away. */
export const REDIS = Symbol('REDIS');

const COMMAND_TIMEOUT_MS = 500;
const reconnectMs = (attempt: number): number => Math.min(100 * attempt, 2_000);

/**
 * The token of the process's Redis client for queues: commands wait for the server. Queues that are given a client leave its
 * end to us; their own way of leaving waits, while the server is away, for an event that never comes.
 */
export const QUEUE_REDIS = Symbol('QUEUE_REDIS');

/** Where the server is and how patiently to come back to it. */
type RedisAddress = {
  host: string;
  port: number;
  db: number;
  username?: string;
  password?: string;
  tls?: Record<string, never>;
  retryStrategy: (attempt: number) => number;
};

function redisAddress(config: Config): RedisAddress {
  const url = new URL(config.redis.url);
  return {
    host: url.hostname,
    port: Number(url.port || '6379'),
    db: Number(url.pathname.slice(1) || config.redis.db),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
    retryStrategy: reconnectMs,
  };
}

function quiet(redis: Redis, name: string): Redis {
  const logger = new Logger(name);
  return redis.on('error', (error: Error) => logger.debug({ err: error }, 'Redis connection'));
}

const client = {
  provide: REDIS,
  inject: [Config],
  useFactory: (config: Config): Redis =>
    quiet(
      new Redis({
        ...redisAddress(config),
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        commandTimeout: COMMAND_TIMEOUT_MS,
        connectTimeout: 2_000,
      }),
      'Redis',
    ),
};

const queueClient = {
  provide: QUEUE_REDIS,
  inject: [Config],
  useFactory: (config: Config): Redis => quiet(new Redis({ ...redisAddress(config), maxRetriesPerRequest: null }), 'QueueRedis'),
};

/** The process's Redis clients. A server that may evict keys would lose queued work: it is refused at boot. */
@Global()
@Module({ providers: [client, queueClient], exports: [client, queueClient] })
export class RedisModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(QUEUE_REDIS) private readonly queueRedis: Redis,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const policy = await this.evictionPolicy();
    if (policy !== undefined && policy !== 'noeviction') {
      throw new Error(`Redis may evict keys (maxmemory-policy ${policy}): set it to noeviction, queues and locks live there`);
    }
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
    this.queueRedis.disconnect();
  }

  /** Unknown while the server is away, or where it hides its configuration. */
  private async evictionPolicy(): Promise<string | undefined> {
    try {
      if (this.redis.status !== 'ready') await new Promise((resolve) => this.redis.once('ready', resolve).once('error', resolve));
      const reply = await this.redis.config('GET', 'maxmemory-policy');
      return reply[1];
    } catch {
      return undefined;
    }
  }
}
