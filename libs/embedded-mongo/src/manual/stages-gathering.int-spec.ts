import { Long, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

async function run(docs: Document[], ...stages: Document[]): Promise<Document[]> {
  const items = sut.db.collection<any>('items');
  await items.deleteMany({});
  if (docs.length > 0) await items.insertMany(docs.map((doc) => ({ ...doc })));
  return items.aggregate(stages).toArray();
}

const refused = (stage: Document) => refusal(sut.db.collection('none').aggregate([stage]).toArray());
const itRefuses = (rows: [stage: Document, code: number][]) =>
  it.each(rows)('should refuse %j with %i', async (stage, code) => {
    expect(await refused(stage)).toMatchObject({ code });
  });

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/unwind/
describe('$unwind', () => {
  const clothing = [
    { _id: 1, item: 'Shirt', sizes: ['S', 'M', 'L'] },
    { _id: 2, item: 'Shorts', sizes: [] },
    { _id: 3, item: 'Hat', sizes: 'M' },
    { _id: 4, item: 'Gloves' },
    { _id: 5, item: 'Scarf', sizes: null },
  ];
  const shirts = ['S', 'M', 'L'].map((sizes) => ({ _id: 1, item: 'Shirt', sizes }));
  const hat = { _id: 3, item: 'Hat', sizes: 'M' };

  it('should give a document for each element', async () => {
    expect(await run(clothing, { $unwind: '$sizes' })).toEqual([...shirts, hat]);
    expect(await run(clothing, { $unwind: { path: '$sizes' } })).toEqual([...shirts, hat]);
    expect(await run(clothing, { $unwind: { path: '$sizes', preserveNullAndEmptyArrays: true } })).toEqual([
      ...shirts,
      { _id: 2, item: 'Shorts' },
      hat,
      { _id: 4, item: 'Gloves' },
      { _id: 5, item: 'Scarf', sizes: null },
    ]);
  });

  it('should number the elements by longs', async () => {
    const unwound = await run(clothing, { $unwind: { path: '$sizes', includeArrayIndex: 'at' } });
    expect(unwound).toEqual([...shirts.map((doc, at) => ({ ...doc, at })), { ...hat, at: null }]);
    const [first] = await sut.db
      .collection('items')
      .aggregate([{ $unwind: { path: '$sizes', includeArrayIndex: 'at' } }], { promoteValues: false })
      .toArray();
    expect(first?.['at']).toStrictEqual(Long.fromNumber(0));
  });

  it('should unwind inside documents, and one level of arrays only', async () => {
    expect(await run([{ _id: 1, o: { a: [1, 2], b: 3 } }], { $unwind: '$o.a' })).toEqual([
      { _id: 1, o: { a: 1, b: 3 } },
      { _id: 1, o: { a: 2, b: 3 } },
    ]);
    expect(await run([{ _id: 1, a: [[1, 2]] }], { $unwind: '$a' })).toEqual([{ _id: 1, a: [1, 2] }]);
  });

  itRefuses([
    [{ $unwind: 1 }, 15981],
    [{ $unwind: { path: 1 } }, 28808],
    [{ $unwind: { path: '$a', preserveNullAndEmptyArrays: 1 } }, 28809],
    [{ $unwind: { path: '$a', includeArrayIndex: '' } }, 28810],
    [{ $unwind: { path: '$a', index: 'i' } }, 28811],
    [{ $unwind: {} }, 28812],
    [{ $unwind: 'a' }, 28818],
    [{ $unwind: { path: '$a', includeArrayIndex: '$i' } }, 28822],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/group/
describe('$group', () => {
  const books = [
    { _id: 8751, title: 'The Banquet', author: 'Dante', copies: 2 },
    { _id: 8752, title: 'Divine Comedy', author: 'Dante', copies: 1 },
    { _id: 8645, title: 'Eclogues', author: 'Dante', copies: 2 },
    { _id: 7000, title: 'The Odyssey', author: 'Homer', copies: 10 },
    { _id: 7020, title: 'Iliad', author: 'Homer', copies: 10 },
  ];
  const byId = { $sort: { _id: 1 } };

  it('should gather documents by a value', async () => {
    expect(await run(books, { $group: { _id: '$author', books: { $push: '$title' } } }, byId)).toEqual([
      { _id: 'Dante', books: ['The Banquet', 'Divine Comedy', 'Eclogues'] },
      { _id: 'Homer', books: ['The Odyssey', 'Iliad'] },
    ]);
    expect(await run(books, { $group: { _id: '$author', books: { $push: '$$ROOT' } } }, byId)).toEqual([
      { _id: 'Dante', books: books.slice(0, 3) },
      { _id: 'Homer', books: books.slice(3) },
    ]);
    expect(await run(books, { $group: { _id: null, copies: { $sum: '$copies' } } })).toEqual([{ _id: null, copies: 25 }]);
    expect(await run(books, { $group: { _id: { a: '$author', n: '$copies' } } }, byId)).toEqual([
      { _id: { a: 'Dante', n: 1 } },
      { _id: { a: 'Dante', n: 2 } },
      { _id: { a: 'Homer', n: 10 } },
    ]);
  });

  it('should take missing for null, and give nothing for nothing', async () => {
    const group = { $group: { _id: '$v', n: { $sum: 1 } } };
    expect(await run([{ v: null }, {}, { v: 1 }], group, byId)).toEqual([{ _id: null, n: 2 }, { _id: 1, n: 1 }]); // prettier-ignore
    expect(await run([], { $group: { _id: null, n: { $sum: 1 } } })).toEqual([]);
  });

  itRefuses([
    [{ $group: 1 }, 15947],
    [{ $group: {} }, 15955],
    [{ $group: { n: { $sum: 1 } } }, 15955],
    [{ $group: { _id: 1, x: { $nope: 1 } } }, 15952],
    [{ $group: { _id: 1, x: '$v' } }, 40234],
    [{ $group: { _id: 1, x: 1 } }, 40234],
    [{ $group: { _id: 1, 'a.b': { $sum: 1 } } }, 40235],
    [{ $group: { _id: 1, $a: { $sum: 1 } } }, 40236],
    [{ $group: { _id: 1, x: { $sum: 1, $avg: 1 } } }, 40238],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/count/
describe('$count', () => {
  const scores = [88, 92, 97, 71, 79, 83].map((score, i) => ({ _id: i + 1, subject: 'History', score }));

  it('should count', async () => {
    expect(await run(scores, { $match: { score: { $gt: 80 } } }, { $count: 'passing_scores' })).toEqual([{ passing_scores: 4 }]);
    expect(await sut.db.collection('items').countDocuments({ score: { $gt: 80 } })).toBe(4);
    expect(await sut.db.collection('none').countDocuments({})).toBe(0);
  });

  itRefuses([
    [{ $count: 1 }, 40156],
    [{ $count: '' }, 40157],
    [{ $count: '$a' }, 40158],
    [{ $count: 'a.b' }, 40160],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/sortByCount/
describe('$sortByCount', () => {
  const exhibits = [
    { _id: 1, tags: ['painting', 'satire', 'Expressionism'] },
    { _id: 2, tags: ['woodcut', 'Expressionism'] },
    { _id: 3, tags: ['oil', 'Surrealism', 'painting'] },
    { _id: 6, tags: ['oil', 'painting', 'abstract'] },
  ];

  it('should count each value, most frequent first', async () => {
    const counted = await run(exhibits, { $unwind: '$tags' }, { $sortByCount: '$tags' });
    expect(counted[0]).toEqual({ _id: 'painting', count: 3 });
    expect(counted.map(({ count }) => count as number)).toEqual([3, 2, 2, 1, 1, 1, 1]);
    expect(await run(exhibits, { $sortByCount: { $gt: [{ $size: '$tags' }, 2] } })).toEqual([
      { _id: true, count: 3 },
      { _id: false, count: 1 },
    ]);
    expect(await run(exhibits, { $sortByCount: '$nope' })).toEqual([{ _id: null, count: 4 }]);
  });

  itRefuses([
    [{ $sortByCount: { a: 1 } }, 40147],
    [{ $sortByCount: 'tags' }, 40148],
    [{ $sortByCount: 1 }, 40149],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/sample/
describe('$sample', () => {
  const users = Array.from({ length: 20 }, (_, _id) => ({ _id }));

  it('should pick as many different documents as there are', async () => {
    const picked = (await run(users, { $sample: { size: 3 } })).map(({ _id }) => _id as number);
    expect(new Set(picked).size).toBe(3);
    expect(await run(users, { $sample: { size: 100 } }, { $count: 'n' })).toEqual([{ n: 20 }]);
  });

  itRefuses([
    [{ $sample: 1 }, 28745],
    [{ $sample: { size: 'x' } }, 28746],
    [{ $sample: { size: -1 } }, 28747],
    [{ $sample: { size: 1, of: 1 } }, 28748],
    [{ $sample: {} }, 28749],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation-pipeline/
describe('pipelines', () => {
  itRefuses([
    [{}, 40323],
    [{ $match: {}, $limit: 1 }, 40323],
    [{ $nope: 1 }, 40324],
    [{ match: {} }, 40324],
    [{ $constructor: {} }, 40324],
  ]);

  /** Every stage of MongoDB 7.0 that is left out, with an operand MongoDB takes. */
  const LEFT_OUT: Document = {
    $bucketAuto: { groupBy: '$a', buckets: 2 },
    $changeStreamSplitLargeEvent: {},
    $collStats: { count: {} },
    $currentOp: {},
    $densify: { field: 'a', range: { step: 1, bounds: 'full' } },
    $documents: [{ a: 1 }],
    $fill: { output: { a: { value: 1 } } },
    $geoNear: { near: [0, 0], distanceField: 'd' },
    $graphLookup: { from: 'none', startWith: '$a', connectFromField: 'a', connectToField: 'b', as: 'c' },
    $indexStats: {},
    $listLocalSessions: {},
    $listSampledQueries: {},
    $listSearchIndexes: {},
    $listSessions: {},
    $merge: 'out',
    $out: 'out',
    $planCacheStats: {},
    $redact: '$$KEEP',
    $search: { exists: { path: 'a' } },
    $searchMeta: { exists: { path: 'a' } },
    $setWindowFields: { output: { n: { $sum: 1 } } },
    $shardedDataDistribution: {},
  };

  itEmbedded.each(Object.keys(LEFT_OUT))('should refuse %s by name', async (name) => {
    const found = await refused({ [name]: LEFT_OUT[name] as unknown });
    expect(found).toMatchObject({ code: 238, codeName: 'NotImplemented' });
    expect(found.message).toMatch(new RegExp(`\\${name}\\b.*not supported by the embedded database`, 's'));
  });

  // https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/changeStream/
  itEmbedded('should refuse $changeStream as a standalone does', async () => {
    expect(await refused({ $changeStream: {} })).toMatchObject({ code: 40573 });
  });
});
