import { ObjectId, Timestamp } from 'mongodb';
import { itEmbedded } from '../server.fixture-spec.js';
import { expressionsOn } from './expressions.fixture-spec.js';

const sut = expressionsOn({
  _id: 1,
  date: new Date('2014-01-01T08:15:39.736Z'),
  november: new Date('1998-11-07T00:00:00Z'),
  before: new Date('1969-12-31T23:59:59.999Z'),
  oid: new ObjectId('5ab9c3da31c2ab715d421285'),
  timestamp: new Timestamp({ t: 1412180887, i: 1 }),
  text: 'March 28, 1976',
  nil: null,
  zone: 'America/New_York',
});

const NY = 'America/New_York';

/** What every part of a date is null or refused for. */
function part(name: string, date: number, ...others: [argument: unknown, value: number][]) {
  return {
    gives: [
      [{ [name]: '$date' }, date, 'int'],
      ...others.map(([argument, value]): [unknown, number] => [{ [name]: argument }, value]),
      [{ [name]: ['$date'] }, date],
      [{ [name]: '$nope' }, null],
      [{ [name]: { date: '$nil' } }, null],
      [{ [name]: { date: '$date', timezone: '$nil' } }, null],
    ] as [unknown, unknown, 'int'?][],
    refuses: [
      [{ [name]: '$text' }, 16006],
      [{ [name]: { date: '$date', timezone: 'Nowhere/Here' } }, 40485],
      [{ [name]: { date: '$date', timezone: 5 } }, 40517],
      [{ [name]: { date: '$date', zone: 'UTC' } }, 40535],
      [{ [name]: ['$date', '$date'] }, 40536],
      [{ [name]: { timezone: 'UTC' } }, 40539],
    ] as [unknown, number][],
  };
}

const at = (date: string, timezone?: string) => ({ date: new Date(date), ...(timezone ? { timezone } : {}) });
const format = (spec: string, timezone?: string) => ({ $dateToString: { format: spec, date: '$date', ...(timezone ? { timezone } : {}) } });
const day = (date: string, timezone?: string) => ({ $dateTrunc: { ...at(date, timezone), unit: 'day' } });

