import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, type Collection, type Db, type Document } from 'mongodb';
import Papa from 'papaparse';
import { ApiClient } from '../apps/local/src/api-client.js';
import { freePort } from '../apps/local/src/ports.js';
import { Stack } from '../apps/local/src/stack.js';
import { SupervisedProcess } from '../apps/local/src/supervised-process.js';
import { writePeople } from './people.js';
import { watchLatency, watchMemory } from './probes.js';
import { atMost, percentile, print, reported, shareOfFloor, type Figure } from './report.js';

/** Import of a large file and a send to many, each against the same documents written raw in the same run. */
const ROWS = Number(process.env['BENCH_ROWS'] ?? 100_000);
const RECIPIENTS = Math.min(ROWS, Number(process.env['BENCH_RECIPIENTS'] ?? 20_000));
const BATCH = 1_000;
const SEED = 20_261_122;

interface TaskReply {
  status: string;
  job_id: string;
  duration_ms: number;
  processed_items: number;
  error_message: string | null;
  result: Record<string, number>;
}

/** What the floor writes a second time. */
interface LedgerRow {
  jobId: string;
  status: string;
  statusAt: object;
  messageId: object;
  sessionId: object;
}

const progress = (text: string): void => console.error(text);

async function untilEnded(api: ApiClient, jobId: string): Promise<TaskReply> {
  for (;;) {
    const task = await api.get<TaskReply>(`/tasks/${jobId}`);
    if (task.status === 'completed') return task;
    if (task.status === 'failed' || task.status === 'cancelled') throw new Error(`The task ${task.status}: ${task.error_message ?? ''}`);
    progress(`  ${task.status}, ${task.processed_items} done`);
    await sleep(1_000);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

/** An empty collection with the indexes of another. */
async function twinOf(db: Db, name: string): Promise<Collection> {
  const twin = db.collection(`floor_${name}`);
  await twin.drop().catch(() => undefined);
  const indexes = await db.collection(name).indexes();
  for (const { key, name: indexName, v: _, ns: __, ...options } of indexes) {
    if (indexName !== '_id_') await twin.createIndex(key, options);
  }
  return twin;
}

async function insertAll(target: Collection, documents: readonly Document[], ordered = false): Promise<void> {
  for (let from = 0; from < documents.length; from += BATCH) {
    await target.bulkWrite(
      documents.slice(from, from + BATCH).map((document) => ({ insertOne: { document } })),
      { ordered },
    );
  }
}

/** papaparse over the file and the finished documents written by the raw driver: what an import cannot be faster than. */
async function importFloor(db: Db, file: string): Promise<number> {
  const documents = await db.collection('customers').find().toArray();
  const twin = await twinOf(db, 'customers');
  return timed(async () => {
    const stream = createReadStream(file, { encoding: 'utf8' });
    let parsed = 0;
    await new Promise<void>((resolve, reject) => {
      Papa.parse(stream, {
        header: true,
        chunk: ({ data }: Papa.ParseResult<unknown>, parser) => {
          const part = documents.slice(parsed, parsed + data.length);
          parsed += data.length;
          parser.pause();
          insertAll(twin, part).then(() => parser.resume(), reject);
        },
        complete: () => resolve(),
        error: reject,
      });
    });
    if (parsed < documents.length) throw new Error(`The floor parsed ${parsed} of ${documents.length} rows`);
  });
}

/** The documents of a send, written raw: ledger rows, sessions, messages, then every ledger row again. */
async function sendFloor(db: Db, jobId: string): Promise<number> {
  const ledger = await db.collection<LedgerRow>('notifications').find({ jobId }).toArray();
  const messages = await db
    .collection('messages')
    .find({ notificationId: { $in: ledger.map(({ _id }) => _id) } })
    .toArray();
  const sessions = await db.collection('chat_sessions').find().toArray();
  if (messages.length !== ledger.length) throw new Error(`${ledger.length} ledger rows but ${messages.length} messages`);
  const [ledgerTwin, messageTwin, sessionTwin] = [
    await twinOf(db, 'notifications'),
    await twinOf(db, 'messages'),
    await twinOf(db, 'chat_sessions'),
  ];
  return timed(async () => {
    for (let from = 0; from < ledger.length; from += BATCH) {
      const part = ledger.slice(from, from + BATCH);
      await insertAll(
        ledgerTwin,
        part.map(({ messageId: _, sessionId: __, ...row }) => ({ ...row, status: 'queued' })),
      );
      await insertAll(sessionTwin, sessions.slice(from, from + BATCH));
      await insertAll(messageTwin, messages.slice(from, from + BATCH));
      await ledgerTwin.bulkWrite(
        part.map(({ _id, status, statusAt, messageId, sessionId }) => ({
          updateOne: { filter: { _id }, update: { $set: { status, statusAt, messageId, sessionId } } },
        })),
        { ordered: false },
      );
    }
  });
}

async function run(stack: Stack, db: Db, file: string): Promise<Figure[]> {
  const api = new ApiClient(stack.url);
  const account = { username: 'bench', password: 'Mot-mat-khau-rieng-2026' };
  await api.post('/auth/register', { ...account, email: 'bench@example.com', full_name: 'Bench' });
  api.authenticate((await api.post<{ access_token: string }>('/auth/login', account)).access_token);
  const workerPid = stack.processes.find(({ name }) => name === 'worker')?.pid ?? 0;

  progress(`importing ${ROWS} rows`);
  const memory = watchMemory(workerPid);
  const health = watchLatency(`${stack.url}/health`);
  const { job_id: importId } = await api.upload<TaskReply>('/customers/import', 'people.csv', await readFile(file));
  const imported = await untilEnded(api, importId);
  const [growth, latencies] = [memory.growth(), await health.stop()];
  progress('measuring the floor of the import');
  const importFloorSeconds = await importFloor(db, file);

  progress(`sending to ${RECIPIENTS} customers`);
  const config = await api.post<{ id: string }>('/notifications/config', {
    name: 'bench',
    subject: 'Cước tháng 12',
    body_template: 'Kính gửi {customer_name}, cước là {{ amount | currency }}. Hạn thanh toán: {{ due_date | date }}.',
  });
  const { job_id: sendId } = await api.post<TaskReply>('/notifications/send', {
    customer_ids: 'all',
    filter: { tag: 'bench' },
    notification_config_id: config.id,
  });
  const sent = await untilEnded(api, sendId);
  progress('measuring the floor of the send');
  const sendFloorSeconds = await sendFloor(db, sendId);

  return [
    shareOfFloor('import', 'rows/s', (ROWS / imported.duration_ms) * 1_000, ROWS / importFloorSeconds, 0.4),
    atMost('worker_memory_growth', 'MiB', growth, 96),
    reported('health_p99_during_import', 'ms', percentile(latencies, 0.99)),
    shareOfFloor('send', 'recipients/s', ((sent.result['sent'] ?? 0) / sent.duration_ms) * 1_000, RECIPIENTS / sendFloorSeconds, 0.3),
  ];
}

const dir = await mkdtemp(join(tmpdir(), 'notification-bot-bench-'));
const mongoPort = await freePort();
const mongo = new SupervisedProcess({
  name: 'mongo',
  command: process.execPath,
  args: ['dist/apps/local/src/mongo.js', '--port', String(mongoPort), '--data', join(dir, 'mongo')],
  logDir: dir,
  onEvent: progress,
});
try {
  const [, mongoUrl = ''] = await mongo.untilPrinted(/ready (mongodb:\S+)/);
  process.env['MONGODB_URL'] = mongoUrl;
  process.env['MAX_FILE_SIZE'] = String(64 * 1024 * 1024);
  const file = join(dir, 'people.csv');
  await writePeople(file, { rows: ROWS, tagged: RECIPIENTS, seed: SEED });
  const stack = await Stack.start({ port: 0, workerPort: 0, dataDir: dir, workers: 1, onEvent: progress });
  const client = await new MongoClient(mongoUrl).connect();
  try {
    print('main', await run(stack, client.db('chatbot_db'), file));
  } finally {
    await client.close();
    await stack.stop();
  }
} finally {
  await mongo.stop();
  await rm(dir, { recursive: true, force: true });
}
