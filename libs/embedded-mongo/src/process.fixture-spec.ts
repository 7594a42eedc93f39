import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

/** What a server is started with, here or in a process of its own. */
export interface ServerOptions {
  dataDir?: string;
  /** The largest size of the data file. */
  mapBytes?: number;
}

export interface ServerProcess {
  url: string;
  port: number;
  pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Closes the server; raises an Error when the process does not end well. */
  stop(): Promise<void>;
  /** How the process ended, if it did, and what it wrote to its standard error. */
  report(): string;
}

const SPEC = /\.([a-z0-9]+-)?spec\.ts$/;

/** The end of its standard input is the wish to stop, and what a child sees when its parent dies. */
const MAIN = `import { startEmbeddedMongo } from './index.js';
let server;
process.stdin.resume().on('end', () => void Promise.resolve(server?.close()).then(() => process.exit()));
server = await startEmbeddedMongo(JSON.parse(process.argv[2]));
console.log(server.url);
`;

/** A server in a process of its own needs plain JavaScript: the sources, transpiled beside a link to the packages. */
export class ServerProgram {
  /** Room for data folders; gone with the program. */
  readonly folder = mkdtempSync(join(tmpdir(), 'em-process-'));
  private readonly program = join(this.folder, 'program');

  constructor() {
    for (const name of readdirSync(__dirname, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || SPEC.test(name)) continue;
      const { code } = transformSync(readFileSync(join(__dirname, name), 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      const target = join(this.program, name.replace(/ts$/, 'js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
    writeFileSync(join(this.program, 'package.json'), '{"type":"module"}');
    writeFileSync(join(this.program, 'main.js'), MAIN);
    symlinkSync(resolve('node_modules'), join(this.program, 'node_modules'));
  }

  /** Raises an Error with what the process says when it does not start. */
  async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, [join(this.program, 'main.js'), JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
    const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const report = (): string => `the server ended with ${child.exitCode ?? child.signalCode ?? 'nothing yet'}: ${complaints}`;
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
      void exited.then(() => reject(new Error(report())));
    });
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await exited;
    };
    const stop = async (): Promise<void> => {
      child.stdin.end();
      await exited;
      if (child.exitCode !== 0) throw new Error(report());
    };
    return { url, port: Number(new URL(url).port), pid: child.pid as number, kill, stop, report };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
