import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '@app/testing';
import { KillingProxy, type KillPoint } from './killing-proxy.js';
import { RunningStack, type TaskReply } from './running-stack.js';

const WORKER = join(__dirname, '../../../dist/apps/worker/src/main.js');
const ROWS = 900;
/** So many take longer than a worker takes to hear of a cancel. */
const MANY_ROWS = 30_000;
/** Stored before the import, which changes them. */
const KNOWN = 4;
/** Of each, one who is stored before and one whom the dead worker may have stored. */
const DELETED = [0, KNOWN];
const CHANGED = [1, KNOWN + 1];

const email = (run: number, n: number): string => `point${run}.${n}@example.com`;
const command = (name: string, collection: string): RegExp => new RegExp(`${name}\\0[^]{4}${collection}\\0`);

const POINTS: [string, KillPoint][] = [
  ['before the plan', { when: 'before', pattern: command('insert', 'task_batches') }],
  ['after the plan', { when: 'after', pattern: command('insert', 'task_batches') }],
  ['in the middle of the bulk write', { when: 'before', pattern: command('insert', 'customers'), nth: 3 }],
  ['before the checkpoint', { when: 'before', pattern: /findAndModify\0[^]{4}tasks\0[^]*checkpoint\0/ }],
];

describe('an import through faults', () => {
  let stack: RunningStack;
  const workers: ChildProcess[] = [];

  beforeAll(async () => {
    stack = await RunningStack.start({ WORKERS: '0', TASK_SWEEP_MS: '300', TASK_PENDING_AGE_MS: '300', TASK_HEARTBEAT_AGE_MS: '1500' });
  }, 60_000);
  afterEach(() => workers.splice(0).forEach((worker) => worker.kill('SIGKILL')));
  afterAll(() => stack.stop(), 30_000);

  const startWorker = async (more: Record<string, string> = {}): Promise<ChildProcess> => {
    const worker = spawn(process.execPath, ['--enable-source-maps', WORKER], {
      env: { ...process.env, ...stack.environment, WORKER_PORT: String(await freePort()), ...more },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    workers.push(worker);
    return worker;
  };
  const stop = async (worker: ChildProcess): Promise<void> => {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
  };
  /** The ids of those who are stored by now. */
  const idsOf = async (run: number, numbers: readonly number[]): Promise<string[]> => {
    const emailKey = { $in: numbers.map((n) => email(run, n)) };
    const found = await stack.db.collection('customers').find({ emailKey }).toArray();
    return found.map(({ _id }) => _id.toHexString());
  };

  it.each(POINTS.map(([name, point], run) => [name, point, run] as const))(
    'Q5 I5: should, killed %s, neither bring back who was deleted nor lose a change, and count every row',
    async (_, point, run) => {
      for (let n = 0; n < KNOWN; n++) await stack.api.post('/customers', { email: email(run, n), full_name: 'Cũ' });
      const rows = Array.from({ length: ROWS }, (__, n) => `${email(run, n)},Nguyễn Văn ${n},run${run}`);
      const proxy = await KillingProxy.start(stack.environment['MONGODB_URL']!, point);
      const doomed = await startWorker({ MONGODB_URL: proxy.url });
      const died = once(doomed, 'exit');
      proxy.onStrike(() => doomed.kill('SIGKILL'));
      const file = Buffer.from(`email,full_name,tags\n${rows.join('\n')}\n`);
      const { job_id: jobId } = await stack.api.upload<TaskReply>('/customers/import', 'people.csv', file);
      expect((await died)[1]).toBe('SIGKILL');
      await proxy.close();
      expect(await stack.task(jobId)).toMatchObject({ status: 'running', processed_items: 0 });

      const [goneIds, changedIds] = [await idsOf(run, DELETED), await idsOf(run, CHANGED)];
      for (const id of goneIds) await stack.api.send('DELETE', `/customers/${id}`);
      for (const id of changedIds) await stack.api.send('PATCH', `/customers/${id}`, { city: 'Huế' });
      await stack.flushRedis();

      const worker = await startWorker();
      const ended = await stack.untilEnded(jobId);
      await stop(worker);
      const gone = goneIds.length;
      expect(ended).toMatchObject({
        status: 'completed',
        processed_items: ROWS,
        result: { total_rows: ROWS, created: ROWS - KNOWN - (gone - 1), updated: KNOWN - 1, unchanged: 0, skipped: gone, failed: 0 },
      });
      const customers = await stack.db
        .collection('customers')
        .find({ emailKey: { $regex: `^point${run}\\.` } })
        .toArray();
      const byEmail = new Map(customers.map((customer) => [customer['email'] as string, customer]));
      expect([customers.length, byEmail.size]).toEqual([ROWS - gone, ROWS - gone]);
      for (const n of DELETED.slice(0, gone)) expect(byEmail.has(email(run, n))).toBe(false);
      const kept = customers.filter(({ city }) => city === 'Huế').map(({ _id }) => _id.toHexString());
      expect(kept.sort()).toEqual(changedIds.sort());
      for (const customer of customers) {
        const n = (customer['email'] as string).split(/[.@]/)[1];
        expect(customer).toMatchObject({ fullName: `Nguyễn Văn ${n}`, tags: [`run${run}`] });
      }
    },
    60_000,
  );

  const upload = async (name: string, rows: number): Promise<string> => {
    const lines = Array.from({ length: rows }, (_, n) => `${name}.${n}@example.com,Nguyễn Văn ${n},${name}`);
    const file = Buffer.from(`email,full_name,tags\n${lines.join('\n')}\n`);
    return (await stack.api.upload<TaskReply>('/customers/import', 'people.csv', file)).job_id;
  };
  const stored = (name: string) => stack.db.collection('customers').find({ tags: name }).sort({ emailKey: 1 }).toArray();

  it('Q9: should refuse what a worker writes that slept while another did its work', async () => {
    const sleeper = await startWorker();
    const jobId = await upload('sleep', 3_000);
    await stack.untilProcessed(jobId, 1_000);
    sleeper.kill('SIGSTOP');
    await stack.flushRedis();
    const worker = await startWorker();
    const ended = await stack.untilEnded(jobId);
    expect(ended).toMatchObject({ status: 'completed', processed_items: 3_000, result: { created: 3_000, updated: 0, unchanged: 0 } });
    const before = await stored('sleep');
    expect(before).toHaveLength(3_000);
    sleeper.kill('SIGCONT');
    await stop(sleeper);
    await stop(worker);
    expect(await stack.task(jobId)).toEqual(ended);
    expect(await stored('sleep')).toEqual(before);
  }, 60_000);

  it('Q11: should come to one end when it is cancelled, whenever that is', async () => {
    const cancel = (jobId: string) => stack.api.fetch(`/tasks/${jobId}/cancel`, { method: 'POST' });
    const pending = await upload('pending', 10);
    const first = await (await cancel(pending)).json();
    expect(first).toMatchObject({ status: 'cancelled', processed_items: 0 });
    const again = await cancel(pending);
    expect([again.status, await again.json()]).toEqual([200, first]);

    const worker = await startWorker();
    const running = await upload('running', MANY_ROWS);
    await stack.untilProcessed(running, 1_000);
    expect((await cancel(running)).status).toBe(200);
    const stopped = await stack.untilEnded(running);
    expect(stopped).toMatchObject({ status: 'cancelled', result: null });
    expect(stopped.processed_items).toBeLessThan(MANY_ROWS);
    expect(await stored('running')).toHaveLength(stopped.processed_items);
    expect((await cancel(running)).status).toBe(200);

    const done = await upload('done', 10);
    expect(await stack.untilEnded(done)).toMatchObject({ status: 'completed', processed_items: 10 });
    expect((await cancel(done)).status).toBe(409);
    expect(await stack.task(done)).toMatchObject({ status: 'completed' });
    await stop(worker);
    expect(await stored('pending')).toEqual([]);
  }, 60_000);
});
