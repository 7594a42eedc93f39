import { Decimal128, Double, Long, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

/** The groups, by ascending `_id`, with their numbers as they are. */
async function grouped(docs: Document[], group: Document, before: Document[] = [], promoteValues = false): Promise<Document[]> {
  const items = sut.db.collection<any>('items');
  await items.deleteMany({});
  if (docs.length > 0) await items.insertMany(docs.map((doc) => ({ ...doc })));
  return items.aggregate([...before, { $group: group }, { $sort: { _id: 1 } }], { promoteValues }).toArray();
}

const refused = (docs: Document[], group: Document, before: Document[] = []) => refusal(grouped(docs, group, before, true));

/** What an accumulator makes of the values of `v`; a document without one stands for undefined. */
async function accumulated(accumulator: string, ...values: unknown[]): Promise<unknown> {
  const docs = values.map((v, _id) => (v === undefined ? { _id } : { _id, v }));
  const [group] = await grouped(docs, { _id: null, r: { [accumulator]: '$v' } }, [{ $sort: { _id: 1 } }]);
  return text(group?.['r']);
}

/** Numbers as their type and value, lists of them too. */
function text(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(text);
  const type = (value as { _bsontype?: string } | null | undefined)?._bsontype;
  return type ? `${type}(${String(value)})` : value;
}

/** Groups with their numbers as plain ones. */
const plain = (groups: Document[]): unknown => JSON.parse(JSON.stringify(groups.map((group) => numbers(group))));
function numbers(value: unknown): unknown {
  if (value instanceof Date || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(numbers);
  if ('_bsontype' in value) return Number(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, numbers(each)]));
}

