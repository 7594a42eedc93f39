import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MongoClient, MongoServerError, type Collection } from 'mongodb';
import { indexFaults } from './kill.fixture-spec.js';
import { ServerProgram, type ServerOptions } from './process.fixture-spec.js';
import { describeEmbedded, isEmbedded, refusal } from './server.fixture-spec.js';

/** Of the data file where that is bounded, of the whole disk elsewhere. */
const BOUND = 4 * 2 ** 20;
const DISK = 2 * BOUND;
const BATCH = 200;
/** A document fills most of a page of the data file. */
const TEXT = 3_500;
const OUT_OF_DISK_SPACE = { code: 14031 };

interface Item {
  _id: number;
  key: string;
  group: number;
  labels: string[];
  text: string;
}

/** Mounting takes rights that not every machine gives; without them, one test is skipped. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'em-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
}

const disk = isEmbedded ? mountSmallDisk() : undefined;
const itOnDisk = disk === undefined ? it.skip : it;

let program: ServerProgram;

beforeAll(() => {
  program = new ServerProgram();
});

afterAll(() => {
  program.remove();
  if (disk === undefined) return;
  // Lazily: after a failure something may still hold it.
  execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

const items = (client: MongoClient): Collection<Item> => client.db('full').collection<Item>('items');

/** Runs in a process of its own, which has to end well: a full disk is a matter of native code, too. */
async function withServer<T>(options: ServerOptions, run: (client: MongoClient) => Promise<T>): Promise<T> {
  const server = await program.start(options);
  const client = await new MongoClient(server.url, { serverSelectionTimeoutMS: 2_000 }).connect();
  try {
    const result = await run(client);
    await client.close();
    await server.stop();
    return result;
  } catch (error) {
    throw new Error(`${String(error)}; ${server.report()}`, { cause: error });
  } finally {
    await client.close();
    await server.kill();
  }
}

function item(_id: number): Item {
  return { _id, key: `key ${_id}`, group: _id % 7, labels: [`a${_id % 11}`, `b${_id % 13}`], text: `${_id} `.padEnd(TEXT, 'x') };
}

/** Fills a store until not one more document fits; answers the number of those in it, from 0 up without a hole. */
async function fill(client: MongoClient): Promise<number> {
  const collection = items(client);
  await collection.createIndexes([{ key: { key: 1 }, unique: true }, { key: { group: 1, _id: -1 } }, { key: { labels: 1 } }]);
  let acknowledged = 0;
  for (let size = BATCH; size > 0; size = Math.floor(size / 5)) {
    for (let isFull = false; !isFull;) {
      if (acknowledged * TEXT > 2 * DISK) throw new Error('the store takes more than its bound');
      const batch = Array.from({ length: size }, (_, i) => item(acknowledged + i));
      isFull = await collection.insertMany(batch).then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(MongoServerError);
          expect(error).toMatchObject({ code: OUT_OF_DISK_SPACE.code });
          return true;
        },
      );
      if (!isFull) acknowledged += size;
      // What was refused may be there up to some document; the next batch begins behind it.
      else acknowledged = await collection.countDocuments({}, { hint: '_id_' });
    }
  }
  return expectWhole(collection, acknowledged);
}

/** All documents from 0 on, each as it was sent, at least as many as given; and indexes that say the same. */
async function expectWhole(collection: Collection<Item>, least: number): Promise<number> {
  const stored = await collection.find({}, { sort: { _id: 1 } }).toArray();
  expect(stored.length).toBeGreaterThanOrEqual(least);
  expect(stored.filter((document, id) => !isDeepStrictEqual(document, item(id)))).toEqual([]);
  expect(await indexFaults(collection)).toEqual([]);
  return stored.length;
}

/** On a full store: big writes are refused, reads and deletes work, then smaller writes do. Answers the number of documents left. */
async function makeRoom(client: MongoClient, stored: number): Promise<number> {
  const collection = items(client);
  const write = collection.insertOne({ ...item(stored), text: 'x'.repeat(DISK) });
  expect(await refusal(write)).toMatchObject(OUT_OF_DISK_SPACE);
  expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 });
  expect(await expectWhole(collection, stored)).toBe(stored);

  for (let id = stored - 1; id >= stored - 10; id--) expect(await collection.deleteOne({ _id: id })).toMatchObject({ deletedCount: 1 });
  expect(await collection.deleteMany({ _id: { $gte: stored - 500 } })).toMatchObject({ deletedCount: 490 });

  await collection.insertMany(Array.from({ length: 200 }, (_, i) => item(stored - 500 + i)));
  expect(await collection.updateMany({ _id: { $lt: 100 } }, { $set: { group: 99 } })).toMatchObject({ modifiedCount: 100 });
  expect(await collection.updateMany({ group: 99 }, [{ $set: { group: { $mod: ['$_id', 7] } } }])).toMatchObject({ modifiedCount: 100 });
  return expectWhole(collection, stored - 300);
}

describeEmbedded('a full disk', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = join(String(disk), 'data');
  });

  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  itOnDisk('should refuse writes, lose none, and go on when there is room again', async () => {
    const left = await withServer({ dataDir }, async (client) => makeRoom(client, await fill(client)));
    await withServer({ dataDir }, async (client) => expect(await expectWhole(items(client), left)).toBe(left));
  });

  itOnDisk('should let a server start on what is there', async () => {
    const stored = await withServer({ dataDir }, fill);
    await withServer({ dataDir }, (client) => makeRoom(client, stored));
  });
});

describeEmbedded('a data file at its bound', () => {
  const folder = (name: string): string => join(program.folder, name);

  it('should refuse writes, lose none, and go on when there is room again', async () => {
    const options = { dataDir: folder('filled'), mapBytes: BOUND };
    const stored = await withServer(options, fill);
    const left = await withServer(options, (client) => makeRoom(client, stored));
    await withServer(options, async (client) => expect(await expectWhole(items(client), left)).toBe(left));
  });

  it('should take the documents that fit when the bound is raised', async () => {
    const dataDir = folder('raised');
    const stored = await withServer({ dataDir, mapBytes: BOUND }, fill);

    await withServer({ dataDir, mapBytes: 3 * BOUND }, async (client) => {
      await items(client).insertMany(Array.from({ length: 1_000 }, (_, i) => item(stored + i)));
      expect(await items(client).countDocuments({})).toBe(stored + 1_000);
    });
  });

  it('should refuse every kind of write by the same code, change nothing, and survive a kill in the middle', async () => {
    const options = { dataDir: folder('killed'), mapBytes: BOUND };
    const server = await program.start(options);
    const client = await new MongoClient(server.url, { serverSelectionTimeoutMS: 2_000 }).connect();
    const stored = await fill(client);
    const collection = items(client);
    const text = 'x'.repeat(DISK);
    const writes = (): Promise<unknown>[] => [
      collection.updateOne({ _id: 1 }, { $set: { text } }),
      collection.replaceOne({ _id: 2 }, { ...item(2), text }),
      collection.updateOne({ _id: -1 }, { $set: { text } }, { upsert: true }),
      collection.findOneAndUpdate({ _id: 3 }, { $set: { text } }),
      collection.insertMany([{ ...item(-2), text }]),
      collection.bulkWrite([{ updateOne: { filter: { _id: 4 }, update: { $set: { text } } } }]),
    ];
    const refusals = await Promise.all(writes().map(refusal));

    expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => OUT_OF_DISK_SPACE.code));
    const interrupted = Promise.allSettled(writes());
    await server.kill();
    await client.close(true);
    await interrupted;
    await withServer(options, async (again) => expect(await expectWhole(items(again), stored)).toBe(stored));
  });
});
