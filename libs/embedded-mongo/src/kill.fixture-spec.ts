import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MongoClient, MongoServerError, type Collection, type Document } from 'mongodb';
import { startEmbeddedMongo } from './index.js';
import type { ServerProgram } from './process.fixture-spec.js';

const WRITERS = 6;
const MOST_DOCUMENTS = 40;
const TAGS = ['amber', 'blue', 'cyan', 'dun'];
const COUNTERS = ['first', 'second'];
const EXTRA_INDEX = 'made_and_dropped';

interface Item {
  _id: string;
  owner: number;
  key: string;
  n: number;
  tag: string;
  labels: string[];
  isOpen?: boolean;
  badge?: string;
  text: string;
}

/** A document of one writer, before and after a command. */
interface Change {
  before?: Item;
  after?: Item;
}

interface Step {
  changes: Change[];
  /** Applied one after the other: what is stored of them is a beginning. */
  isOrdered: boolean;
  /** Answers how many documents the server says were changed. */
  run(items: Collection<Item>): Promise<number>;
}

export type Random = () => number;

/** Mulberry32: small, good enough, and the same numbers for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed that differs from run to run, unless one is given to repeat a failure. */
export function newSeed(): number {
  return Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000_000);
}

/** As if the machine itself had gone down while the folder was open: the next start has to check it. */
export function markCrashed(folder: string): void {
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ boot: 'another run of the machine', clean: false }));
}

/**
 * Lets concurrent writers work on a server, kills its process at a random moment and looks at what the next one finds on the
 * same folder, over and over. Raises an Error with the seed unless every acknowledged write is whole, every other one is
 * there or not, and all indexes are in step.
 */
export async function killRounds(program: ServerProgram, rounds: number, seed: number): Promise<{ acknowledged: number }> {
  const dataDir = join(program.folder, `kill-${seed}`);
  const model = new Model(seed);
  for (let round = 0; round <= rounds; round++) {
    try {
      if (round < rounds) await liveAndDie(program, dataDir, model, round);
      else await checkAfterCrash(dataDir, model);
    } catch (error) {
      throw new Error(`TEST_SEED=${seed}, round ${round}: ${String(error)}`, { cause: error });
    }
  }
  return { acknowledged: model.acknowledged };
}

async function liveAndDie(program: ServerProgram, dataDir: string, model: Model, round: number): Promise<void> {
  const server = await program.start({ dataDir });
  const client = await new MongoClient(server.url, { serverSelectionTimeoutMS: 2_000 }).connect();
  try {
    if (round === 0) await model.prepare(client);
    else await model.check(client);
    await model.work(client, () => server.kill());
  } finally {
    await server.kill();
    await client.close(true);
  }
}

async function checkAfterCrash(dataDir: string, model: Model): Promise<void> {
  markCrashed(dataDir);
  const server = await startEmbeddedMongo({ dataDir });
  const client = await new MongoClient(server.url).connect();
  try {
    await model.check(client);
  } finally {
    await client.close();
    await server.close();
  }
}

