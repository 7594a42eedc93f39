import { ObjectId, type Collection, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
let items: Collection;

beforeAll(async () => {
  sut = await openServer();
  items = sut.db.collection('items');
  await items.createIndexes([
    { key: { email: 1 }, unique: true },
    { key: { customer: 1, at: -1, _id: -1 } },
    { key: { open: 1 }, partialFilterExpression: { open: true } },
    { key: { size: 1 }, partialFilterExpression: { size: { $gt: 100 } } },
    { key: { mail: 1 }, partialFilterExpression: { mail: { $exists: true } } },
    { key: { rare: 1 }, sparse: true },
    { key: { tags: 1, at: 1 } },
    { key: { 'deep.n': -1 } },
  ]);
  await items.insertMany(
    Array.from({ length: 300 }, (_, i) => ({
      email: `u${i}@x`,
      customer: i % 10,
      at: new Date(i),
      ...(i % 50 === 0 && { open: true, rare: i, mail: `m${i}` }),
      tags: [`t${i % 7}`, `t${i % 5}`],
      size: i,
      deep: { n: i },
    })),
  );
});

afterAll(() => sut.close());

const TOLD = ['SORT', 'COLLSCAN', 'IXSCAN', 'EOF'];

/** The first part of a plan that has stages: MongoDB nests it differently for each command and engine. */
function winningPlan(explained: unknown): unknown {
  if (typeof explained !== 'object' || explained === null) return undefined;
  if ('winningPlan' in explained) return explained.winningPlan;
  return Object.values(explained).map(winningPlan).find(Boolean);
}

/** The stages of a plan that matter, from the top, each scan with its index. FETCH is left out: MongoDB moves it about. */
function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const { stage, indexName, ...rest } = plan as Document;
  return [...(TOLD.includes(stage as string) ? [stage, indexName] : []), ...Object.values(rest).flatMap(stagesOf)].filter(
    Boolean,
  ) as string[];
}

const planOf = async (command: Document): Promise<string> =>
  stagesOf(winningPlan(await sut.db.command({ explain: command, verbosity: 'queryPlanner' }))).join(' ');
const plan = (filter: Document, more: Document = {}): Promise<string> => planOf({ find: 'items', filter, ...more });
const stats = async (filter: Document, more: Document = {}): Promise<Document> =>
  (await sut.db.command({ explain: { find: 'items', filter, ...more }, verbosity: 'executionStats' }))['executionStats'] as Document;

