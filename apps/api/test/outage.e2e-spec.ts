import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REDIS } from '@app/connections';
import { freePort, isEmbedded, mongoUrl, startRedis, type TestRedis } from '@app/testing';
import type { Redis } from 'ioredis';
import { Harness } from './harness.js';
import type { Session } from './session.js';

/** A database of somebody else's is neither hung nor killed. */
const itEmbedded = isEmbedded ? it : it.skip;
const MONGO_MAIN = join(__dirname, '../../../dist/apps/local/src/mongo.js');

/** The database as a process of its own, so that it can hang and die. */
async function startMongoProcess(port: number, dataDir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MONGO_MAIN, '--port', String(port), '--data', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) if (chunk.toString().includes('ready')) break;
  return child;
}

async function killed(child: ChildProcess | undefined): Promise<void> {
  child?.kill('SIGKILL');
  if (child) await once(child, 'exit');
}

describe('when a server is away', () => {
  let harness: Harness;
  let staff: Session;
  let mongo: ChildProcess | undefined;
  let port: number;
  let dataDir: string;
  let redisAgain: TestRedis | undefined;

  beforeAll(async () => {
    [port, dataDir] = await Promise.all([freePort(), mkdtemp(join(tmpdir(), 'nbot-outage-'))]);
    if (isEmbedded) mongo = await startMongoProcess(port, dataDir);
    const url = isEmbedded ? `mongodb://127.0.0.1:${port}` : await mongoUrl();
    harness = await Harness.start({ MONGODB_URL: url, TASK_PENDING_AGE_MS: '100', TASK_SWEEP_MS: '200' });
    staff = await harness.as('admin');
  });
  afterAll(async () => {
    await harness.close();
    await redisAgain?.close();
    mongo?.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  const untilBack = async (): Promise<void> => {
    while ((await staff.get('/customers')).status !== 200) await sleep(50);
  };
  const unavailable = { status: 503, headers: { 'retry-after': '2' }, body: { code: 'DATABASE_UNAVAILABLE' } };

  itEmbedded('Q3 should say so while MongoDB hangs, and go on when it is back', async () => {
    mongo?.kill('SIGSTOP');
    expect(await staff.get('/customers')).toMatchObject(unavailable);
    expect(await harness.anonymous().get('/health/db')).toMatchObject({
      status: 503,
      body: { status: 'error', error: { mongodb: { status: 'down' } } },
    });
    expect((await harness.anonymous().get('/livez')).status).toBe(200);
    mongo?.kill('SIGCONT');
    await untilBack();
  });

  itEmbedded.each([
    ['/customers', { email: 'an@example.com', full_name: 'An' }],
    ['/notifications/config', { name: 'Cước', body_template: 'x' }],
  ])('Q3 should say so to POST %s while MongoDB is down, and reconnect', async (path, body) => {
    await killed(mongo);
    expect(await staff.post(path, body)).toMatchObject(unavailable);
    mongo = await startMongoProcess(port, dataDir);
    await untilBack();
    expect((await staff.post(path, body)).status).toBe(201);
  });

  it('Q2 should go on without Redis: login, reading, writing and chat', async () => {
    harness.redis.process.kill('SIGKILL');
    const { body: customer } = await staff.post('/customers', { email: 'binh@example.com', full_name: 'Bình' });
    expect((await harness.as('somebody')).userId).toMatch(/^[0-9a-f]{24}$/);
    expect(await staff.get(`/customers/${customer.id}`)).toMatchObject({ status: 200 });
    const answer = await staff.post('/messages/send', { customer_id: customer.id, content: 'Xin chào' });
    expect(answer.status).toBe(200);
    expect(answer.body.degraded).toContain('redis');
    expect(await harness.anonymous().get('/readyz')).toMatchObject({ status: 200, body: { degraded: ['redis'] } });
    expect((await harness.anonymous().get('/health/redis')).status).toBe(503);
    const started = await staff.upload('/customers/import', 'email,full_name\nchi@example.com,Chi\n');
    expect(started.status).toBe(202);
    redisAgain = await startRedis(harness.redis.port);
    await harness.startWorker();
    expect(await harness.untilEnded(staff, started.body.job_id)).toMatchObject({ status: 'completed', result: { created: 1 } });
  });

  it('should end while Redis is away', async () => {
    const other = await Harness.start({ MONGODB_URL: harness.config.mongo.url });
    const redis = other.app.get<Redis>(REDIS);
    other.redis.process.kill('SIGKILL');
    await once(redis, 'reconnecting');
    await sleep(100);
    await other.close();
    expect(redis.status).not.toBe('ready');
  });
});
