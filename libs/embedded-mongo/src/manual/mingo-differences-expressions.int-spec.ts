import { Decimal128, Long, ObjectId, Timestamp } from 'mongodb';
import { itEmbedded } from '../server.fixture-spec.js';
import { expressionsOn, type NumberType } from './expressions.fixture-spec.js';

/** What mingo 7 answers otherwise than MongoDB 7 in expressions, one test each: MongoDB's answer, or the refusal where the embedded database has none. */
const sut = expressionsOn({ _id: 1, n: 1, list: [1, 2], date: new Date(0), oid: new ObjectId('5ab9c3da31c2ab715d421285') });

/** Refused by the embedded database because it has no such thing. */
const itLeavesOut = (rows: [what: string, expression: unknown][]) =>
  itEmbedded.each(rows)('should refuse %s', async (what, expression) => {
    const found = await sut.refused(expression);
    expect(found).toMatchObject({ code: 238 });
    expect(found.message).toContain(what.split(' ')[0]);
    expect(found.message).toContain('not supported by the embedded database');
  });

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/#comparison-expression-operators
describe('where mingo and MongoDB differ: $eq $ne $gt $gte $lt $lte in expressions', () => {
  const NAMES = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'];
  const BELOW = [false, true, false, false, true, true];
  const ABOVE = [false, true, true, true, false, false];

  it.each<[what: string, left: unknown, right: unknown, results: boolean[]]>([
    ['missing below null', '$nope', null, BELOW],
    ['null above missing', null, '$nope', ABOVE],
    ['an array above its elements', '$list', 2, ABOVE],
    ['an element below its array', 1, '$list', BELOW],
    ['text above numbers', 'a', 5, ABOVE],
    ['a boolean below a date', true, '$date', BELOW],
    ['an object above text', { $literal: {} }, 'z', ABOVE],
  ])('should have %s', async (_what, left, right, results) => {
    const all = NAMES.map((name) => ({ [name]: [left, right] })); // prettier-ignore
    expect((await sut.evaluate(all)).value).toEqual(results);
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/#date-expression-operators
describe('where mingo and MongoDB differ: dates', () => {
  const date = new Date('2024-01-31T10:20:30Z');
  const zone = 'America/New_York';
  const shift = (startDate: Date, unit: string, timezone = 'UTC') => ({ startDate, unit, amount: 1, timezone });
  const clocksChange = new Date('2024-03-09T17:00:00Z');

  itLeavesOut([
    ['$dateTrunc by month with a zone', { $dateTrunc: { date, unit: 'month', timezone: zone } }],
    ['$dateTrunc by hour at +05:30', { $dateTrunc: { date, unit: 'hour', timezone: '+05:30' } }],
    ['$dateAdd at the end of a month', { $dateAdd: shift(date, 'month') }],
    ['$dateSubtract at the end of a month', { $dateSubtract: shift(date, 'month') }],
    ['$dateAdd over a change of the clocks', { $dateAdd: shift(clocksChange, 'day', zone) }],
    ['$dateSubtract over a change of the clocks', { $dateSubtract: shift(clocksChange, 'day', zone) }],
    ['$dateFromParts without a day', { $dateFromParts: { year: 2024, month: 2 } }],
    ['%U in $dateToString', { $dateToString: { date, format: '%U' } }],
    ['%w in $dateToString', { $dateToString: { date, format: '%w' } }],
    ['%Z in $dateToString', { $dateToString: { date, format: '%Z' } }],
    ['$week', { $week: date }],
  ]);

  it('should take an ObjectId as a date', async () => {
    expect((await sut.evaluate({ $dateToString: { date: '$oid' } })).value).toBe('2018-03-27T04:08:58.000Z');
  });

  it('should give null for the $year of nothing', async () => {
    expect((await sut.evaluate({ $year: '$nope' })).value).toBeNull();
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/#type-expression-operators
describe('where mingo and MongoDB differ: conversions', () => {
  const oid = new ObjectId('5ab9c3da31c2ab715d421285');

  it.each<[what: string, expression: unknown, value: unknown, type?: NumberType]>([
    ['$toObjectId', { $toObjectId: '5ab9c3da31c2ab715d421285' }, oid],
    ['$toString of an ObjectId', { $toString: oid }, '5ab9c3da31c2ab715d421285'],
    ['$toDate of an ObjectId', { $toDate: oid }, new Date('2018-03-27T04:08:58Z')],
    ['the $type of an ObjectId', { $type: oid }, 'objectId'],
    ['arithmetic of longs', { $add: [Long.fromNumber(40), 2] }, 42, 'long'],
    ['arithmetic of longs and doubles', { $multiply: [Long.fromNumber(2), 2.5] }, 5, 'double'],
  ])('should have %s', async (_what, expression, value, ...[type]) => {
    expect(await sut.evaluate(expression)).toEqual({ value, type });
  });

  itLeavesOut([
    ['$convert of an ObjectId', { $convert: { input: oid, to: 'string' } }],
    ['$indexOfCP', { $indexOfCP: ['ab', 'b'] }],
    ['$bsonSize', { $bsonSize: '$$ROOT' }],
    ['$binarySize', { $binarySize: 'ab' }],
    ['$tsSecond', { $tsSecond: new Timestamp({ t: 1, i: 1 }) }],
    ['$add of decimals', { $add: [Decimal128.fromString('0.1'), 1] }],
    ['$add of longs beyond 2^53', { $add: [Long.fromString('9007199254740993'), 1] }],
  ]);
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/
describe('where mingo and MongoDB differ: expression errors', () => {
  it.each<[what: string, expression: unknown, code: number]>([
    ['a $switch that nothing fits', { $switch: { branches: [{ case: '$nope', then: 1 }] } }, 40066],
    ['the $size of nothing', { $size: '$nope' }, 17124],
    ['$ln of -1', { $ln: -1 }, 28766],
    ['$mod by 0', { $mod: ['$n', 0] }, 16610],
  ])('should refuse %s', async (_what, expression, code) => {
    expect(await sut.refused(expression)).toMatchObject({ code });
  });

  itLeavesOut([['$dateFromString of nonsense', { $dateFromString: { dateString: 'nonsense' } }]]);

  it('should not take a number in a path as a position', async () => {
    expect((await sut.evaluate('$list.0')).value).toEqual([]);
  });

  it('should unwrap the one operand of $reverseArray', async () => {
    expect((await sut.evaluate({ $reverseArray: [['a', 'b']] })).value).toEqual(['b', 'a']);
  });
});
