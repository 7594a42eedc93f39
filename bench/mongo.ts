import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type AnyBulkWriteOperation, type Collection, type Db, type Document } from 'mongodb';
import { RawClient } from './raw-client.js';
import { atLeast, atMost, median, percentile, print, reported, shareOfFloor, type Figure } from './report.js';

/** The embedded database alone in a process of its own, against the driver's bare ping in the same run. */
const DOCUMENTS = 100_000;
const FEW = 1_000;
const BATCH = 1_000;
const IN_FLIGHT = 16;
const ROUNDS = 8;
const ROUND_MS = 400;

/** One operation of one of the loops that are in flight. */
type Work = (lane: number) => Promise<unknown>;

const progress = (text: string): void => console.error(text);
const anyOf = (count: number): number => Math.floor(Math.random() * count);

/** About 500 bytes of BSON. */
const documentOf = (n: number, unique = n): Document => ({
  _id: n as never,
  email: `person${unique}@example.com`,
  group: n % 97,
  at: new Date(1_700_000_000_000 + n * 1_000),
  name: `Nguyễn Văn ${n}`,
  text: 'x'.repeat(370),
});

interface Server {
  child: ChildProcess;
  url: string;
  startMs: number;
}

async function startServer(folder: string): Promise<Server> {
  const from = performance.now();
  const child = spawn(process.execPath, ['dist/apps/local/src/mongo.js', '--port', '0', '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, url: line.toString().replace('ready', '').trim(), startMs: performance.now() - from };
}

async function stopServer({ child }: Server): Promise<number> {
  const from = performance.now();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  return performance.now() - from;
}

/** Operations a second with a number of them in flight. */
async function rateOf(work: Work, ms = ROUND_MS, inFlight = IN_FLIGHT): Promise<number> {
  let done = 0;
  const end = performance.now() + ms;
  const loop = async (lane: number): Promise<void> => {
    while (performance.now() < end) {
      await work(lane);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, lane) => loop(lane)));
  return (done / ms) * 1_000;
}

/** Two kinds of work in turns, so that a noisy machine disturbs both: the median rate of each, and the median of the rounds' ratios. */
async function paired(work: Work, floor: Work): Promise<{ rate: number; floor: number; ratio: number }> {
  await rateOf(work);
  const rates: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    floors.push(await rateOf(floor));
    rates.push(await rateOf(work));
  }
  return { rate: median(rates), floor: median(floors), ratio: median(rates.map((rate, i) => rate / (floors[i] ?? NaN))) };
}

async function figureOf(name: string, work: Work, floor: Work, share: number): Promise<Figure> {
  progress(name);
  const { rate, floor: floorRate, ratio } = await paired(work, floor);
  return shareOfFloor(name, 'operations/s', rate, floorRate, share, ratio);
}

/** An empty collection with three indexes beside `_id`. */
async function emptyCollection(db: Db, name: string): Promise<Collection> {
  const collection = db.collection(name);
  await collection.drop();
  await collection.createIndexes([{ key: { email: 1 }, unique: true }, { key: { group: 1, at: -1 } }, { key: { at: 1 } }]);
  return collection;
}

/** Documents a second over batches of 1,000. */
async function batchRate(count: number, run: (from: number) => Promise<unknown>): Promise<number> {
  const from = performance.now();
  for (let n = 0; n < count; n += BATCH) await run(n);
  return (count / (performance.now() - from)) * 1_000;
}

const numbers = (from: number): number[] => Array.from({ length: BATCH }, (_, i) => from + i);

const upserts = (from: number, revision: number): AnyBulkWriteOperation[] =>
  numbers(from).map((n) => {
    const { _id: _, email, ...fields } = documentOf(n);
    return { updateOne: { filter: { email: email as string }, update: { $set: { ...fields, revision } }, upsert: true } };
  });

async function memoryOf(pid: number): Promise<{ privateMb: number; residentMb: number }> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? NaN) / 1_024;
  return { privateMb: mb('Private_Clean') + mb('Private_Dirty'), residentMb: mb('Rss') };
}

