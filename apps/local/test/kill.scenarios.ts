import type { RunningStack, TaskReply } from './running-stack.js';

const PEOPLE = 3_000;
/** Every hundredth row repeats an earlier e-mail with another name, every 150th has none. */
const REPEATED = PEOPLE / 100;
const BROKEN = PEOPLE / 150;

/** A file of one run: its e-mails are its own. */
function peopleCsv(run: number): Buffer {
  const lines = ['email,full_name,phone,tags,amount'];
  for (let n = 0; n < PEOPLE; n += 1)
    lines.push(`kill${run}.${n}@example.com,Nguyễn Văn ${n},+84912${String(n).padStart(6, '0')},run${run},${n * 1_000}`);
  for (let n = 0; n < REPEATED; n += 1) lines.push(`KILL${run}.${n * 100}@example.com,Trần Thị ${n},,,`);
  for (let n = 0; n < BROKEN; n += 1) lines.push(`,Không Có Thư ${n},,,`);
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Kills the worker once `atLeast` rows are done, and compares the end with that of an unbroken run. */
export async function importSurvivesKill(stack: RunningStack, run: number, atLeast: number): Promise<void> {
  const { job_id: jobId } = await stack.api.upload<TaskReply>('/customers/import', 'people.csv', peopleCsv(run));
  const before = await stack.untilProcessed(jobId, atLeast);
  expect(['pending', 'running']).toContain(before.status);
  await stack.killWorker();

  const ended = await stack.untilEnded(jobId);
  expect(ended).toMatchObject({
    status: 'completed',
    result: { total_rows: PEOPLE + REPEATED + BROKEN, created: PEOPLE, updated: REPEATED, unchanged: 0, skipped: 0, failed: BROKEN },
  });
  const customers = await stack.db
    .collection('customers')
    .find({ tags: `run${run}` })
    .toArray();
  expect(customers).toHaveLength(PEOPLE);
  expect(new Set(customers.map(({ emailKey }) => emailKey as string)).size).toBe(PEOPLE);
  expect(customers.filter(({ fullName }) => (fullName as string).startsWith('Trần'))).toHaveLength(REPEATED);
  expect(await stack.db.collection('import_rows').countDocuments({ jobId, row: { $gt: 0 } })).toBe(BROKEN);
}

/** Kills the worker once `atLeast` recipients of a send to one run's people are done: everybody is told exactly once. */
export async function sendSurvivesKill(stack: RunningStack, run: number, atLeast: number, tag: string): Promise<void> {
  const config = await stack.api.post<{ id: string }>('/notifications/config', {
    name: `Kill ${run}`,
    body_template: 'Kính gửi {customer_name}, cước là {{ amount | currency }}.',
  });
  const { job_id: jobId } = await stack.api.post<TaskReply>('/notifications/send', {
    customer_ids: 'all',
    filter: { tag },
    notification_config_id: config.id,
  });
  const before = await stack.untilProcessed(jobId, atLeast);
  expect(['pending', 'running']).toContain(before.status);
  await stack.killWorker();

  const ended = await stack.untilEnded(jobId);
  expect(ended).toMatchObject({ status: 'completed', result: { total: PEOPLE, sent: PEOPLE, failed: 0, skipped: 0, cancelled: 0 } });
  const ledger = await stack.db.collection('notifications').find({ jobId }).toArray();
  expect(ledger).toHaveLength(PEOPLE);
  expect(new Set(ledger.map(({ customerId }) => String(customerId))).size).toBe(PEOPLE);
  expect(ledger.every(({ status }) => status === 'sent')).toBe(true);
  const messages = await stack.db
    .collection('messages')
    .find({ notificationId: { $in: ledger.map(({ _id }) => _id) } })
    .toArray();
  expect(messages).toHaveLength(PEOPLE);
  expect(new Set(messages.map(({ customerId }) => String(customerId))).size).toBe(PEOPLE);
}
