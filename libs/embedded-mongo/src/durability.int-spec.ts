import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';
import { MongoClient, type Collection } from 'mongodb';
import { startEmbeddedMongo } from './index.js';
import { describeEmbedded } from './server.fixture-spec.js';

const MAIN = `import { startEmbeddedMongo } from './index.js';
const server = await startEmbeddedMongo({ dataDir: process.argv[2] });
console.log(server.url);
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
`;

let work: string;

/** A server in a process of its own needs plain JavaScript: the sources, transpiled beside a link to the packages. */
function transpile(): void {
  for (const name of readdirSync(__dirname, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('spec.ts')) continue;
    const { code } = transformSync(readFileSync(join(__dirname, name), 'utf8'), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    const target = join(work, name.replace(/ts$/, 'js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  writeFileSync(join(work, 'package.json'), '{"type":"module"}');
  writeFileSync(join(work, 'main.js'), MAIN);
  symlinkSync(resolve('node_modules'), join(work, 'node_modules'));
}

async function start(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(work, 'main.js'), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { child, url };
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

describeEmbedded('the death of the process', () => {
  let folder: string;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'em-kill-'));
    folder = join(work, 'data');
    transpile();
  });

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  async function countAll(collection: Collection): Promise<number[]> {
    const counts = [await collection.countDocuments({}), await collection.countDocuments({ seq: { $gte: 0 } }, { hint: 'seq_1' })];
    for (const hint of ['tag_1_seq_-1', '_id_']) counts.push((await collection.find({}, { hint }).toArray()).length);
    return counts;
  }

  it('should lose no acknowledged write and keep indexes and documents in step', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 6; round++) {
      const { child, url } = await start(folder);
      const client = await new MongoClient(url, { serverSelectionTimeoutMS: 2_000 }).connect();
      const collection = client.db('kill').collection('docs');
      await collection.createIndexes([{ key: { seq: 1 }, unique: true }, { key: { tag: 1, seq: -1 } }]);
      const stored = await collection.countDocuments({});
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      expect(new Set(await countAll(collection))).toEqual(new Set([stored]));
      acknowledged = stored;
      let isAlive = true;
      // Batches that were never acknowledged may be stored too, so the numbers go on from the highest.
      const [last] = await collection.find().sort({ seq: -1 }).limit(1).toArray();
      let seq = Number(last?.['seq'] ?? -1) + 1;
      const writers = Array.from({ length: 8 }, async () => {
        while (isAlive) {
          const batch = Array.from({ length: 20 }, () => ({ seq: seq++, tag: `t${seq % 5}`, text: 'x'.repeat(200) }));
          await collection.insertMany(batch).then(
            () => (acknowledged += batch.length),
            () => undefined,
          );
        }
      });
      while (acknowledged < stored + 500 + round * 137) await new Promise((resolve) => setTimeout(resolve, 2));
      const atDeath = acknowledged;
      const dead = kill(child);
      isAlive = false;
      await dead;
      await client.close(true);
      await Promise.all(writers);
      expect(acknowledged).toBeGreaterThanOrEqual(atDeath);
    }
    const server = await startEmbeddedMongo({ dataDir: folder });
    const client = await new MongoClient(server.url).connect();

    expect(await client.db('kill').collection('docs').countDocuments({})).toBeGreaterThanOrEqual(acknowledged);
    await client.close();
    await server.close();
  });

  it('should refuse a second process while the first lives, and let one in after its death', async () => {
    const { child } = await start(folder);

    await expect(startEmbeddedMongo({ dataDir: folder })).rejects.toThrow(/is in use by another embedded-mongo process/);
    await kill(child);
    await (await startEmbeddedMongo({ dataDir: folder })).close();
  });

  it('should check a folder that a machine crash left, and name what is damaged', async () => {
    const state = join(folder, 'state.json');
    writeFileSync(state, JSON.stringify({ boot: 'another run of the machine', clean: false }));
    await (await startEmbeddedMongo({ dataDir: folder })).close();

    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ clean: true });
  });
});
