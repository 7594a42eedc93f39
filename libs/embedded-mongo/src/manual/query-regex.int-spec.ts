import { inspect } from 'node:util';
import { BSONRegExp, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
const known = new Map<readonly Document[], string>();

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

/** The `_id`s (their positions, where they have none) of the documents that a filter finds. */
async function matching(filter: Document, docs: readonly Document[]): Promise<unknown[]> {
  const name = known.get(docs) ?? `c${known.size}`;
  const items = sut.db.collection<any>(name);
  if (!known.has(docs)) await items.insertMany(docs.map((doc, _id) => ({ _id, ...doc })));
  known.set(docs, name);
  return (await items.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
}

const refuse = (filter: Document) => refusal(sut.db.collection('none').find(filter).toArray());

/** Rows with what their filter looks like in front: a JSON title would lose the patterns. */
const named = <T>(rows: [filter: Document, expected: T][]) =>
  rows.map(([filter, expected]) => [inspect(filter, { depth: 5 }), filter, expected] as const);

// https://www.mongodb.com/docs/v7.0/reference/operator/query/regex/
describe('$regex', () => {
  const products = [
    { _id: 100, sku: 'abc123', description: 'Single line description.' },
    { _id: 101, sku: 'abc789', description: 'First line\nSecond line' },
    { _id: 102, sku: 'xyz456', description: 'Many spaces before     line' },
    { _id: 103, sku: 'xyz789', description: 'Multiple\nline description' },
    { _id: 104, sku: 'Abc789', description: 'SKU starts with A' },
  ];

  it.each(
    named<number[]>([
      [{ sku: { $regex: /789$/ } }, [101, 103, 104]],
      [{ sku: { $regex: /^ABC/i } }, [100, 101, 104]],
      [{ description: { $regex: /^S/, $options: 'm' } }, [100, 101, 104]],
      [{ description: { $regex: /^S/ } }, [100, 104]],
      [{ description: { $regex: /S/ } }, [100, 101, 104]],
      [{ description: { $regex: /m.*line/, $options: 'si' } }, [102, 103]],
      [{ description: { $regex: /m.*line/, $options: 'i' } }, [102]],
      [{ sku: { $regex: 'abc #category code\n123 #item number', $options: 'x' } }, [100]],
      [{ sku: { $in: [/^xyz/, /^ABC/i] } }, [100, 101, 102, 103, 104]],
      [{ sku: { $not: /^abc/ } }, [102, 103, 104]],
      [{ sku: { $not: { $regex: '^abc' } } }, [102, 103, 104]],
      [{ sku: { $regex: /^abc/, $nin: ['abc789'] } }, [100]],
      [{ sku: { $options: 'i', $regex: '^ABC', $ne: 'abc123' } }, [101, 104]],
      [{ sku: /789/, description: /line/ }, [101, 103]],
      [{ sku: { $regex: '(?i)^ABC7' } }, [101, 104]],
      [{ description: { $regex: '(?s)first.line.second', $options: 'i' } }, [101]],
      [{ sku: { $regex: '789', $options: 'u' } }, [101, 103, 104]],
    ]),
  )('should find by %s', async (_, filter, ids) => {
    expect(await matching(filter, products)).toEqual(ids);
  });

  const songs = [
    { _id: 0, artist: 'Blue Öyster Cult', title: 'The Reaper' },
    { _id: 1, artist: 'Blue Öyster Cult', title: 'Godzilla' },
    { _id: 2, artist: 'Blue Oyster Cult', title: 'Take Me Away' },
  ];

  it('should see word borders by ASCII, as the manual shows', async () => {
    expect(await matching({ artist: { $regex: /\byster/ } }, songs)).toEqual([0, 1]);
    expect(await matching({ artist: { $regex: 'ö', $options: 'i' } }, songs)).toEqual([0, 1]);
    expect(await matching({ artist: { $regex: 'Blue .yster' } }, songs)).toEqual([0, 1, 2]);
  });

  const odd = [
    { v: 'a\r\nb' },
    { v: ['x', 'ab c'] },
    { v: 5 },
    { v: /^ab/ },
    { v: new BSONRegExp('^ab', 'i') },
    { v: null },
    {},
    { v: 'đường 😀' },
    { v: 'c\n' },
    { v: 'a\u00a0b' },
    { v: '{}' },
    { v: 'abab' },
  ];

  it.each(
    named<number[]>([
      [{ v: /^ab/ }, [1, 3, 11]],
      [{ v: /^ab/i }, [1, 4, 11]],
      [{ v: { $in: [/^ab/] } }, [1, 3, 11]],
      [{ v: { $eq: /^ab/ } }, [3]],
      [{ v: { $regex: '^A', $options: 'i' } }, [0, 1, 9, 11]],
      [{ v: { $regex: '^b', $options: 'm' } }, [0]],
      [{ v: { $regex: 'c$' } }, [1, 8]],
      [{ v: { $regex: 'a\\sb' } }, []],
      [{ v: { $regex: 'a b', $options: 'x' } }, [1, 11]],
      [{ v: { $regex: '^ĐƯỜNG', $options: 'i' } }, [7]],
      [{ v: { $regex: 'g .$' } }, [7]],
      [{ v: { $regex: 'a(?=b c)' } }, [1]],
      [{ v: { $regex: '' } }, [0, 1, 7, 8, 9, 10, 11]],
      [{ v: { $not: /b/ } }, [2, 3, 4, 5, 6, 7, 8, 10]],
    ]),
  )('should look at strings and equal patterns only: %s', async (_, filter, ids) => {
    expect(await matching(filter, odd)).toEqual(ids);
  });

  it.each(
    named<number[]>([
      [{ v: { $regex: 'c\\z' } }, [1]],
      [{ v: { $regex: '\\x{1F600}' } }, [7]],
      [{ v: { $regex: '{}' } }, [10]],
      [{ v: { $regex: '^(ab)\\1$' } }, [11]],
      [{ v: { $regex: '(?<!a)b' } }, [0, 9]],
    ]),
  )('should find by %s as PCRE does; the embedded server may refuse instead', async (_, filter, ids) => {
    const answer = matching(filter, odd);
    if (sut.isOurs) expect([ids, 51091]).toContainEqual(await answer.catch(({ code }: { code: number }) => code));
    else expect(await answer).toEqual(ids);
  });

  it('should give the same with an index for the prefix', async () => {
    const items = sut.db.collection<any>('indexed');
    await items.createIndex({ sku: 1 });
    await items.insertMany([...products.map((doc) => ({ ...doc })), { _id: 105, sku: ['q', 'abc000'] }, { _id: 106, sku: /^abc/ }]);
    const ids = async (filter: Document) => (await items.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);

    expect(await ids({ sku: /^abc/ })).toEqual([100, 101, 105, 106]);
    expect(await ids({ sku: /^abc[0-6]/ })).toEqual([100, 105]);
    expect(await ids({ sku: /^abc/i })).toEqual([100, 101, 104, 105]);
    expect(await ids({ sku: /^(abc|xyz)7/ })).toEqual([101, 103]);
    expect(await ids({ sku: /^abc7|^xyz4/ })).toEqual([101, 102]);
  });

  it.each(
    named<number>([
      [{ a: { $regex: 5 } }, 2],
      [{ a: { $regex: 'a', $options: 5 } }, 2],
      [{ a: { $options: 'i' } }, 2],
      [{ a: { $regex: 'a', $options: 'g' } }, 51108],
      [{ a: { $regex: /a/i, $options: 'm' } }, 51075],
      [{ a: { $options: 'm', $regex: /a/i } }, 51074],
      [{ a: { $regex: 'a(' } }, 51091],
      [{ a: { $regex: '[b' } }, 51091],
      [{ a: { $regex: '*' } }, 51091],
      [{ a: { $regex: '[[:nope:]]' } }, 51091],
      [{ a: { $in: [new BSONRegExp('a(', '')] } }, 51091],
      [{ a: { $not: { $regex: ')' } } }, 51091],
    ]),
  )('should refuse %s', async (_, filter, code) => {
    expect(await refuse(filter)).toMatchObject({ code });
  });

  itEmbedded.each([
    '(?i)a(?-i)bc',
    'a(?i)b',
    '(?i:a)b',
    'a++b',
    'a*+b',
    '(?>a)b',
    '[[:digit:]]',
    '\\Qa.b\\E',
    'a\\Kb',
    '(?|a|b)',
    '(?(1)a|b)',
    '(a)(?1)',
    '\\Gx',
    '\\Rx',
    '(*UCP)x',
  ])('should refuse %s, which it cannot run as PCRE does', async (pattern) => {
    expect(await refuse({ a: { $regex: pattern } })).toMatchObject({ code: 51091 });
  });
});