sut.describeOperators({
  $year: part(
    '$year',
    2014,
    [at('2011-08-14T00:00:00Z', 'America/Chicago'), 2011],
    [at('2015-01-01T00:00:00Z', '-0400'), 2014],
    ['$oid', 2018],
    ['$timestamp', 2014],
  ),
  $month: part('$month', 1, ['$november', 11], [at('1998-11-01T00:00:00Z', '-0400'), 10]),
  $dayOfMonth: part('$dayOfMonth', 1, ['$november', 7], [at('1998-11-07T00:00:00Z', '-0400'), 6]),
  $dayOfWeek: part('$dayOfWeek', 4, ['$november', 7], [at('1998-11-07T00:00:00Z', '-0400'), 6], [at('1998-11-08T00:00:00Z'), 1]),
  $dayOfYear: part('$dayOfYear', 1, ['$november', 311], [at('1998-11-07T00:00:00Z', '-0400'), 310], [at('2016-12-31T00:00:00Z'), 366]),
  $hour: part(
    '$hour',
    8,
    [at('1998-11-07T00:00:00Z', '-0400'), 20],
    [at('2014-03-09T06:59:00Z', NY), 1],
    [at('2014-03-09T07:00:00Z', NY), 3],
    [{ date: '$date', timezone: '$zone' }, 3],
  ),
  $minute: part('$minute', 15, [at('1998-11-07T00:00:00Z', '+04:45'), 45], [at('1998-11-07T00:00:00Z', '+03'), 0]),
  $second: part('$second', 39, ['$before', 59]),
  $millisecond: part('$millisecond', 736, ['$before', 999], ['$oid', 0]),
  $isoDayOfWeek: part('$isoDayOfWeek', 3, ['$november', 6], [at('1998-11-07T00:00:00Z', '-0400'), 5], [at('1998-11-08T00:00:00Z'), 7]),
  $isoWeek: part(
    '$isoWeek',
    1,
    [at('1998-11-02T00:00:00Z'), 45],
    [at('1998-11-02T00:00:00Z', '-0500'), 44],
    [at('2016-01-03T00:00:00Z'), 53],
  ),
  $isoWeekYear: {
    gives: [
      [{ $isoWeekYear: '$date' }, 2014],
      [{ $isoWeekYear: at('2016-01-03T00:00:00Z') }, 2015],
      [{ $isoWeekYear: at('2014-12-29T00:00:00Z') }, 2015],
      [{ $isoWeekYear: '$nope' }, null],
    ],
    refuses: part('$isoWeekYear', 0).refuses,
  },
  $dateToString: {
    gives: [
      [format('%Y-%m-%d'), '2014-01-01'],
      [format('%H:%M:%S:%L%z', NY), '03:15:39:736-0500'],
      [format('%H:%M:%S:%L%z', '+04:30'), '12:45:39:736+0430'],
      [format('%j %u %V %G %% %z'), '001 3 01 2014 % +0000'],
      [{ $dateToString: { format: '%G-W%V-%u', date: new Date('2016-01-03T00:00:00Z') } }, '2015-W53-7'],
      [{ $dateToString: { date: '$date' } }, '2014-01-01T08:15:39.736Z'],
      // MongoDB 7.0 writes the Z in any zone; 7.1 was the first not to.
      [{ $dateToString: { date: '$date', timezone: NY } }, '2014-01-01T03:15:39.736Z'],
      [{ $dateToString: { date: '$oid', format: '%Y-%m-%d' } }, '2018-03-27'],
      [{ $dateToString: { date: '$nope', onNull: 'none' } }, 'none'],
      [{ $dateToString: { date: '$nope' } }, null],
      [{ $dateToString: { date: '$date', format: '$nil' } }, null],
      [{ $dateToString: { date: '$date', timezone: '$nil' } }, null],
    ],
    refuses: [
      [{ $dateToString: { date: '$text' } }, 16006],
      [{ $dateToString: { date: '$date', format: 5 } }, 18533],
      [{ $dateToString: { date: '$date', pattern: '%Y' } }, 18534],
      [format('%'), 18535],
      [format('%n'), 18536],
      [{ $dateToString: { format: '%Y' } }, 18628],
      [{ $dateToString: '$date' }, 18629],
      [format('%Y', 'Nowhere/Here'), 40485],
    ],
  },
  $dateTrunc: {
    gives: [
      [day('2021-03-20T11:30:05Z'), new Date('2021-03-20T00:00:00Z')],
      [day('2021-01-11T06:31:15Z', 'America/Los_Angeles'), new Date('2021-01-10T08:00:00Z')],
      [day('2021-03-20T17:00:00Z', 'Asia/Ho_Chi_Minh'), new Date('2021-03-20T17:00:00Z')],
      [day('2021-03-20T16:59:59Z', '+07:00'), new Date('2021-03-19T17:00:00Z')],
      // The clocks change on this day.
      [day('2021-03-15T06:00:00Z', 'America/Los_Angeles'), new Date('2021-03-14T08:00:00Z')],
      [day('2021-03-15T08:00:00Z', 'America/Los_Angeles'), new Date('2021-03-15T07:00:00Z')],
      [{ $dateTrunc: { date: '$before', unit: 'day' } }, new Date('1969-12-31T00:00:00Z')],
      [{ $dateTrunc: { date: '$nope', unit: 'day' } }, null],
      [{ $dateTrunc: { date: '$date', unit: '$nil' } }, null],
      [{ $dateTrunc: { date: '$date', unit: 'day', timezone: '$nil' } }, null],
    ],
    refuses: [
      [{ $dateTrunc: '$date' }, 5439007],
      [{ $dateTrunc: { date: '$date', unit: 'day', zone: 'UTC' } }, 5439008],
      [{ $dateTrunc: { unit: 'day' } }, 5439009],
      [{ $dateTrunc: { date: '$date' } }, 5439010],
      [{ $dateTrunc: { date: '$text', unit: 'day' } }, 5439012],
      [{ $dateTrunc: { date: '$date', unit: 5 } }, 5439013],
      [{ $dateTrunc: { date: '$date', unit: 'century' } }, 5439014],
      [{ $dateTrunc: { date: '$date', unit: 'day', timezone: 'Nowhere/Here' } }, 40485],
    ],
  },
});

describe('what the embedded database leaves out', () => {
  // https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/dateTrunc/
  itEmbedded.each(['year', 'quarter', 'month', 'week', 'hour', 'minute', 'second', 'millisecond'])(
    'should refuse $dateTrunc by %s',
    async (unit) => {
      const refused = await sut.refused({ $dateTrunc: { date: '$date', unit } });
      expect(refused).toMatchObject({ code: 238 });
      expect(refused.message).toMatch(/\$dateTrunc.*not supported by the embedded database/s);
    },
  );

  itEmbedded('should refuse a binSize', async () => {
    expect(await sut.refused({ $dateTrunc: { date: '$date', unit: 'day', binSize: 2 } })).toMatchObject({ code: 238 });
  });

  // https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/dateToString/
  itEmbedded.each(['%U', '%w', '%Z', '%b', '%B'])('should refuse the format %s', async (specifier) => {
    const refused = await sut.refused(format(specifier));
    expect(refused).toMatchObject({ code: 238 });
    expect(refused.message).toContain(specifier);
  });
});
