import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize } from 'bson';
import { open } from 'lmdb';
import { MongoClient, type Collection } from 'mongodb';
import { startEmbeddedMongo } from './index.js';
import { indexFaults, killRounds, markCrashed, newSeed } from './kill.fixture-spec.js';
import { ServerProgram } from './process.fixture-spec.js';
import { describeEmbedded } from './server.fixture-spec.js';

const ROUNDS = 20;
const TREE = { keyEncoding: 'binary', encoding: 'binary' } as const;

let program: ServerProgram;

beforeAll(() => {
  program = new ServerProgram();
});

afterAll(() => program.remove());

describeEmbedded('the death of the process', () => {
  it('should lose no acknowledged write and keep indexes and documents in step when killed at any moment', async () => {
    expect((await killRounds(program, ROUNDS, newSeed())).acknowledged).toBeGreaterThan(ROUNDS * 10);
  }, 60_000);

  it('should refuse a second process while the first lives, and let one in after its death', async () => {
    const dataDir = join(program.folder, 'locked');
    const first = await program.start({ dataDir });

    await expect(startEmbeddedMongo({ dataDir })).rejects.toThrow(/is in use by another embedded-mongo process/);
    await first.kill();
    await (await startEmbeddedMongo({ dataDir })).close();
  });
});

describeEmbedded('a folder that a machine crash left', () => {
  let dataDir: string;
  let folders = 0;

  beforeEach(async () => {
    dataDir = join(program.folder, `crashed-${++folders}`);
    await withCollection(async (collection) => {
      await collection.createIndexes([
        { key: { city: 1 } },
        { key: { mail: 1 }, unique: true },
        { key: { tags: 1, age: -1 } },
        { key: { age: 1 }, partialFilterExpression: { isMember: true } },
      ]);
      await collection.insertMany(
        Array.from({ length: 500 }, (_, i) => ({
          city: `city-${i}.`,
          mail: `mail-${i}.`,
          tags: [`tag-${i}.`, 'all'],
          age: i,
          isMember: i % 2 === 0,
        })),
      );
      await collection.db.collection('sound').insertOne({ city: 'none' });
    });
  });

  async function withCollection(work: (collection: Collection & { db: ReturnType<MongoClient['db']> }) => Promise<unknown>): Promise<void> {
    const server = await startEmbeddedMongo({ dataDir });
    const client = await new MongoClient(server.url).connect();
    const db = client.db('crash');
    try {
      await work(Object.assign(db.collection('people'), { db }));
    } finally {
      await client.close();
      await server.close();
    }
  }

  /** Changes, in whatever tree of the data file has it, every entry that a rule is about: to other bytes, or to none at all. */
  async function damage(rule: (key: Buffer, value: Buffer) => Buffer | 'remove' | undefined): Promise<void> {
    const root = open<Buffer, Buffer>({ path: dataDir, maxDbs: 2_000, ...TREE });
    let changes = 0;
    for (const name of [...root.getKeys()]) {
      const tree = root.openDB<Buffer, Buffer>(name.toString(), TREE);
      for (const { key, value } of [...tree.getRange()].map((entry) => ({
        key: Buffer.from(entry.key),
        value: Buffer.from(entry.value),
      }))) {
        const change = rule(key, value);
        if (change === undefined) continue;
        if (change === 'remove') await tree.remove(key);
        else await tree.put(key, change);
        changes++;
      }
    }
    await root.close();
    expect(changes).toBe(1);
    markCrashed(dataDir);
  }

  it('should be checked, opened and marked as sound when nothing is wrong', async () => {
    markCrashed(dataDir);
    await withCollection(async (collection) => {
      expect(await collection.countDocuments({})).toBe(500);
      expect(await indexFaults(collection)).toEqual([]);
    });

    expect(JSON.parse(readFileSync(join(dataDir, 'state.json'), 'utf8'))).toMatchObject({ clean: true });
  });

  const documentOf = (city: string, value: Buffer): boolean =>
    value.includes(`city\0`) && value.length > 50 && deserialize(value)['city'] === city;
  const damages: [string, Parameters<typeof damage>[0]][] = [
    ['an index entry is gone', (key) => (key.includes('city-77.') ? 'remove' : undefined)],
    ['an entry of a unique index is gone', (key) => (key.includes('mail-77.') ? 'remove' : undefined)],
    ['an entry of a multikey index is gone', (key) => (key.includes('tag-77.') ? 'remove' : undefined)],
    ['a document is gone', (_, value) => (documentOf('city-77.', value) ? 'remove' : undefined)],
    ['a document is cut', (_, value) => (documentOf('city-77.', value) ? value.subarray(0, 40) : undefined)],
    [
      'a document is another than its index says',
      (_, value) =>
        documentOf('city-77.', value) ? Buffer.from(value.toString('latin1').replace('city-77.', 'city-7x.'), 'latin1') : undefined,
    ],
  ];

  it.each(damages)('should be refused by the name of the collection when %s', async (_, rule) => {
    await damage(rule);

    await expect(startEmbeddedMongo({ dataDir })).rejects.toThrow(/crash\.people/);
  });

  it('should be refused again when a refused process has ended', async () => {
    await damage((key) => (key.includes('city-9.') ? 'remove' : undefined));

    await expect(program.start({ dataDir })).rejects.toThrow(/the server ended with 1:[^]*crash\.people/);
    await expect(program.start({ dataDir })).rejects.toThrow(/the server ended with 1:[^]*crash\.people/);
  });
});
