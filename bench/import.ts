import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';
import { bulkWriteAll, inserts, parsingFloor, twinOf } from './floors.js';
import { onLocalStack, progress, untilCompleted, type LocalStack, type TaskReply } from './local-stack.js';
import { writePeople } from './people.js';
import { askLoopDelay, watchLatency, watchMemory } from './probes.js';
import { atLeast, atMost, percentile, print, shareOfFloor, type Figure } from './report.js';

/**
 * Imports of a file in which everybody is new, changed or the same, against papaparse over the file and the raw bulk write
 * of the same documents; then what lists, searches and the export cost among so many customers.
 */
const ROWS = Number(process.env['BENCH_ROWS'] ?? 100_000);
const MANY_ROWS = Number(process.env['BENCH_MANY_ROWS'] ?? 3 * ROWS);
const SEED = 20_261_128;
const SHARE = 0.6;
/** Of the share, with many rows. */
const KEPT = 0.8;
const CLIENTS = 4;
const ROUNDS = 6;
const ROUND_MS = 1_000;

const delays = join(import.meta.dirname, 'loop-delay.js');

/** What one import came to. */
interface Run {
  rowsPerSecond: number;
  growth: number;
  loop: { p99: number; max: number };
  latencies: number[];
}

async function importFile({ api, url, dir, pidOf }: LocalStack, rows: number, file: string): Promise<Run> {
  const worker = pidOf('worker');
  await askLoopDelay(dir, worker);
  const memory = watchMemory(worker);
  const health = watchLatency(`${url}/health`);
  const { job_id: id } = await api.upload<TaskReply>('/customers/import', 'people.csv', await readFile(file));
  const { duration_ms: ms } = await untilCompleted(api, id);
  const [loop, growth, latencies] = [await askLoopDelay(dir, worker), memory.growth(), await health.stop()];
  return { rowsPerSecond: (rows / ms) * 1_000, growth, loop, latencies };
}

/** The raw write of customers as they are stored, by their e-mail. */
const updates = (documents: readonly Document[]): AnyBulkWriteOperation[] =>
  documents.map(({ _id, ...fields }) => ({ updateOne: { filter: { emailKey: fields['emailKey'] as string }, update: { $set: fields } } }));

async function floorOf(stack: LocalStack, file: string, target: Collection, operations: typeof updates): Promise<number> {
  const documents = await stack.db.collection('customers').find().toArray();
  const seconds = await parsingFloor(file, documents, (part) => bulkWriteAll(target, operations(part)));
  return documents.length / seconds;
}

/** Imports of `rows` rows, each beside its floor; of very many, only the one in which everybody is new. */
async function importing(stack: LocalStack, rows: number): Promise<{ figures: Figure[]; ratio: number }> {
  const suffix = rows === ROWS ? '' : `_${rows}`;
  const [first, second] = [join(stack.dir, `${rows}-first.csv`), join(stack.dir, `${rows}-second.csv`)];
  await writePeople(first, { rows, tagged: 0, seed: SEED });
  await writePeople(second, { rows, tagged: 0, seed: SEED + 1 });
  await stack.db.collection('customers').deleteMany({});
  const twin = await twinOf(stack.db, 'customers');
  const figures: Figure[] = [];
  const runs: Run[] = [];
  const kinds = [
    ['new', first, inserts],
    ['updates', second, updates],
    ['unchanged', second, updates],
  ] as const;
  for (const [name, file, operations] of rows === ROWS ? kinds : kinds.slice(0, 1)) {
    progress(`importing ${rows} rows: ${name}`);
    const run = await importFile(stack, rows, file);
    progress(`  ${Math.round(run.rowsPerSecond)} rows/s, +${Math.round(run.growth)} MiB; its floor`);
    const floor = await floorOf(stack, file, twin, operations);
    figures.push(shareOfFloor(`import_${name}${suffix}`, 'rows/s', run.rowsPerSecond, floor, rows === ROWS ? SHARE : SHARE * KEPT));
    runs.push(run);
  }
  const most = (values: number[]): number => Math.max(...values);
  figures.push(
    atMost(`worker_memory_growth${suffix}`, 'MiB', most(runs.map(({ growth }) => growth)), 64),
    atMost(`worker_event_loop_delay_p99${suffix}`, 'ms', most(runs.map(({ loop }) => loop.p99)), 50),
    atMost(
      `health_p99_during_import${suffix}`,
      'ms',
      percentile(
        runs.flatMap(({ latencies }) => latencies),
        0.99,
      ),
      50,
    ),
  );
  await twin.drop();
  for (const figure of figures) progress(JSON.stringify(figure));
  return { figures, ratio: figures[0]?.ratio ?? NaN };
}

