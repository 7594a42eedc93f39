import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from 'mongodb';
import { BATCH, bulkWriteAll, inserts, parsingFloor, timed, twinOf } from './floors.js';
import { onLocalStack, progress, untilCompleted, type LocalStack, type TaskReply } from './local-stack.js';
import { writePeople } from './people.js';
import { watchLatency, watchMemory } from './probes.js';
import { atMost, percentile, print, reported, shareOfFloor, type Figure } from './report.js';

/** Import of a large file and a send to many, each against the same documents written raw in the same run. */
const ROWS = Number(process.env['BENCH_ROWS'] ?? 100_000);
const RECIPIENTS = Math.min(ROWS, Number(process.env['BENCH_RECIPIENTS'] ?? 20_000));
const SEED = 20_261_122;

/** What the floor writes a second time. */
interface LedgerRow {
  jobId: string;
  status: string;
  statusAt: object;
  messageId: object;
  sessionId: object;
}

async function importFloor(db: Db, file: string): Promise<number> {
  const documents = await db.collection('customers').find().toArray();
  const twin = await twinOf(db, 'customers');
  return parsingFloor(file, documents, (part) => bulkWriteAll(twin, inserts(part)));
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
      await bulkWriteAll(ledgerTwin, inserts(part.map(({ messageId: _, sessionId: __, ...row }) => ({ ...row, status: 'queued' }))));
      await bulkWriteAll(sessionTwin, inserts(sessions.slice(from, from + BATCH)));
      await bulkWriteAll(messageTwin, inserts(messages.slice(from, from + BATCH)));
      await ledgerTwin.bulkWrite(
        part.map(({ _id, status, statusAt, messageId, sessionId }) => ({
          updateOne: { filter: { _id }, update: { $set: { status, statusAt, messageId, sessionId } } },
        })),
        { ordered: false },
      );
    }
  });
}

async function run({ api, url, db, pidOf }: LocalStack, file: string): Promise<Figure[]> {
  progress(`importing ${ROWS} rows`);
  const memory = watchMemory(pidOf('worker'));
  const health = watchLatency(`${url}/health`);
  const { job_id: importId } = await api.upload<TaskReply>('/customers/import', 'people.csv', await readFile(file));
  const imported = await untilCompleted(api, importId);
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
  const sent = await untilCompleted(api, sendId);
  progress('measuring the floor of the send');
  const sendFloorSeconds = await sendFloor(db, sendId);

  return [
    shareOfFloor('import', 'rows/s', (ROWS / imported.duration_ms) * 1_000, ROWS / importFloorSeconds, 0.4),
    atMost('worker_memory_growth', 'MiB', growth, 96),
    reported('health_p99_during_import', 'ms', percentile(latencies, 0.99)),
    shareOfFloor('send', 'recipients/s', ((sent.result['sent'] ?? 0) / sent.duration_ms) * 1_000, RECIPIENTS / sendFloorSeconds, 0.3),
  ];
}

await onLocalStack(async (stack) => {
  const file = join(stack.dir, 'people.csv');
  await writePeople(file, { rows: ROWS, tagged: RECIPIENTS, seed: SEED });
  print('main', await run(stack, file));
});
