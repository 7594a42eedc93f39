import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@app/testing';
import { createConnection, mongo, type Connection } from 'mongoose';
import { seed, SUBJECTS } from './queries.fixture-spec.js';

/** The sorts that no index gives, and why that is all right. Everything else comes in the order of an index. */
const SORTS: Record<string, string> = {
  'CustomerRepository.list':
    'Beside a search, tag, company or city: what the narrower index finds is sorted, an index for each filter and order would be a dozen.',
  'HistoryRepository.list': 'Of one job and one customer there is one line: the unique index finds it and there is nothing to sort.',
  'SessionRepository.list': 'A customer has one open session: the unique index finds it and there is nothing to sort.',
};

const root = join(__dirname, '../..');

/** The classes of the product that hold a model or a connection, each with its methods that are not private. */
function queryingClasses(): Map<string, string[]> {
  const sources = ['apps', 'libs']
    .flatMap((part) => readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }).map((name) => join(root, part, name)))
    .filter((file) => /\/src\/.*\.ts$/.test(file) && !/spec\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .filter(({ file, text }) => file.endsWith('.repository.ts') || /@Inject(Model|Connection)\(/.test(text));
  const classes = sources.flatMap(({ text }) => {
    const hidden = new Set([...text.matchAll(/^ +private (?:async )?\*?(\w+)[(<]/gm)].map(([, name]) => name));
    return [...text.matchAll(/^export class (\w+)/gm)].map(([, name = '']): [string, string[]] => {
      const sut = SUBJECTS[name] && suts.get(name);
      const methods = sut ? Object.getOwnPropertyNames(Object.getPrototypeOf(sut)) : [];
      return [name, methods.filter((method) => method !== 'constructor' && !hidden.has(method))];
    });
  });
  return new Map(classes);
}

const LOOKUPS = ['find', 'aggregate', 'count', 'distinct', 'update', 'delete', 'findAndModify'];
const ENVELOPE = ['lsid', '$db', '$readPreference', '$clusterTime', 'txnNumber', 'batchSize', 'singleBatch'];

/** The lookups of a command as `explain` takes them, a bulk statement by statement. */
function lookupsOf({ commandName, command }: mongo.CommandStartedEvent): mongo.Document[] {
  if (!LOOKUPS.includes(commandName)) return [];
  const whole = mongo.BSON.deserialize(mongo.BSON.serialize(command), { promoteValues: false, bsonRegExp: true });
  const bare = Object.fromEntries(Object.entries(whole).filter(([name]) => !ENVELOPE.includes(name)));
  // GridFS itself looks whether its bucket is empty: the first document there is, by no order.
  if (bare['find'] === 'uploads.files' && Object.keys(bare['filter'] as object).length === 0 && Number(bare['limit']) === 1) return [];
  const list = { update: 'updates', delete: 'deletes' }[commandName];
  return list ? (bare[list] as mongo.Document[]).map((statement) => ({ ...bare, [list]: [statement] })) : [bare];
}

function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const stage = 'stage' in plan ? [String(plan.stage)] : [];
  return [...stage, ...Object.entries(plan).flatMap(([name, inner]) => (name === 'rejectedPlans' ? [] : stagesOf(inner)))];
}

let database: TestDatabase;
let connection: Connection;
let sent: mongo.CommandStartedEvent[] = [];
const suts = new Map<string, object>();

beforeAll(async () => {
  database = await testDatabase();
  const options = { dbName: database.name, autoIndex: false, autoCreate: false, monitorCommands: true };
  connection = await createConnection(database.url, options).asPromise();
  for (const [name, { make }] of Object.entries(SUBJECTS)) suts.set(name, make(connection));
  for (const one of Object.values(connection.models)) {
    await one.createCollection();
    await one.createIndexes();
  }
  await seed(connection);
  connection.getClient().on('commandStarted', (event) => sent.push(event));
});

afterAll(async () => {
  await connection.close();
  await database.close();
});

it('should know every class that queries, and every method of it', () => {
  const classes = queryingClasses();

  expect(Object.keys(SUBJECTS).sort()).toEqual([...classes.keys()].sort());
  for (const [name, methods] of classes) expect([name, Object.keys(SUBJECTS[name]?.calls ?? {}).sort()]).toEqual([name, methods.sort()]);
});

describe.each(Object.entries(SUBJECTS))('%s', (name, { calls }) => {
  it.each(Object.keys(calls))('.%s should find what it looks for by an index', async (method) => {
    sent = [];
    await calls[method]?.(suts.get(name) as object);
    const commands = sent;
    const faults: string[] = commands.length === 0 ? ['nothing was sent'] : [];
    for (const lookup of commands.flatMap(lookupsOf)) {
      const stages = stagesOf(await database.connection.db?.command({ explain: lookup, verbosity: 'queryPlanner' }));
      const wrong = ['COLLSCAN', 'EOF', ...(SORTS[`${name}.${method}`] ? [] : ['SORT'])].filter((stage) => stages.includes(stage));
      if (wrong.length > 0 || stages.length === 0) faults.push(`${wrong.join()} ${mongo.BSON.EJSON.stringify(lookup)}`);
    }
    expect(faults).toEqual([]);
  });
});