/** How many batches had been begun beyond the checkpoint when the worker was killed: those are done again. */
async function killing(stack: LocalStack): Promise<Figure> {
  progress('killing the worker in the middle of an import');
  const file = join(stack.dir, `${ROWS}-second.csv`);
  const { job_id: id } = await stack.api.upload<TaskReply>('/customers/import', 'people.csv', await readFile(file));
  while ((await stack.api.get<TaskReply>(`/tasks/${id}`)).processed_items < ROWS / 3) await sleep(50);
  process.kill(stack.pidOf('worker'), 'SIGKILL');
  const task = await stack.db.collection('tasks').findOne({ jobId: id });
  const planned = await stack.db.collection('task_batches').countDocuments({ jobId: id });
  await untilCompleted(stack.api, id);
  return atMost('batches_done_again_after_kill', 'batches', planned - (task?.['checkpoint'] as { batch: number }).batch, 1);
}

type Ask = () => string;

/** Milliseconds of each request of each kind, four clients at a time, the kinds in turns. */
async function latenciesOf({ api }: LocalStack, kinds: Record<string, Ask>): Promise<Record<string, number[]>> {
  const samples = Object.fromEntries(Object.keys(kinds).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, ask] of Object.entries(kinds)) {
      const end = performance.now() + ROUND_MS;
      const client = async (): Promise<void> => {
        while (performance.now() < end) {
          const from = performance.now();
          await (await api.fetch(ask())).arrayBuffer();
          if (round > 0) samples[name]?.push(performance.now() - from);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
    }
  }
  return samples;
}

async function reading(stack: LocalStack): Promise<Figure[]> {
  const { api, db, pidOf } = stack;
  progress('walking the list');
  const ids = (
    await db
      .collection('customers')
      .find({}, { projection: { _id: 1 } })
      .toArray()
  ).map(({ _id }) => _id.toHexString());
  const cursors: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const page: { next_cursor: string | null } = await api.get(`/customers?limit=200${next && `&cursor=${next}`}`);
    next = page.next_cursor;
    if (next !== null) cursors.push(next);
  }
  const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  const rare = (): string => `khach.hang.${Math.floor(Math.random() * ids.length)}@example.com`;
  progress('reading with four clients');
  const samples = await latenciesOf(stack, {
    get: () => `/customers/${anyOf(ids)}`,
    list: () => `/customers?limit=20&cursor=${anyOf(cursors)}`,
    rare: () => `/customers?limit=20&search=${rare()}`,
    common: () => '/customers?limit=20&search=nguyen',
  });
  const p95 = (name: string): number => percentile(samples[name] ?? [], 0.95);
  const multiple = (name: string, kind: string, most: number): Figure => ({
    ...atMost(name, 'times the p95 of one customer', p95(kind) / p95('get'), most),
    floor: p95('get'),
  });

  progress('exporting');
  const memory = watchMemory(pidOf('api'));
  const from = performance.now();
  let bytes = 0;
  const reply = await api.fetch('/customers/export.csv');
  for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
  const seconds = (performance.now() - from) / 1_000;
  if (bytes < ids.length * 50) throw new Error(`The export has ${bytes} bytes`);
  return [
    multiple('list_at_any_depth_p95', 'list', 3),
    multiple('search_rare_p95', 'rare', 3),
    multiple('search_nguyen_p95', 'common', 4),
    atLeast('export', 'rows/s', ids.length / seconds, 20_000),
    atMost('api_memory_growth_during_export', 'MiB', memory.growth(), 64),
  ];
}

process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import=${delays}`.trim();
await onLocalStack(async (stack) => {
  const { figures, ratio } = await importing(stack, ROWS);
  const read = await reading(stack);
  for (const figure of read) progress(JSON.stringify(figure));
  const killed = await killing(stack);
  const many = MANY_ROWS > ROWS ? await importing(stack, MANY_ROWS) : undefined;
  print('import', [
    ...figures,
    ...read,
    killed,
    ...(many ? [...many.figures, atLeast('share_of_ratio_kept_at_many_rows', '', many.ratio / ratio, KEPT)] : []),
  ]);
});