// https://www.mongodb.com/docs/v7.0/reference/command/explain/
describe('explain', () => {
  it('should name the index, its pattern and its direction', async () => {
    const { queryPlanner } = await items.find({ customer: 3 }).sort({ at: -1 }).explain('queryPlanner');

    expect(queryPlanner).toMatchObject({
      namespace: items.namespace,
      winningPlan: {
        stage: 'FETCH',
        inputStage: {
          stage: 'IXSCAN',
          indexName: 'customer_1_at_-1__id_-1',
          keyPattern: { customer: 1, at: -1, _id: -1 },
          direction: 'forward',
        },
      },
    });
    const backward = await items.find({ customer: 3 }).sort({ at: 1 }).explain('queryPlanner');
    expect(backward.queryPlanner.winningPlan.inputStage).toMatchObject({ stage: 'IXSCAN', direction: 'backward' });
    expect((await items.find({ nothing: 1 }).explain('queryPlanner')).queryPlanner.winningPlan.stage).toBe('COLLSCAN');
    expect((await sut.db.collection('nothing').find({ a: 1 }).explain('queryPlanner')).queryPlanner.winningPlan.stage).toBe('EOF');
    const sorted = (await items.find({ nothing: 1 }).sort({ size: 1, at: 1 }).explain('queryPlanner')).queryPlanner.winningPlan;
    expect(sorted).toMatchObject({ stage: 'SORT', sortPattern: { size: 1, at: 1 }, inputStage: { stage: 'COLLSCAN' } });
  });

  it('should explain each command that looks documents up, and change nothing', async () => {
    const query = { customer: 3 };
    const change = { $set: { changed: true } };
    const commands: Document[] = [
      { find: 'items', filter: query },
      { aggregate: 'items', pipeline: [{ $match: query }, { $sort: { at: -1 } }, { $group: { _id: '$at' } }], cursor: {} },
      { update: 'items', updates: [{ q: query, u: change, multi: true }] },
      { delete: 'items', deletes: [{ q: query, limit: 0 }] },
      { findAndModify: 'items', query, update: change },
      { findAndModify: 'items', query, sort: { at: 1 }, remove: true },
    ];

    for (const command of commands) {
      expect([command, await planOf(command)]).toEqual([command, 'IXSCAN customer_1_at_-1__id_-1']);
      const scanning = JSON.parse(JSON.stringify(command).replaceAll('customer', 'nothing')) as Document;
      expect([scanning, await planOf(scanning)]).toEqual([scanning, expect.stringMatching(/^(SORT )?COLLSCAN$/)]);
    }
    // MongoDB may count and list by other scans of the same index (COUNT_SCAN, DISTINCT_SCAN).
    for (const command of [
      { count: 'items', query },
      { distinct: 'items', key: 'at', query },
    ] as Document[]) {
      expect(JSON.stringify(winningPlan(await sut.db.command({ explain: command })))).toContain('customer_1_at_-1__id_-1');
      expect(await planOf({ ...command, query: { nothing: 1 } })).toBe('COLLSCAN');
    }
    await sut.db.command({ explain: commands[2] as Document, verbosity: 'executionStats' });
    await sut.db.command({ explain: commands[3] as Document, verbosity: 'executionStats' });
    expect(await items.countDocuments({ changed: true })).toBe(0);
    expect(await items.countDocuments()).toBe(300);
  });

  it('should count what was examined, where it is asked to', async () => {
    expect(await stats({ email: 'u5@x' })).toMatchObject({
      executionSuccess: true,
      nReturned: 1,
      totalKeysExamined: 1,
      totalDocsExamined: 1,
    });
    expect(await stats({ customer: 3 }, { sort: { at: -1 }, limit: 5 })).toMatchObject({
      nReturned: 5,
      totalKeysExamined: 5,
      totalDocsExamined: 5,
    });
    expect(await stats({ customer: 3, size: { $lt: 50 } }, { hint: 'customer_1_at_-1__id_-1' })).toMatchObject({
      nReturned: 5,
      totalDocsExamined: 30,
    });
    expect(await stats({ nothing: 1 })).toMatchObject({ nReturned: 0, totalKeysExamined: 0, totalDocsExamined: 300 });
    expect(await stats({ email: 'nobody' })).toMatchObject({ nReturned: 0, totalDocsExamined: 0 });
    expect(await sut.db.command({ explain: { find: 'items' }, verbosity: 'queryPlanner' })).not.toHaveProperty('executionStats');
  });

  it('should refuse commands that cannot be explained, and unknown verbosities', async () => {
    const codeOf = async (command: Document): Promise<unknown> => (await refusal(sut.db.command(command))).code;

    expect(await codeOf({ explain: { noSuchThing: 1 } })).toBe(59);
    expect(await codeOf({ explain: { insert: 'items', documents: [{}] } })).toBe(20);
    expect(await codeOf({ explain: 'items' })).toBe(14);
    expect(await codeOf({ explain: { find: 'items' }, verbosity: 'loud' })).toBe(2);
    expect(await codeOf({ explain: { find: 'items', foo: 1 } })).toBe(40415);
    expect(await codeOf({ explain: { find: 'items', filter: { $nope: 1 } } })).toBe(2);
    expect(await codeOf({ explain: { find: 'items', hint: 'nope' } })).toBe(2);
  });
});

