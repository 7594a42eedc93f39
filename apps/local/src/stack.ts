import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@app/config';
import { freePort, isListening } from './ports.js';
import { SupervisedProcess, type ProcessOptions } from './supervised-process.js';

/** Why the stack cannot run, in a sentence for the person who started it. */
export class StackError extends Error {}

export interface StackOptions {
  /** 0 takes a free one. */
  port: number;
  /** 0 takes a free one. */
  workerPort: number;
  dataDir: string;
  workers: number;
  /** The API and the workers restart when their files change. */
  reload?: boolean;
  /** Told when a process had to be started again. */
  onEvent?(sentence: string): void;
}

/** In MiB: a heap that is let grow keeps garbage, and imports and sends hold some tens of megabytes at a time. */
const WORKER_HEAP = ['--max-old-space-size=256', '--max-semi-space-size=8'];
const READY_WITHIN_MS = 60_000;
const POLL_MS = 100;
const appsDir = fileURLToPath(new URL('../../', import.meta.url));
const script = (app: string, file: string): string => join(appsDir, app, 'src', `${file}.js`);

/** Database, Redis, API and workers on this machine, each a process of its own. */
export class Stack {
  readonly processes: SupervisedProcess[] = [];
  url = '';
  private readonly env = readEnvironment();
  private readonly dataDir: string;

  private constructor(private readonly options: StackOptions) {
    this.dataDir = resolve(options.dataDir);
    mkdirSync(this.dataDir, { recursive: true });
  }

  /** Starts everything and waits until the API takes requests. Raises {@link StackError}, with nothing left running. */
  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(options);
    try {
      await stack.startAll();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Stops everything, the last started first. */
  async stop(): Promise<void> {
    for (const process of [...this.processes].reverse()) await process.stop();
  }

  private async startAll(): Promise<void> {
    await this.requireFree('PORT', this.options.port);
    await this.requireFree('WORKER_PORT', this.options.workerPort);
    const shared = {
      MONGODB_URL: await this.database(),
      REDIS_URL: await this.redis(),
      SECRET_KEY: this.env['SECRET_KEY'] || this.secretKey(),
      UPLOAD_DIR: this.env['UPLOAD_DIR'] || join(this.dataDir, 'uploads'),
    };
    const port = this.options.port || (await freePort());
    const workerPorts = await Promise.all(
      Array.from({ length: this.options.workers }, async (_, index) => (index === 0 && this.options.workerPort) || (await freePort())),
    );
    this.app('api', 'api', { ...shared, PORT: String(port) });
    workerPorts.forEach((workerPort, index) =>
      this.app(index === 0 ? 'worker' : `worker-${index + 1}`, 'worker', { ...shared, WORKER_PORT: String(workerPort) }),
    );
    this.url = `http://127.0.0.1:${port}`;
    await this.untilReady([`${this.url}/readyz`, ...workerPorts.map((workerPort) => `http://127.0.0.1:${workerPort}/startupz`)]);
  }

  private launch(options: Omit<ProcessOptions, 'logDir' | 'onEvent'>): SupervisedProcess {
    const onEvent = (sentence: string): void => this.options.onEvent?.(sentence);
    const launched = new SupervisedProcess({ ...options, logDir: join(this.dataDir, 'logs'), onEvent });
    this.processes.push(launched);
    return launched;
  }

  private app(name: string, app: string, env: Record<string, string>): void {
    const reload = this.options.reload ? ['--watch', '--watch-preserve-output'] : [];
    const heap = app === 'worker' ? WORKER_HEAP : [];
    this.launch({ name, command: process.execPath, args: ['--enable-source-maps', ...heap, ...reload, script(app, 'main')], env });
  }

  private async database(): Promise<string> {
    const given = this.env['MONGODB_URL'];
    if (given) return this.requireReachable('MONGODB_URL', given, 27_017);
    const args = [
      '--enable-source-maps',
      script('local', 'mongo'),
      '--port',
      String(await freePort()),
      '--data',
      join(this.dataDir, 'mongo'),
    ];
    const mongo = this.launch({ name: 'mongo', command: process.execPath, args });
    const [, url = ''] = await mongo.untilPrinted(/ready (mongodb:\S+)/);
    return url;
  }

  private async redis(): Promise<string> {
    const given = this.env['REDIS_URL'];
    if (given) return this.requireReachable('REDIS_URL', given, 6_379);
    const port = await freePort();
    const dir = join(this.dataDir, 'redis');
    mkdirSync(dir, { recursive: true });
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--maxmemory-policy',
      'noeviction',
    ];
    await this.launch({ name: 'redis', command: 'redis-server', args }).untilPrinted(/Ready to accept connections/);
    return `redis://127.0.0.1:${port}`;
  }

  /** A stranger on the port would answer our probes in our place. */
  private async requireFree(variable: string, port: number): Promise<void> {
    if (port === 0 || !(await isListening('127.0.0.1', port))) return;
    throw new StackError(`Port ${port} is in use. Stop what listens there, or set ${variable} to another.`);
  }

  /** A server that was named must answer: another is never used in its place. */
  private async requireReachable(variable: string, url: string, defaultPort: number): Promise<string> {
    const { hostname, port } = new URL(url.replace(/,[^/]*/, ''));
    if (url.startsWith('mongodb+srv:') || (await isListening(hostname, Number(port) || defaultPort))) return url;
    throw new StackError(`${variable} is set, but nothing answers there. Start that server, or unset ${variable} to use a local one.`);
  }

  /** The signing key of this data folder, made once. */
  private secretKey(): string {
    const file = join(this.dataDir, 'secret-key');
    if (!existsSync(file)) writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 });
    return readFileSync(file, 'utf8');
  }

  private async untilReady(urls: readonly string[]): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (const url of urls) {
      while ((await fetch(url).catch(() => undefined))?.status !== 200) {
        const dead = this.processes.find((process) => process.hasEnded);
        if (dead) throw new StackError(`${dead.name} ended while it was starting: ${dead.lastOutput}`);
        if (Date.now() > deadline) throw new StackError(`Nothing answers at ${url}.`);
        await sleep(POLL_MS);
      }
    }
  }
}
