import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from './api-client.js';
import { Stack, StackError } from './stack.js';

interface TaskReply {
  job_id: string;
  status: string;
  progress: number;
  processed_items: number;
  total_items: number | null;
  duration_ms: number | null;
  error_message: string | null;
  result: Record<string, unknown> | null;
}

interface RowError {
  row: number;
  column: string | null;
  code: string;
  message: string;
  value: string | null;
}

interface Customer {
  id: string;
  full_name: string;
  email: string;
  metadata: Record<string, string>;
}

interface Answer {
  content: string;
  provider: string;
  degraded: string[];
  needs_human: boolean;
  citations: { notification_id?: string; quote: string }[];
}

const SAMPLE = 'samples/customers.vi.csv';
const TEMPLATE = {
  name: 'Cước Internet hằng tháng',
  subject: 'Thông báo cước tháng {{ month }}',
  body_template:
    'Kính gửi {customer_name}, cước Internet tháng {{ month }} của quý khách là {{ amount | currency }}. ' +
    'Hạn thanh toán: {{ due_date | date }}.{% if city == "Hà Nội" %} Quý khách tại Hà Nội có thể thanh toán tại quầy 48 Vạn Bảo.{% endif %}',
  notification_type: 'reminder',
};
const QUESTIONS = [
  'Khi nào tôi phải thanh toán và số tiền là bao nhiêu?',
  'khi nao toi phai dong tien, bao nhieu?',
  'When is my payment due and how much is it?',
];
const UNKNOWN_QUESTION = 'Mật khẩu wifi nhà tôi là gì?';

const started = performance.now();
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;
const say = (text: string): void => console.log(`   ${text}`);

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  console.log(`\n▶ ${title}`);
  const outcome = await work();
  console.log(`   ✔ ${seconds(from)}`);
  return outcome;
}

async function untilEnded(api: ApiClient, jobId: string): Promise<TaskReply> {
  let shown = '';
  for (;;) {
    const task = await api.get<TaskReply>(`/tasks/${jobId}`);
    const line = `${task.status} ${Math.round(task.progress * 100)} % (${task.processed_items} of ${task.total_items ?? '?'})`;
    if (line !== shown) say(line);
    shown = line;
    if (task.status === 'completed') return task;
    if (task.status !== 'pending' && task.status !== 'running') throw new Error(`The task ${task.status}: ${task.error_message ?? ''}`);
    await sleep(250);
  }
}

async function register(api: ApiClient): Promise<void> {
  const account = { username: 'admin', password: 'Mot-mat-khau-rieng-2026' };
  const user = await api.post<{ username: string; is_superuser: boolean }>('/auth/register', {
    ...account,
    email: 'admin@example.com',
    full_name: 'Quản trị viên',
  });
  say(`registered ${user.username}${user.is_superuser ? ', a superuser because it is the first account' : ''}`);
  const { access_token: token, expires_in: expiresIn } = await api.post<{ access_token: string; expires_in: number }>(
    '/auth/login',
    account,
  );
  api.authenticate(token);
  say(`logged in; the token lasts ${expiresIn / 60} minutes`);
}

async function importCustomers(api: ApiClient): Promise<void> {
  const { job_id: jobId } = await api.upload<TaskReply>('/customers/import', 'customers.vi.csv', await readFile(SAMPLE));
  const { result } = await untilEnded(api, jobId);
  const { errors, ...counts } = result as { errors: RowError[] };
  say(JSON.stringify(counts));
  for (const { row, column, code, message } of errors) say(`row ${row}${column === null ? '' : `, ${column}`}: ${code} — ${message}`);
}

async function createTemplate(api: ApiClient, customer: Customer): Promise<string> {
  const config = await api.post<{ id: string; version: number; variables: { name: string }[] }>('/notifications/config', TEMPLATE);
  say(`"${TEMPLATE.name}" version ${config.version}, variables ${config.variables.map(({ name }) => name).join(', ')}`);
  const preview = await api.post<{ subject: string; body: string }>('/notifications/preview', {
    notification_config_id: config.id,
    customer_id: customer.id,
    data: { month: '12/2026' },
  });
  say(`preview for ${customer.full_name}:`);
  say(`  ${preview.subject}`);
  say(`  ${preview.body}`);
  return config.id;
}

async function send(api: ApiClient, configId: string): Promise<void> {
  const { job_id: jobId } = await api.post<TaskReply>('/notifications/send', {
    customer_ids: 'all',
    notification_config_id: configId,
    data: { month: '12/2026' },
  });
  const { result } = await untilEnded(api, jobId);
  const { errors: _, ...counts } = result as { errors: unknown[] };
  say(JSON.stringify(counts));
  const stats = await api.get<Record<string, unknown>>(`/notifications/stats?job_id=${jobId}`);
  say(`statistics: ${JSON.stringify({ total: stats['total'], by_status: stats['by_status'], success_rate: stats['success_rate'] })}`);
}

async function ask(api: ApiClient, customer: Customer): Promise<void> {
  say(`${customer.full_name} was told: ${customer.metadata['amount']} due ${customer.metadata['due_date']}`);
  for (const content of [...QUESTIONS, UNKNOWN_QUESTION]) {
    const from = performance.now();
    const answer = await api.post<Answer>('/messages/send', { customer_id: customer.id, content });
    say('');
    say(`customer: ${content}`);
    say(`${answer.provider} (${seconds(from)}): ${answer.content}`);
    for (const { notification_id: id, quote } of answer.citations)
      say(`  cites ${id === undefined ? 'a message' : `notice ${id}`}: "${quote}"`);
    if (answer.needs_human) say('  hands over to a person');
  }
}

async function showStatistics(api: ApiClient, customer: Customer): Promise<void> {
  say(`memory: ${JSON.stringify(await api.get(`/messages/memory/stats?customer_id=${customer.id}`))}`);
  say(`tasks: ${JSON.stringify(await api.get('/tasks/stats/overview'))}`);
  say(`${api.url}/docs  ${api.url}/redoc  ${api.url}/openapi.json`);
}

async function run({ url }: Stack): Promise<void> {
  const api = new ApiClient(url);
  await step('1. Register the first account and log in', () => register(api));
  await step(`2. Import ${SAMPLE}`, () => importCustomers(api));
  const { items } = await api.get<{ items: [Customer] }>('/customers?limit=1&search=nguyen');
  const [customer] = items;
  const configId = await step('3. Make a template and preview it', () => createTemplate(api, customer));
  await step('4. Send it to everybody', () => send(api, configId));
  await step('5. Ask as one customer', () => ask(api, customer));
  await step('6. What was remembered, what was done, where to read on', () => showStatistics(api, customer));
}

// On a server of yours the demo keeps to a database and to keys of its own.
const runId = randomBytes(4).toString('hex');
Object.assign(process.env, { MONGODB_DATABASE: `notification_bot_demo_${runId}`, REDIS_PREFIX: `demo-${runId}` });

const dataDir = await mkdtemp(join(tmpdir(), 'notification-bot-demo-'));
let exitCode = 0;
try {
  const stack = await step('Start database, Redis, API and worker', async () => {
    const running = await Stack.start({ port: 0, workerPort: 0, dataDir, workers: 1, onEvent: say });
    for (const { name, pid } of running.processes) say(`${name} pid ${pid}`);
    return running;
  });
  try {
    await run(stack);
  } finally {
    await step('Stop everything', () => stack.stop());
  }
  console.log(`\nDone in ${seconds(started)}.`);
} catch (error) {
  console.error(error instanceof StackError ? error.message : error);
  exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(exitCode);
