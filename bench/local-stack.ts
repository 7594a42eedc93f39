import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, type Db } from 'mongodb';
import { ApiClient } from '../apps/local/src/api-client.js';
import { freePort } from '../apps/local/src/ports.js';
import { Stack } from '../apps/local/src/stack.js';
import { SupervisedProcess } from '../apps/local/src/supervised-process.js';

/** The product on this machine, with its database open to the bench. */
export interface LocalStack {
  api: ApiClient;
  url: string;
  db: Db;
  /** A folder that goes with the stack. */
  dir: string;
  pidOf: (process: string) => number;
}

export interface TaskReply {
  status: string;
  job_id: string;
  duration_ms: number;
  processed_items: number;
  error_message: string | null;
  result: Record<string, number>;
}

export const progress = (text: string): void => console.error(text);

/** Runs a bench on a fresh stack with one worker and a member of staff who is signed in. */
export async function onLocalStack(bench: (stack: LocalStack) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'notification-bot-bench-'));
  const mongo = new SupervisedProcess({
    name: 'mongo',
    command: process.execPath,
    args: ['dist/apps/local/src/mongo.js', '--port', String(await freePort()), '--data', join(dir, 'mongo')],
    logDir: dir,
    onEvent: progress,
  });
  try {
    const [, mongoUrl = ''] = await mongo.untilPrinted(/ready (mongodb:\S+)/);
    process.env['MONGODB_URL'] = mongoUrl;
    process.env['BENCH_LOOP_DELAY'] = dir;
    process.env['MAX_FILE_SIZE'] = String(64 * 1024 * 1024);
    const stack = await Stack.start({ port: 0, workerPort: 0, dataDir: dir, workers: 1, onEvent: progress });
    const client = await new MongoClient(mongoUrl).connect();
    try {
      const api = await signedIn(stack.url);
      const pidOf = (name: string): number => stack.processes.find((each) => each.name === name)?.pid ?? 0;
      await bench({ api, url: stack.url, db: client.db('chatbot_db'), dir, pidOf });
    } finally {
      await client.close();
      await stack.stop();
    }
  } finally {
    await mongo.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function signedIn(url: string): Promise<ApiClient> {
  const api = new ApiClient(url);
  const account = { username: 'bench', password: 'Mot-mat-khau-rieng-2026' };
  await api.post('/auth/register', { ...account, email: 'bench@example.com', full_name: 'Bench' });
  api.authenticate((await api.post<{ access_token: string }>('/auth/login', account)).access_token);
  return api;
}

/** Waits for a task to complete; another end is an error. */
export async function untilCompleted(api: ApiClient, jobId: string): Promise<TaskReply> {
  for (let at = 0; ; at++) {
    const task = await api.get<TaskReply>(`/tasks/${jobId}`);
    if (task.status === 'completed') return task;
    if (task.status === 'failed' || task.status === 'cancelled') throw new Error(`The task ${task.status}: ${task.error_message ?? ''}`);
    if (at % 10 === 0) progress(`  ${task.status}, ${task.processed_items} done`);
    await sleep(500);
  }
}
