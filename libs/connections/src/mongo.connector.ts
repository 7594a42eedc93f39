import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import type { Connection, ConnectOptions } from 'mongoose';

/** `Connection.readyState` of an open connection. */
export const CONNECTED = 1;
/** A worker that is busy for a moment must not take its server for dead. */
const WORKER_TIMEOUT_MS = 10_000;
const BRISK_HEARTBEAT_MS = 500;
/** No command of a request takes longer; one that does has lost its server. */
const REQUEST_SOCKET_MS = 10_000;
const RETRY_MS = 1_000;

/**
 * `request`: somebody waits for the answer, so a server that hangs is noticed by the driver's monitor within a heartbeat
 * and a timeout, the commands under way fail, and a 503 goes out within two seconds. `work`: nobody waits.
 */
export type MongoPatience = 'request' | 'work';
export const MONGO_PATIENCE = Symbol('MONGO_PATIENCE');

const TIMEOUTS: Record<MongoPatience, (timeoutMs: number) => ConnectOptions> = {
  request: (timeoutMs) => ({
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    socketTimeoutMS: REQUEST_SOCKET_MS,
    heartbeatFrequencyMS: BRISK_HEARTBEAT_MS,
  }),
  work: () => ({ serverSelectionTimeoutMS: WORKER_TIMEOUT_MS, connectTimeoutMS: WORKER_TIMEOUT_MS }),
};

/** Opens the connection in the background, retries until it is open, then makes sure of every index of every model. */
@Injectable()
export class MongoConnector implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MongoConnector.name);
  private readonly stopping = new AbortController();
  private opening: Promise<void> = Promise.resolve();
  private ready = false;

  constructor(
    @Inject(getConnectionToken()) private readonly connection: Connection,
    private readonly config: Config,
    private readonly clock: Clock,
    @Inject(MONGO_PATIENCE) private readonly patience: MongoPatience,
  ) {}

  /** Whether the connection has been opened and the indexes made. */
  get isReady(): boolean {
    return this.ready;
  }

  onApplicationBootstrap(): void {
    this.opening = this.openUntilReady();
  }

  /** Resolves when the indexes are made, or when the process shuts down first. */
  async whenReady(): Promise<void> {
    await this.opening;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.opening;
    await this.connection.close();
  }

  private async openUntilReady(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.open();
        this.ready = true;
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'MongoDB is not ready, trying again');
        await this.clock.sleep(RETRY_MS, this.stopping.signal).catch(() => undefined);
      }
    }
  }

  private async open(): Promise<void> {
    if (Number(this.connection.readyState) !== CONNECTED) {
      await this.connection.openUri(this.config.mongo.url, {
        dbName: this.config.mongo.database,
        ...TIMEOUTS[this.patience](this.config.mongo.timeoutMs),
        autoIndex: false,
        autoCreate: false,
        bufferCommands: false,
        appName: this.config.appName,
        monitorCommands: this.config.nodeEnv === 'test',
      });
    }
    await Promise.all(Object.values(this.connection.models).map((model) => model.createIndexes()));
  }
}