// https://www.mongodb.com/docs/v7.0/indexes/ and /tutorial/create-queries-that-ensure-selectivity/
describe('the planner', () => {
  it('should use indexes for equality, lists, ranges and prefixes', async () => {
    const plans: [Document, string][] = [
      [{ email: 'u5@x' }, 'IXSCAN email_1'],
      [{ email: { $eq: 'u5@x' } }, 'IXSCAN email_1'],
      [{ email: { $in: ['u5@x', 'u6@x'] } }, 'IXSCAN email_1'],
      [{ email: { $gte: 'u5', $lt: 'u6' } }, 'IXSCAN email_1'],
      [{ email: /^u29/ }, 'IXSCAN email_1'],
      [{ email: { $regex: '^u29', $options: '' } }, 'IXSCAN email_1'],
      [{ customer: 3, at: { $gt: new Date(100) } }, 'IXSCAN customer_1_at_-1__id_-1'],
      [{ $and: [{ customer: 3 }, { nothing: 1 }] }, 'IXSCAN customer_1_at_-1__id_-1'],
      [{ tags: 't3' }, 'IXSCAN tags_1_at_1'],
      [{ 'deep.n': { $lte: 5 } }, 'IXSCAN deep.n_-1'],
      [{ _id: { $gt: new ObjectId() } }, 'IXSCAN _id_'],
      [{ nothing: 1 }, 'COLLSCAN'],
      [{ at: new Date(1) }, 'COLLSCAN'],
      [{ deep: { n: 1 } }, 'COLLSCAN'],
      [{}, 'COLLSCAN'],
    ];

    for (const [filter, expected] of plans) expect([filter, await plan(filter)]).toEqual([filter, expected]);
  });

  it('should take what stands beside an $or from an index, and answer an $or in any case', async () => {
    const page = { $or: [{ at: { $lt: new Date(150) } }, { at: new Date(150), _id: { $lt: new ObjectId() } }] };
    const sort = { at: -1, _id: -1 } as const;
    const found = await items
      .find({ customer: 0, ...page })
      .sort(sort)
      .limit(2)
      .toArray();

    expect(await plan({ customer: 3, ...page }, { sort })).toBe('IXSCAN customer_1_at_-1__id_-1');
    expect(found.map(({ email }) => email as unknown)).toEqual(['u150@x', 'u140@x']);
    // u7 and, of the customer 7, those at i = 7 mod 10 with i = 3 mod 7 or i = 3 mod 5 (never): 17, 87, 157, 227, 297
    expect(await items.countDocuments({ $or: [{ email: 'u7@x' }, { tags: 't3', customer: 7 }] })).toBe(6);
    expect(await plan({ $or: [{ email: 'u7@x' }, { nothing: 1 }] })).toBe('COLLSCAN');
  });

  // https://www.mongodb.com/docs/v7.0/tutorial/sort-results-with-indexes/
  it('should take the order from an index where it can', async () => {
    const compound = 'IXSCAN customer_1_at_-1__id_-1';
    const plans: [Document, Document, string][] = [
      [{ customer: 3 }, { at: -1, _id: -1 }, compound],
      [{ customer: 3 }, { at: 1, _id: 1 }, compound],
      [{ customer: 3 }, { at: 1, _id: -1 }, `SORT ${compound}`],
      [{ customer: 3 }, { customer: 1, at: -1 }, compound],
      [{ customer: 3 }, { customer: -1, at: 1 }, compound],
      [{ customer: { $in: [1, 2] } }, { customer: 1 }, compound],
      [{}, { email: -1 }, 'IXSCAN email_1'],
      [{}, { _id: 1 }, 'IXSCAN _id_'],
      [{}, { customer: -1, at: 1, _id: 1 }, compound],
      [{ tags: 't3' }, { at: 1 }, 'IXSCAN tags_1_at_1'],
      [{}, { at: 1 }, 'SORT COLLSCAN'],
      [{}, { rare: 1 }, 'SORT COLLSCAN'],
      [{}, { open: 1 }, 'SORT COLLSCAN'],
    ];

    for (const [filter, sort, expected] of plans) expect([filter, sort, await plan(filter, { sort })]).toEqual([filter, sort, expected]);
  });

  // https://www.mongodb.com/docs/v7.0/core/index-partial/#query-coverage and /core/index-sparse/
  it('should use partial and sparse indexes only for queries they answer whole', async () => {
    const plans: [Document, string][] = [
      [{ open: true }, 'IXSCAN open_1'],
      [{ open: false }, 'COLLSCAN'],
      [{ open: { $in: [true, false] } }, 'COLLSCAN'],
      [{ size: 200 }, 'IXSCAN size_1'],
      [{ size: { $gt: 250 } }, 'IXSCAN size_1'],
      [{ size: { $gt: 100, $lt: 120 } }, 'IXSCAN size_1'],
      [{ size: { $gte: 100 } }, 'COLLSCAN'],
      [{ size: { $lt: 200 } }, 'COLLSCAN'],
      [{ mail: 'm50' }, 'IXSCAN mail_1'],
      [{ mail: { $exists: true } }, 'IXSCAN mail_1'],
      [{ mail: null }, 'COLLSCAN'],
      [{ rare: { $gt: 5 } }, 'IXSCAN rare_1'],
      [{ rare: { $exists: true } }, 'IXSCAN rare_1'],
      [{ rare: { $exists: false } }, 'COLLSCAN'],
      [{ rare: null }, 'COLLSCAN'],
    ];

    for (const [filter, expected] of plans) expect([filter, await plan(filter)]).toEqual([filter, expected]);
    expect(await items.countDocuments({ rare: null })).toBe(294);
    expect(await items.countDocuments({ size: { $gte: 100 } })).toBe(200);
    expect(await items.countDocuments({ mail: null })).toBe(294);
  });

  it('should follow a hint by name, pattern and $natural', async () => {
    expect(await plan({ email: 'u5@x' }, { hint: '_id_' })).toBe('IXSCAN _id_');
    expect(await plan({ email: 'u5@x' }, { hint: { _id: 1 } })).toBe('IXSCAN _id_');
    expect(await plan({ email: 'u5@x' }, { hint: { $natural: 1 } })).toBe('COLLSCAN');
    expect((await items.find({}).hint({ $natural: -1 }).limit(1).toArray())[0]?.['email']).toBe('u299@x');
    expect(await items.find({ email: 'u5@x' }).hint('_id_').toArray()).toHaveLength(1);
  });

  itEmbedded('should scan for an $or with nothing beside it', async () => {
    expect(await plan({ $or: [{ email: 'u7@x' }, { tags: 't3', customer: 7 }] })).toBe('COLLSCAN');
  });
});