const SALES = [
  { _id: 1, item: 'abc', price: 10, quantity: 2, date: new Date('2014-01-01T08:00:00Z') },
  { _id: 2, item: 'jkl', price: 20, quantity: 1, date: new Date('2014-02-03T09:00:00Z') },
  { _id: 3, item: 'xyz', price: 5, quantity: 5, date: new Date('2014-02-03T09:05:00Z') },
  { _id: 4, item: 'abc', price: 10, quantity: 10, date: new Date('2014-02-15T08:00:00Z') },
  { _id: 5, item: 'xyz', price: 5, quantity: 10, date: new Date('2014-02-15T09:05:00Z') },
];
const DAY = { day: { $dayOfYear: '$date' }, year: { $year: '$date' } };
const AMOUNT = { $multiply: ['$price', '$quantity'] };
const BIG = Long.fromString('9007199254740993');

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/sum/
describe('$sum', () => {
  it('should total the sales of each day', async () => {
    expect(plain(await grouped(SALES, { _id: DAY, totalAmount: { $sum: AMOUNT }, count: { $sum: 1 } }))).toEqual([
      { _id: { day: 1, year: 2014 }, totalAmount: 20, count: 1 },
      { _id: { day: 34, year: 2014 }, totalAmount: 45, count: 2 },
      { _id: { day: 46, year: 2014 }, totalAmount: 150, count: 2 },
    ]);
  });

  it.each<[unknown[], unknown]>([
    [[1, 2, 'x', null, undefined], 'Int32(3)'],
    [['x'], 'Int32(0)'],
    [[undefined], 'Int32(0)'],
    [[[1, 2], 3], 'Int32(3)'],
    [[2147483647, 1], 'Long(2147483648)'],
    [[1, Long.fromNumber(1)], 'Long(2)'],
    [[BIG, 1], 'Long(9007199254740994)'],
    [[1, new Double(1)], 'Double(2)'],
    [Array.from({ length: 10 }, () => 0.1), 'Double(1)'],
  ])('should make %j %s', async (values, sum) => {
    expect(await accumulated('$sum', ...values)).toBe(sum);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/avg/
describe('$avg', () => {
  it('should average amount and quantity of each item', async () => {
    expect(plain(await grouped(SALES, { _id: '$item', avgAmount: { $avg: AMOUNT }, avgQuantity: { $avg: '$quantity' } }))).toEqual([
      { _id: 'abc', avgAmount: 60, avgQuantity: 6 },
      { _id: 'jkl', avgAmount: 20, avgQuantity: 1 },
      { _id: 'xyz', avgAmount: 37.5, avgQuantity: 7.5 },
    ]);
  });

  it.each<[unknown[], unknown]>([
    [[1, 3, 'x', null, undefined], 'Double(2)'],
    [['x'], null],
    [[undefined], null],
    [[Long.fromNumber(1), 2], 'Double(1.5)'],
  ])('should make %j %s', async (values, average) => {
    expect(await accumulated('$avg', ...values)).toBe(average);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/min/ and max/
describe('$min and $max', () => {
  it('should find the extremes of each item', async () => {
    expect(plain(await grouped(SALES, { _id: '$item', min: { $min: '$quantity' }, maxTotal: { $max: AMOUNT } }))).toEqual([
      { _id: 'abc', min: 2, maxTotal: 100 },
      { _id: 'jkl', min: 1, maxTotal: 20 },
      { _id: 'xyz', min: 5, maxTotal: 50 },
    ]);
  });

  it.each<[unknown[], unknown, unknown]>([
    [[5, null, undefined, 3], 'Int32(3)', 'Int32(5)'],
    [[null, undefined], null, null],
    [['a', 9, 'b'], 'Int32(9)', 'b'],
    [[[1], 9], 'Int32(9)', ['Int32(1)']],
    [[new Double(2), 2.5, 1], 'Int32(1)', 'Double(2.5)'],
  ])('should make %j %j and %j', async (values, min, max) => {
    expect([await accumulated('$min', ...values), await accumulated('$max', ...values)]).toEqual([min, max]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/first/ and last/
describe('$first and $last', () => {
  it('should find the first and last sale of each item', async () => {
    const group = { _id: '$item', first: { $first: '$date' }, last: { $last: '$date' } };
    expect(await grouped(SALES, group, [{ $sort: { item: 1, date: 1 } }])).toEqual([
      { _id: 'abc', first: new Date('2014-01-01T08:00:00Z'), last: new Date('2014-02-15T08:00:00Z') },
      { _id: 'jkl', first: new Date('2014-02-03T09:00:00Z'), last: new Date('2014-02-03T09:00:00Z') },
      { _id: 'xyz', first: new Date('2014-02-03T09:05:00Z'), last: new Date('2014-02-15T09:05:00Z') },
    ]);
  });

  it('should take null for missing', async () => {
    expect([await accumulated('$first', undefined, 1), await accumulated('$last', 1, undefined)]).toEqual([null, null]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/push/
describe('$push', () => {
  it('should list what was sold each day', async () => {
    const group = { _id: DAY, itemsSold: { $push: { item: '$item', quantity: '$quantity' } } };
    expect(plain(await grouped(SALES, group, [{ $sort: { date: 1, item: 1 } }]))).toEqual([
      { _id: { day: 1, year: 2014 }, itemsSold: [{ item: 'abc', quantity: 2 }] },
      { _id: { day: 34, year: 2014 }, itemsSold: [{ item: 'jkl', quantity: 1 }, { item: 'xyz', quantity: 5 }] }, // prettier-ignore
      { _id: { day: 46, year: 2014 }, itemsSold: [{ item: 'abc', quantity: 10 }, { item: 'xyz', quantity: 10 }] }, // prettier-ignore
    ]);
  });

  it('should keep null and types, and leave out what is missing', async () => {
    expect(await accumulated('$push', 1, null, undefined, new Double(1), [2])).toEqual(['Int32(1)', null, 'Double(1)', ['Int32(2)']]);
    expect(await accumulated('$push', undefined)).toEqual([]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/addToSet/
describe('$addToSet', () => {
  it('should list each item of a day once, in any order', async () => {
    const groups = await grouped([...SALES, { ...SALES[4], _id: 6 }], { _id: DAY, itemsSold: { $addToSet: '$item' } });
    expect(groups.map((group) => (group['itemsSold'] as string[]).sort())).toEqual([['abc'], ['jkl', 'xyz'], ['abc', 'xyz']]);
  });

  it('should compare values as a whole', async () => {
    expect(await accumulated('$addToSet', 1, new Double(1), undefined, 1)).toHaveLength(1);
    expect(await accumulated('$addToSet', [1, 2], [2, 1], [1, 2], 1)).toHaveLength(3);
    expect(await accumulated('$addToSet', { a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1, b: 2 })).toHaveLength(2);
    expect(await accumulated('$addToSet', null, undefined)).toEqual([null]);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/mergeObjects/
describe('$mergeObjects', () => {
  it('should merge the quarters of each item', async () => {
    const quantities = [
      { _id: 1, year: 2017, item: 'A', quantity: { '2017Q1': 500, '2017Q2': 500 } },
      { _id: 2, year: 2016, item: 'A', quantity: { '2016Q1': 400, '2016Q2': 300, '2016Q3': 0, '2016Q4': 0 } },
      { _id: 3, year: 2017, item: 'B', quantity: { '2017Q1': 300 } },
      { _id: 4, year: 2016, item: 'B', quantity: { '2016Q3': 100, '2016Q4': 250 } },
    ];
    expect(plain(await grouped(quantities, { _id: '$item', mergedSales: { $mergeObjects: '$quantity' } }))).toEqual([
      { _id: 'A', mergedSales: { '2017Q1': 500, '2017Q2': 500, '2016Q1': 400, '2016Q2': 300, '2016Q3': 0, '2016Q4': 0 } },
      { _id: 'B', mergedSales: { '2017Q1': 300, '2016Q3': 100, '2016Q4': 250 } },
    ]);
  });

  it('should pass over nothing, and refuse what is no document', async () => {
    expect(await accumulated('$mergeObjects', null, { a: 'x' }, undefined, { a: 'y' })).toEqual({ a: 'y' });
    expect(await accumulated('$mergeObjects', undefined)).toEqual({});
    // $unset keeps the group in MongoDB's classic engine, whose number this is.
    expect(await refused([{ v: 5 }], { _id: null, r: { $mergeObjects: '$v' } }, [{ $unset: 'none' }])).toMatchObject({ code: 40400 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/count-accumulator/
describe('$count', () => {
  const states = ['CA', 'WA', 'CA', 'CA', 'WA', 'WA'].map((state) => ({ state }));

  it('should count the documents of each state', async () => {
    const groups = await grouped(states, { _id: '$state', countNumberOfDocumentsForState: { $count: {} } });
    expect(plain(groups)).toEqual([
      { _id: 'CA', countNumberOfDocumentsForState: 3 },
      { _id: 'WA', countNumberOfDocumentsForState: 3 },
    ]);
    expect(text(groups[0]?.['countNumberOfDocumentsForState'])).toBe('Int32(3)');
    expect(await grouped([], { _id: null, n: { $count: {} } })).toEqual([]);
  });

  it('should take no argument', async () => {
    expect(await refused([], { _id: null, n: { $count: 1 } })).toMatchObject({ code: 14 });
    expect(await refused([], { _id: null, n: { $count: { a: 1 } } })).toMatchObject({ code: 14 });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/group/
describe('accumulators', () => {
  it.each(['$sum', '$avg', '$min', '$max', '$first', '$last', '$push', '$addToSet', '$mergeObjects'])(
    'should take %s of one operand only',
    async (name) => {
      expect(await refused([], { _id: null, r: { [name]: ['$a', '$b'] } })).toMatchObject({ code: 40237 });
    },
  );

  const limited = { input: '$v', n: 1 };
  const sorted = { sortBy: { v: 1 }, output: '$v' };
  itEmbedded.each<[string, unknown]>([
    ...['$firstN', '$lastN', '$minN', '$maxN'].map((name): [string, unknown] => [name, limited]),
    ...['$top', '$bottom'].map((name): [string, unknown] => [name, sorted]),
    ...['$topN', '$bottomN'].map((name): [string, unknown] => [name, { n: 1, ...sorted }]),
    ['$stdDevPop', '$v'],
    ['$stdDevSamp', '$v'],
    ['$median', { input: '$v', method: 'approximate' }],
    ['$percentile', { input: '$v', p: [0.5], method: 'approximate' }],
    ['$accumulator', { init: 'function () {}', accumulate: 'function () {}', accumulateArgs: [], merge: 'function () {}', lang: 'js' }],
  ])('should refuse %s by name', async (name, operand) => {
    const found = await refused([], { _id: null, r: { [name]: operand } });
    expect(found).toMatchObject({ code: 238 });
    expect(found.message).toMatch(new RegExp(`\\${name}\\b.*not supported by the embedded database`, 's'));
  });

  it.each(['$nope', '$add', '$constructor'])('should not know %s', async (name) => {
    expect(await refused([], { _id: null, r: { [name]: 1 } })).toMatchObject({ code: 15952 });
  });

  itEmbedded.each(['$sum', '$avg'])('should refuse %s of decimals', async (name) => {
    expect(await refused([{ v: Decimal128.fromString('0.1') }], { _id: null, r: { [name]: '$v' } })).toMatchObject({ code: 238 });
  });
});
