import { type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
  await sut.db.collection<any>('artists').insertMany([
    { _id: 1, last_name: 'Bernard', first_name: 'Emil', year_born: 1868 },
    { _id: 2, last_name: 'Rippl-Ronai', first_name: 'Joszef', year_born: 1861 },
    { _id: 3, last_name: 'Ostroumova', first_name: 'Anna', year_born: 1871 },
    { _id: 4, last_name: 'Van Gogh', first_name: 'Vincent', year_born: 1853 },
    { _id: 5, last_name: 'Maurer', first_name: 'Alfred', year_born: 1868 },
    { _id: 6, last_name: 'Munch', first_name: 'Edvard', year_born: 1863 },
    { _id: 7, last_name: 'Redon', first_name: 'Odilon', year_born: 1840 },
    { _id: 8, last_name: 'Diriks', first_name: 'Edvard', year_born: 1855 },
  ]);
});

afterAll(() => sut.close());

const run = (...stages: Document[]): Promise<Document[]> => sut.db.collection('artists').aggregate(stages).toArray();
const YEARS = { groupBy: '$year_born', boundaries: [1840, 1850, 1860, 1870, 1880] };

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/bucket/
describe('$bucket', () => {
  it('should put each document between its boundaries', async () => {
    const artists = { $push: { name: { $concat: ['$first_name', ' ', '$last_name'] }, year_born: '$year_born' } };
    const bucket = { ...YEARS, default: 'Other', output: { count: { $sum: 1 }, artists } };
    expect(await run({ $sort: { _id: 1 } }, { $bucket: bucket }, { $match: { count: { $gt: 3 } } })).toEqual([
      {
        _id: 1860,
        count: 4,
        artists: [
          { name: 'Emil Bernard', year_born: 1868 },
          { name: 'Joszef Rippl-Ronai', year_born: 1861 },
          { name: 'Alfred Maurer', year_born: 1868 },
          { name: 'Edvard Munch', year_born: 1863 },
        ],
      },
    ]);
  });

  it('should count where no output is given, and leave empty buckets out', async () => {
    expect(await run({ $bucket: { ...YEARS, boundaries: [1840, 1841, 1853, 1860], default: 'Other' } })).toEqual([
      { _id: 1840, count: 1 },
      { _id: 1853, count: 2 },
      { _id: 'Other', count: 5 },
    ]);
    expect(await run({ $bucket: { groupBy: '$nope', boundaries: [0, 1], default: -1 } })).toEqual([{ _id: -1, count: 8 }]);
  });

  it('should refuse a value outside all of them', async () => {
    // $unset keeps the stage in MongoDB's classic engine, whose number this is.
    expect(await refusal(run({ $unset: 'none' }, { $bucket: { ...YEARS, boundaries: [1840, 1871] } }))).toMatchObject({ code: 40066 });
  });

  it.each([
    [{ ...YEARS, boundaries: [0, '$a'] }, 40191],
    [{ ...YEARS, boundaries: [1] }, 40192],
    [{ ...YEARS, boundaries: [1, 'a'] }, 40193],
    [{ ...YEARS, boundaries: [2, 1] }, 40194],
    [{ ...YEARS, boundaries: [1, 1] }, 40194],
    [{ ...YEARS, default: '$a' }, 40195],
    [{ ...YEARS, output: 1 }, 40196],
    [{ ...YEARS, out: 1 }, 40197],
    [{ groupBy: '$a' }, 40198],
    [{ boundaries: [0, 1] }, 40198],
    [{ ...YEARS, default: 1850 }, 40199],
    [{ ...YEARS, boundaries: 1 }, 40200],
    [1, 40201],
    [{ ...YEARS, groupBy: 'year_born' }, 40202],
    [{ ...YEARS, output: { x: '$a' } }, 40234],
  ])('should refuse %j with %i', async ($bucket, code) => {
    expect(await refusal(run({ $bucket }))).toMatchObject({ code });
  });
});
