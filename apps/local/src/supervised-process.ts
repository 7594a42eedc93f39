import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_WITHIN_MS = 8_000;
const RESTART_AFTER_MS = 500;
const MAX_RESTARTS_A_MINUTE = 5;
const MINUTE_MS = 60_000;
const KEPT_OUTPUT = 4_000;

export interface ProcessOptions {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string | undefined>;
  /** Where `NAME.log` is written. */
  logDir: string;
  /** Told what happens to the process after it was started first. */
  onEvent(sentence: string): void;
}

/** A process that is started again when it dies by itself, but not for ever. */
export class SupervisedProcess {
  readonly name: string;
  /** Resolves with a sentence once the process has died too often to be started again. */
  readonly givenUp: Promise<string>;
  private child: ChildProcess;
  private output = '';
  private stopping = false;
  private readonly deaths: number[] = [];
  private readonly log: WriteStream;
  private giveUp: (sentence: string) => void = () => undefined;

  constructor(private readonly options: ProcessOptions) {
    this.name = options.name;
    mkdirSync(options.logDir, { recursive: true });
    this.log = createWriteStream(join(options.logDir, `${options.name}.log`), { flags: 'a' });
    this.givenUp = new Promise((resolve) => (this.giveUp = resolve));
    this.child = this.launch();
    // Whatever ends us, the child does not outlive us.
    process.on('exit', () => this.child.kill('SIGTERM'));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The end of what the process wrote. */
  get lastOutput(): string {
    return this.output.trim();
  }

  /** Resolves with the first match in the output; rejects when the process ends before. */
  async untilPrinted(pattern: RegExp): Promise<RegExpMatchArray> {
    const { child } = this;
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
    failed.catch(() => undefined);
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (this.hasEnded) throw new Error(`${this.name} ended before it was ready: ${this.lastOutput}`);
      await Promise.race([sleep(20), failed]);
    }
  }

  /** Asks the process to end, and ends it when it has not within eight seconds. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (!this.hasEnded && this.child.pid !== undefined) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    }
    this.log.end();
  }

  /** In a process group of its own, so that Ctrl-C reaches it through us only. */
  private launch(): ChildProcess {
    const { command, args, env = {} } = this.options;
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.log.write(chunk);
        this.output = (this.output + chunk.toString()).slice(-KEPT_OUTPUT);
      });
    }
    child.on('error', () => undefined);
    child.on('exit', (code, signal) => void this.restart(String(signal ?? code)));
    return child;
  }

  private async restart(cause: string): Promise<void> {
    if (this.stopping) return;
    const now = Date.now();
    this.deaths.push(now);
    if (this.deaths.filter((at) => now - at < MINUTE_MS).length > MAX_RESTARTS_A_MINUTE) {
      this.giveUp(`${this.name} keeps ending (${cause}): ${this.lastOutput}`);
      return;
    }
    await sleep(RESTART_AFTER_MS);
    if (this.stopping) return;
    this.child = this.launch();
    this.options.onEvent(`${this.name} ended (${cause}) and was started again, pid ${this.child.pid}`);
  }
}