/** What must be stored: all that was acknowledged, and what was under way when the process died, of which either is true. */
class Model {
  acknowledged = 0;
  private readonly random: Random;
  private readonly items = new Map<string, Item>();
  private readonly underWay = new Set<Step>();
  private readonly counted = new Map<string, number>();
  private readonly counting = new Map<string, number>();
  private hasExtraIndex: boolean | undefined = false;
  private scratch: number | undefined = 0;
  private commandsLeft = 0;
  private onLastCommand: () => void = () => undefined;
  private isOver = false;
  private lastNumber = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  async prepare(client: MongoClient): Promise<void> {
    const { items, counters } = collectionsOf(client);
    await items.createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { tag: 1, n: -1 } },
      { key: { labels: 1 } },
      { key: { n: 1 }, name: 'n_of_open', partialFilterExpression: { isOpen: true } },
      { key: { badge: 1 }, unique: true, sparse: true },
    ]);
    await counters.createIndexes([{ key: { name: 1 }, unique: true }, { key: { total: -1 } }, { key: { last: 1, total: 1 } }]);
    await counters.insertMany(COUNTERS.map((name) => ({ name, total: 0, by: {}, last: -1 })));
  }

  /** Writes from all sides until the process dies by `kill`, at a moment that the seed chooses. */
  async work(client: MongoClient, kill: () => Promise<void>): Promise<void> {
    const collections = collectionsOf(client);
    this.isOver = false;
    this.commandsLeft = 20 + this.below(160);
    const isTime = new Promise<void>((resolve) => (this.onLastCommand = resolve));
    const turns = this.below(40);
    const writers = [...Array(WRITERS).keys()].map((owner) => this.untilDeath(() => this.change(owner, collections.items)));
    writers.push(this.untilDeath(() => this.count(collections.counters, 0)));
    writers.push(this.untilDeath(() => this.count(collections.counters, 1)));
    writers.push(this.untilDeath(() => this.redefine(collections.items, collections.scratch)));
    const end = Promise.all(writers);
    await Promise.race([isTime, end]);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    const death = kill();
    this.isOver = true;
    await death;
    await client.close(true);
    await end;
  }

  /** Raises an Error that lists what contradicts the model, then takes what is stored as the new truth. */
  async check(client: MongoClient): Promise<void> {
    const { items, counters, scratch } = collectionsOf(client);
    const stored = new Map((await items.find({}, { hint: { $natural: 1 } }).toArray()).map((item) => [item._id, item]));
    const faults = [...this.checkItems(stored), ...(await this.checkCounters(counters)), ...(await this.checkIndexNames(items))];
    faults.push(...(await this.checkScratch(scratch)));
    for (const collection of [items, counters, scratch]) faults.push(...(await indexFaults(collection)));
    if (faults.length > 0) throw new Error(`${faults.length} faults: ${faults.slice(0, 5).join('; ')}`);
    this.underWay.clear();
    this.items.clear();
    for (const [id, item] of stored) this.items.set(id, item);
  }

  private checkItems(stored: Map<string, Item>): string[] {
    const faults: string[] = [];
    const expected = new Map<string, Item | undefined>(this.items);
    for (const step of this.underWay) {
      const isDone = step.changes.map(({ before, after }) => {
        const id = idOf({ before, after });
        const found = stored.get(id);
        expected.set(id, found);
        if (isDeepStrictEqual(found, after)) return true;
        if (!isDeepStrictEqual(found, before)) faults.push(`${id} is in part what a lost command made of it: ${short(found)}`);
        return false;
      });
      if (step.isOrdered && isDone.lastIndexOf(true) > isDone.indexOf(false) && isDone.includes(false)) {
        faults.push(`an ordered bulk has holes: ${isDone.map(Number).join('')}`);
      }
    }
    for (const id of new Set([...expected.keys(), ...stored.keys()])) {
      if (isDeepStrictEqual(stored.get(id), expected.get(id))) continue;
      faults.push(`${id} should be ${short(expected.get(id))} but is ${short(stored.get(id))}`);
    }
    return faults;
  }

  private async checkCounters(counters: Collection): Promise<string[]> {
    const faults: string[] = [];
    const stored = await counters.find().toArray();
    if (stored.length !== COUNTERS.length) faults.push(`${stored.length} counters`);
    for (const { name, total, by } of stored) {
      const numbers = Object.values(by as Record<string, number>);
      if (numbers.reduce((sum, n) => sum + n, 0) !== total) faults.push(`counter ${name} is half changed`);
      for (const writer of [0, 1]) {
        const slot = `${name}.${writer}`;
        const least = this.counted.get(slot) ?? 0;
        const found = Number((by as Document)[`w${writer}`] ?? 0);
        if (found < least || found > least + (this.counting.get(slot) ?? 0)) faults.push(`counter ${slot} is ${found}, not ${least}`);
        this.counted.set(slot, found);
      }
    }
    this.counting.clear();
    return faults;
  }

  private async checkIndexNames(items: Collection<Item>): Promise<string[]> {
    const names = (await items.indexes()).map(({ name }) => name);
    const found = names.includes(EXTRA_INDEX);
    const faults = this.hasExtraIndex === undefined || this.hasExtraIndex === found ? [] : [`${EXTRA_INDEX} is there: ${found}`];
    this.hasExtraIndex = found;
    return names.length === 6 + Number(found) ? faults : [...faults, `indexes ${names.join()}`];
  }

  /** The number of documents in a collection that comes and goes; unknown when the process died in between. */
  private async checkScratch(scratch: Collection): Promise<string[]> {
    const found = await scratch.countDocuments({});
    const faults = this.scratch === undefined || this.scratch === found ? [] : [`scratch has ${found} documents, not ${this.scratch}`];
    this.scratch = found;
    return faults;
  }

  /** Repeats a write until the process is gone. An error that the server itself answers is nothing a kill may cause. */
  private async untilDeath(write: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      if (--this.commandsLeft === 0) this.onLastCommand();
      try {
        await write();
        this.acknowledged++;
      } catch (error) {
        if (!this.isOver || isAnswer(error) || error instanceof Contradiction) throw error;
      }
    }
  }

  private async change(owner: number, items: Collection<Item>): Promise<void> {
    const step = this.nextStep(owner);
    this.underWay.add(step);
    const changed = await step.run(items);
    if (changed !== step.changes.length)
      throw new Contradiction(`${changed} changes acknowledged, not ${step.changes.length}: ${short(step.changes)}`);
    this.underWay.delete(step);
    for (const { before, after } of step.changes) {
      if (before) this.items.delete(before._id);
      if (after) this.items.set(after._id, after);
    }
  }

  private async count(counters: Collection, writer: number): Promise<void> {
    const name = this.pick(COUNTERS);
    const slot = `${name}.${writer}`;
    const update = { $inc: { total: 1, [`by.w${writer}`]: 1 }, $set: { last: writer } };
    this.counting.set(slot, (this.counting.get(slot) ?? 0) + 1);
    if (this.random() < 0.5) await counters.updateOne({ name }, update);
    else await counters.findOneAndUpdate({ name }, update);
    this.counting.delete(slot);
    this.counted.set(slot, (this.counted.get(slot) ?? 0) + 1);
  }

  /** An index and a collection that come and go beside the writes; no query may choose that index, or its end would end the query. */
  private async redefine(items: Collection<Item>, scratch: Collection): Promise<void> {
    const [had, size] = [this.hasExtraIndex, this.scratch];
    if (this.random() < 0.5) {
      this.hasExtraIndex = undefined;
      if (had) await items.dropIndex(EXTRA_INDEX);
      else await items.createIndex({ text: -1, owner: 1 }, { name: EXTRA_INDEX });
      this.hasExtraIndex = !had;
    } else {
      this.scratch = undefined;
      if (size) await scratch.drop();
      else {
        await scratch.createIndex({ a: 1 });
        await scratch.insertOne({ a: [1, 2] });
      }
      this.scratch = size ? 0 : 1;
    }
  }

  private nextStep(owner: number): Step {
    const own = [...this.items.values()].filter((item) => item.owner === owner);
    if (own.length === 0) return this.insertMany(owner);
    const item = this.pick(own);
    if (own.length > MOST_DOCUMENTS) return this.deleteMany(own, item.tag, owner);
    const steps: (() => Step)[] = [
      () => this.insertOne(owner),
      () => this.insertMany(owner),
      () => this.increment(item),
      () => this.setIndexed(item),
      () => this.updateMany(own, item.tag, owner),
      () => this.upsert(this.newItem(owner)),
      () => this.upsert(this.renewed(item), item),
      () => this.deleteOne(item),
      () => this.findAndUpdate(item),
      () => this.findAndReplace(item),
      () => this.findAndDelete(item),
      () => this.bulk(owner, item),
    ];
    return this.pick(steps)();
  }

  private insertOne(owner: number): Step {
    const after = this.newItem(owner);
    return one({ after }, async (items) => Number((await items.insertOne(after)).acknowledged));
  }

  private insertMany(owner: number): Step {
    const batch = Array.from({ length: 2 + this.below(10) }, () => this.newItem(owner));
    return {
      changes: batch.map((after) => ({ after })),
      isOrdered: true,
      run: async (items) => (await items.insertMany(batch)).insertedCount,
    };
  }

  private increment(before: Item): Step {
    const after = { ...before, n: before.n + 3 };
    return one({ before, after }, async (items) => (await items.updateOne({ key: before.key }, { $inc: { n: 3 } })).modifiedCount);
  }

  /** Every indexed field at once, so that each index loses and gets an entry. */
  private setIndexed(before: Item): Step {
    const { key, tag, labels, n } = this.renewed(before);
    const { badge: _badge, ...rest } = before;
    const $set = { key, tag, labels, n, isOpen: !before.isOpen };
    const $unset = { badge: 1 } as const;
    const after = { ...rest, ...$set };
    return one({ before, after }, async (items) => (await items.updateOne({ _id: before._id }, { $set, $unset })).modifiedCount);
  }

  private updateMany(own: Item[], tag: string, owner: number): Step {
    const next = TAGS[(TAGS.indexOf(tag) + 1) % TAGS.length] as string;
    const changes = own.filter((item) => item.tag === tag).map((before) => ({ before, after: { ...before, n: before.n + 1, tag: next } }));
    return {
      changes,
      isOrdered: false,
      run: async (items) => (await items.updateMany({ owner, tag }, { $inc: { n: 1 }, $set: { tag: next } })).modifiedCount,
    };
  }

  private upsert(after: Item, before?: Item): Step {
    const { _id, key, ...fields } = after;
    const update = { $set: fields, $setOnInsert: { _id } };
    return one({ before, after }, async (items) => {
      const { modifiedCount, upsertedCount } = await items.updateOne({ key }, update, { upsert: true });
      return modifiedCount + upsertedCount;
    });
  }

  private deleteOne(before: Item): Step {
    return one({ before }, async (items) => (await items.deleteOne({ key: before.key })).deletedCount);
  }

  private deleteMany(own: Item[], tag: string, owner: number): Step {
    return {
      changes: own.filter((item) => item.tag === tag).map((before) => ({ before })),
      isOrdered: false,
      run: async (items) => (await items.deleteMany({ owner, tag })).deletedCount,
    };
  }

  private findAndUpdate(before: Item): Step {
    const label = `label ${this.below(9)}`;
    const after = { ...before, n: before.n + 1, labels: [...before.labels, label] };
    return one({ before, after }, async (items) => {
      const update = { $inc: { n: 1 }, $push: { labels: label } };
      return Number(isDeepStrictEqual(await items.findOneAndUpdate({ _id: before._id }, update, { returnDocument: 'after' }), after));
    });
  }

  private findAndReplace(before: Item): Step {
    const { _id, ...fields } = this.newItem(before.owner);
    return one({ before, after: { ...fields, _id: before._id } }, async (items) =>
      Number(isDeepStrictEqual(await items.findOneAndReplace({ key: before.key }, fields), before)),
    );
  }

  private findAndDelete(before: Item): Step {
    return one({ before }, async (items) => Number(isDeepStrictEqual(await items.findOneAndDelete({ key: before.key }), before)));
  }

  private bulk(owner: number, before: Item): Step {
    const [first, second] = [this.newItem(owner), this.newItem(owner)];
    const after = { ...before, n: before.n + 7 };
    return {
      changes: [{ after: first }, { before, after }, { after: second }],
      isOrdered: true,
      run: async (items) => {
        const { insertedCount, modifiedCount } = await items.bulkWrite([
          { insertOne: { document: first } },
          { updateOne: { filter: { _id: before._id }, update: { $inc: { n: 7 } } } },
          { insertOne: { document: second } },
        ]);
        return insertedCount + modifiedCount;
      },
    };
  }

  private newItem(owner: number): Item {
    const number = ++this.lastNumber;
    return {
      _id: `id-${owner}-${number}`,
      owner,
      key: `key ${number}`,
      n: this.below(50),
      tag: this.pick(TAGS),
      labels: Array.from({ length: this.below(4) }, () => `label ${this.below(9)}`),
      ...(this.random() < 0.5 && { isOpen: true }),
      ...(this.random() < 0.5 && { badge: `badge ${number}` }),
      // Now and then one that takes pages of its own.
      text: 'x'.repeat(this.random() < 0.05 ? 9_000 : 100),
    };
  }

  /** The same document with other values in the indexed fields; its key stays when it is the address of an upsert. */
  private renewed(item: Item): Item {
    const { _id, owner, key } = item;
    return { ...item, ...this.newItem(owner), _id, key, n: item.n + 1 };
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** The server acknowledged something else than what was asked for. */
class Contradiction extends Error {}

/** Bulk writes report a broken connection as an error of the server, but without its number. */
function isAnswer(error: unknown): boolean {
  return error instanceof MongoServerError && typeof error.code === 'number';
}

function one(change: Change, run: Step['run']): Step {
  return { changes: [change], isOrdered: true, run };
}

function idOf({ before, after }: Change): string {
  return String((before ?? after)?._id);
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? 'gone').replaceAll(/x{20,}/g, 'x…').slice(0, 500);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function collectionsOf(client: MongoClient): { items: Collection<Item>; counters: Collection; scratch: Collection } {
  const db = client.db('kill');
  return { items: db.collection<Item>('items'), counters: db.collection('counters'), scratch: db.collection('scratch') };
}

interface IndexDescription {
  name: string;
  key: Record<string, 1 | -1>;
  unique?: boolean;
  sparse?: boolean;
  partialFilterExpression?: Document;
}

/**
 * What is wrong between the documents of a collection and its indexes (on fields of the top level; partial ones by equality):
 * each index must answer the same documents as the collection itself, hold exactly their keys, and no unique key twice.
 */
export async function indexFaults(collection: Collection<any>): Promise<string[]> {
  const faults: string[] = [];
  if ((await collection.estimatedDocumentCount()) === 0 && (await collection.findOne()) === null) return faults;
  const indexes = (await collection.indexes()) as IndexDescription[];
  const names = indexes.flatMap(({ key, partialFilterExpression }) => Object.keys({ ...key, ...partialFilterExpression }));
  const projection = Object.fromEntries(names.map((name) => [name, 1]));
  const documents: Document[] = await collection.find({}, { hint: { $natural: 1 }, projection }).toArray();
  if (documents.length !== (await collection.estimatedDocumentCount())) faults.push(`${collection.namespace} counts wrongly`);
  for (const index of indexes) {
    const filter = filterOf(index);
    const covered = documents.filter((document) => isCovered(document, index));
    const keys = covered.map((document) => keysOf(document, Object.keys(index.key)));
    const fault = (text: string): unknown => faults.push(`index ${index.name} of ${collection.namespace} ${text}`);

    const found = await collection.find(filter, { hint: index.name, projection: { _id: 1 } }).toArray();
    if (!isDeepStrictEqual(idsOf(found), idsOf(covered))) fault(`finds ${found.length} documents of ${covered.length}`);
    const counted = await collection.countDocuments(filter, { hint: index.name });
    if (counted !== covered.length) fault(`counts ${counted} documents of ${covered.length}`);
    const { queryPlanner, executionStats } = await collection.find(filter, { hint: index.name }).explain('executionStats');
    if (queryPlanner.winningPlan.inputStage?.indexName !== index.name) fault('is not used');
    if (executionStats.totalKeysExamined !== keys.flat().length) {
      fault(`has ${executionStats.totalKeysExamined} keys instead of ${keys.flat().length}`);
    }
    if ((index.unique || index.name === '_id_') && new Set(keys.flat()).size !== keys.flat().length) fault('has a key twice');
  }
  return faults;
}

function filterOf({ key, sparse, partialFilterExpression }: IndexDescription): Document {
  const [first] = Object.keys(key) as [string];
  return partialFilterExpression ?? (sparse ? { [first]: { $exists: true } } : {});
}

function isCovered(document: Document, { key, sparse, partialFilterExpression }: IndexDescription): boolean {
  if (partialFilterExpression) return Object.entries(partialFilterExpression).every(([name, value]) => document[name] === value);
  return !sparse || Object.keys(key).some((name) => name in document);
}

/** The entries a document has in an index, each as text. */
function keysOf(document: Document, names: string[]): string[] {
  let keys: string[] = [''];
  for (const name of names) {
    const value = document[name] as unknown;
    const parts = Array.isArray(value) ? (value.length === 0 ? [undefined] : value) : [value ?? null];
    keys = [...new Set(parts.map((part) => JSON.stringify(part) ?? 'undefined'))].flatMap((part) => keys.map((key) => `${key} ${part}`));
  }
  return keys;
}

function idsOf(documents: Document[]): string[] {
  return documents.map(({ _id }) => JSON.stringify(_id)).sort();
}