async function writing(db: Db): Promise<Figure[]> {
  progress('insertMany');
  const rounds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const collection = await emptyCollection(db, 'inserts');
    const batches = new Map(Array.from({ length: 30 }, (_, i) => [i * BATCH, numbers(i * BATCH).map((n) => documentOf(n))]));
    rounds.push(await batchRate(30 * BATCH, (from) => collection.insertMany(batches.get(from) ?? [])));
  }
  progress('bulk upsert');
  const created: number[] = [];
  const changed: number[] = [];
  for (let round = 0; round < 3; round++) {
    const collection = await emptyCollection(db, 'upserts');
    const batches = [1, 2].map((revision) => Array.from({ length: 20 }, (_, i) => upserts(i * BATCH, revision)));
    const run = (list: AnyBulkWriteOperation[][] = []): Promise<number> =>
      batchRate(20 * BATCH, (from) => collection.bulkWrite(list[from / BATCH] ?? [], { ordered: false }));
    created.push(await run(batches[0]));
    changed.push(await run(batches[1]));
  }
  await db.dropCollection('inserts');
  await db.dropCollection('upserts');
  return [
    atLeast('insert_many', 'documents/s', median(rounds), 25_000),
    atLeast('bulk_upsert_new', 'documents/s', median(created), 8_000),
    atLeast('bulk_upsert_existing', 'documents/s', median(changed), 10_000),
  ];
}

async function reading(url: string, db: Db, many: Collection, few: Collection): Promise<Figure[]> {
  const ping: Work = () => db.command({ ping: 1 });
  const byId = (collection: Collection, count: number): Work => {
    return () => collection.findOne({ _id: anyOf(count) as never });
  };
  const byEmail: Work = () => many.findOne({ email: `person${anyOf(DOCUMENTS)}@example.com` });
  const figures = [
    await figureOf('find_by_id', byId(many, DOCUMENTS), ping, 0.85),
    await figureOf('find_by_unique_key', byEmail, ping, 0.85),
    await figureOf('find_by_id_100000_against_1000', byId(many, DOCUMENTS), byId(few, FEW), 0.8),
  ];
  progress('raw sockets');
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(url)));
  const find: Work = (lane) => {
    const client = clients[lane] as RawClient;
    return client.send({ find: 'many', filter: { _id: anyOf(DOCUMENTS) }, limit: 1, singleBatch: true, $db: db.databaseName });
  };
  await rateOf(find, ROUND_MS, clients.length);
  const raw = await rateOf(find, 4 * ROUND_MS, clients.length);
  for (const client of clients) client.close();
  return [...figures, atLeast('find_by_id_raw_sockets', 'operations/s', raw, 10_000)];
}

/** The longest a ping waits while another connection keeps the server busy. */
async function pingsDuring(db: Db, many: Collection): Promise<Figure[]> {
  const long: Record<string, () => Promise<unknown>> = {
    scan: () => many.find({ text: 'absent' }).toArray(),
    count: () => many.countDocuments({ name: /9$/ }),
    sort: () => many.find({}, { sort: { name: -1 }, limit: 10 }).toArray(),
    group: () => many.aggregate([{ $group: { _id: '$group', n: { $sum: 1 }, last: { $max: '$at' } } }]).toArray(),
    update_many: () => many.updateMany({ group: { $lt: 40 } }, { $set: { touched: true } }),
  };
  const figures: Figure[] = [];
  for (const [name, work] of Object.entries(long)) {
    progress(`ping during ${name}`);
    let isRunning = true;
    const running = work().finally(() => (isRunning = false));
    const waits: number[] = [];
    while (isRunning) {
      const from = performance.now();
      await db.command({ ping: 1 });
      waits.push(performance.now() - from);
    }
    await running;
    figures.push(atMost(`ping_p99_during_${name}`, 'ms', percentile(waits, 0.99), 50));
  }
  return figures;
}

const folder = await mkdtemp(join(tmpdir(), 'mongo-bench-'));
try {
  const starts: number[] = [];
  const stops: number[] = [];
  for (let round = 0; round < 5; round++) {
    const server = await startServer(join(folder, 'start'));
    starts.push(server.startMs);
    stops.push(await stopServer(server));
  }
  const server = await startServer(join(folder, 'data'));
  const client = await new MongoClient(server.url).connect();
  try {
    const db = client.db('bench');
    progress(`loading ${DOCUMENTS} documents`);
    const many = await emptyCollection(db, 'many');
    await batchRate(DOCUMENTS, (from) => many.insertMany(numbers(from).map((n) => documentOf(n))));
    const { privateMb, residentMb } = await memoryOf(server.child.pid ?? 0);
    const few = await emptyCollection(db, 'few');
    await few.insertMany(numbers(0).map((n) => documentOf(n)));
    const figures = [...(await reading(server.url, db, many, few)), ...(await writing(db)), ...(await pingsDuring(db, many))];
    figures.push(
      atMost('start_to_ready', 'ms', median(starts), 300),
      atMost('clean_shutdown', 'ms', median(stops), 300),
      atMost('private_memory_100000_documents', 'MiB', privateMb, 120),
      atMost('resident_memory_100000_documents', 'MiB', residentMb, 250),
      reported('private_memory_at_the_end', 'MiB', (await memoryOf(server.child.pid ?? 0)).privateMb),
    );
    print('mongo', figures);
  } finally {
    await client.close();
    await stopServer(server);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
