import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, mongoUrl, startRedis, stopMongo, type TestRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { MongoClient, type Db } from 'mongodb';
import { ApiClient } from '../src/api-client.js';

const MAIN = join(__dirname, '../../../dist/apps/local/src/main.js');

/** What a task reply holds that the scenarios look at. */
export interface TaskReply {
  job_id: string;
  status: string;
  processed_items: number;
  error_message: string | null;
  result: Record<string, unknown> | null;
}

/** `npm start` as a process, on a database and a Redis of the test's own, with somebody logged in. */
export class RunningStack {
  output = '';

  private constructor(
    readonly api: ApiClient,
    readonly db: Db,
    private readonly main: ChildProcess,
    private readonly client: MongoClient,
    private readonly redis: TestRedis,
    private readonly dataDir: string,
    /** What a further worker of this stack needs. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<RunningStack> {
    if (!existsSync(MAIN)) throw new Error('This test runs the built processes: npm run build');
    const [redis, url, port, workerPort, dataDir] = await Promise.all([
      startRedis(),
      mongoUrl(),
      freePort(),
      freePort(),
      mkdtemp(join(tmpdir(), 'nbot-stack-')),
    ]);
    const database = `test_stack_${process.pid}`;
    const environment = {
      NODE_ENV: 'development',
      MONGODB_URL: url,
      MONGODB_DATABASE: database,
      REDIS_URL: redis.url,
      SECRET_KEY: 'a-secret-for-tests-only-0123456789abcdef',
      LOG_LEVEL: 'warn',
      ...env,
    };
    const main = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...environment, PORT: String(port), WORKER_PORT: String(workerPort), DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const client = await new MongoClient(url).connect();
    const stack = new RunningStack(
      new ApiClient(`http://127.0.0.1:${port}`),
      client.db(database),
      main,
      client,
      redis,
      dataDir,
      environment,
    );
    main.stdout.on('data', (chunk: Buffer) => (stack.output += chunk.toString()));
    while (!stack.output.includes('ready ')) {
      if (main.exitCode !== null) throw new Error(`The stack did not start: ${stack.output}`);
      await sleep(50);
    }
    const account = { username: 'admin', password: 'Mot-mat-khau-rieng-2026' };
    await stack.api.post('/auth/register', { ...account, email: 'admin@example.com', full_name: 'Admin' });
    stack.api.authenticate((await stack.api.post<{ access_token: string }>('/auth/login', account)).access_token);
    return stack;
  }

  /** The worker's pid, as the stack printed it last. */
  get workerPid(): number {
    const pids = [...this.output.matchAll(/worker (?:ended \(\S+\) and was started again, )?pid (\d+)/g)];
    return Number(pids.at(-1)?.[1]);
  }

  /** Kills the worker as a crash of the machine would, and waits until another was started. */
  async killWorker(): Promise<void> {
    const killed = this.workerPid;
    process.kill(killed, 'SIGKILL');
    while (this.workerPid === killed) await sleep(50);
  }

  /** Redis as it is after a restart without its data. */
  async flushRedis(): Promise<void> {
    const redis = new Redis(this.redis.url);
    await redis.flushall();
    redis.disconnect();
  }

  task(jobId: string): Promise<TaskReply> {
    return this.api.get<TaskReply>(`/tasks/${jobId}`);
  }

  async untilProcessed(jobId: string, items: number): Promise<TaskReply> {
    for (;;) {
      const task = await this.task(jobId);
      if (task.processed_items >= items || !['pending', 'running'].includes(task.status)) return task;
      await sleep(5);
    }
  }

  async untilEnded(jobId: string): Promise<TaskReply> {
    for (;;) {
      const task = await this.task(jobId);
      if (!['pending', 'running'].includes(task.status)) return task;
      await sleep(100);
    }
  }

  /** Asks the stack to end; returns its exit code. */
  async stop(): Promise<number | null> {
    const ended = once(this.main, 'exit');
    this.main.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    await this.db.dropDatabase();
    await this.client.close();
    await this.redis.close();
    await stopMongo();
    await rm(this.dataDir, { recursive: true, force: true });
    return code;
  }
}
