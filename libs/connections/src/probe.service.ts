import { Inject, Injectable } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { Clock } from '@app/common';
import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';

import { CONNECTED, MongoConnector } from './mongo.connector.js';
import { REDIS } from './redis.module.js';

/** What a probe found, and when. */
export interface Probe {
  up: boolean;
  checkedAt: Date;
  latencyMs: number;
}

const CACHE_MS = 1_000;
const BUDGET_MS = 800;

/** Asks MongoDB and Redis whether they answer, at most once a second each, and never longer than the budget of a probe. */
@Injectable()
export class ProbeService {
  private readonly cached = new Map<string, Promise<Probe>>();
  private lastMongoUp = 0;

  constructor(
    @Inject(getConnectionToken()) private readonly connection: Connection,
    @Inject(REDIS) private readonly redis: Redis,
    private readonly connector: MongoConnector,
    private readonly clock: Clock,
  ) {}

  /** Configuration read, connection opened, indexes made. */
  get isStarted(): boolean {
    return this.connector.isReady;
  }

  async mongo(): Promise<Probe> {
    const probe = await this.probe('mongo', async () => {
      await this.connection.db?.admin().ping();
      return Number(this.connection.readyState) === CONNECTED;
    });
    if (probe.up) this.lastMongoUp = Math.max(this.lastMongoUp, probe.checkedAt.getTime());
    return probe;
  }

  redisServer(): Promise<Probe> {
    return this.probe('redis', async () => (await this.redis.ping()) === 'PONG');
  }

  /** Whether MongoDB answered within the last `ms` milliseconds, asking it now. */
  async mongoAnsweredWithin(ms: number): Promise<boolean> {
    await this.mongo();
    return this.clock.now().getTime() - this.lastMongoUp <= ms;
  }

  private async probe(name: string, ask: () => Promise<boolean>): Promise<Probe> {
    const now = this.clock.now();
    const known = await this.cached.get(name);
    if (known && now.getTime() - known.checkedAt.getTime() < CACHE_MS) return known;
    const fresh = this.ask(now, ask);
    this.cached.set(name, fresh);
    return fresh;
  }

  private async ask(checkedAt: Date, ask: () => Promise<boolean>): Promise<Probe> {
    const started = performance.now();
    const deadline = new AbortController();
    const late = this.clock.sleep(BUDGET_MS, deadline.signal).then(
      () => false,
      () => false,
    );
    const up = await Promise.race([ask().catch(() => false), late]);
    deadline.abort();
    return { up, checkedAt, latencyMs: Math.round(performance.now() - started) };
  }
}
