import { Binary, Code, Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { expressionsOn } from './expressions.fixture-spec.js';

const OID = '5ab9cbfa31c2ab715d42129e';

const { describeOperators } = expressionsOn({
  _id: 1,
  double: new Double(5),
  text: 'abc',
  o: { a: 1 },
  list: [1, 2],
  bin: new Binary(Buffer.from('x')),
  oid: new ObjectId(OID),
  yes: true,
  no: false,
  date: new Date('2018-03-27T05:04:47.890Z'),
  nil: null,
  regex: /a/,
  code: new Code('1'),
  int: 5,
  timestamp: new Timestamp({ t: 1412180887, i: 1 }),
  long: Long.fromNumber(5),
  decimal: Decimal128.fromString('5'),
  min: new MinKey(),
  max: new MaxKey(),
});

/** What every conversion is null or refused for. */
const nulls = (name: string): [unknown, null][] => [
  [{ [name]: '$nil' }, null],
  [{ [name]: '$nope' }, null],
];
const failing = (name: string, ...values: unknown[]): [unknown, number][] => [
  ...values.map((value): [unknown, number] => [{ [name]: value }, 241]),
  [{ [name]: [1, 2] }, 50723],
];

describeOperators({
  $type: {
    gives: [
      [{ $type: '$double' }, 'double'],
      [{ $type: '$text' }, 'string'],
      [{ $type: '$o' }, 'object'],
      [{ $type: '$list' }, 'array'],
      [{ $type: '$bin' }, 'binData'],
      [{ $type: '$oid' }, 'objectId'],
      [{ $type: '$yes' }, 'bool'],
      [{ $type: '$date' }, 'date'],
      [{ $type: '$nil' }, 'null'],
      [{ $type: '$regex' }, 'regex'],
      [{ $type: '$code' }, 'javascript'],
      [{ $type: '$int' }, 'int'],
      [{ $type: '$timestamp' }, 'timestamp'],
      [{ $type: '$long' }, 'long'],
      [{ $type: '$decimal' }, 'decimal'],
      [{ $type: '$min' }, 'minKey'],
      [{ $type: '$max' }, 'maxKey'],
      [{ $type: '$nope' }, 'missing'],
      [{ $type: [[]] }, 'array'],
    ],
    refuses: [[{ $type: [1, 2] }, 16020]],
  },
  $isNumber: {
    gives: [
      [{ $isNumber: '$int' }, true],
      [{ $isNumber: '$long' }, true],
      [{ $isNumber: '$double' }, true],
      [{ $isNumber: '$decimal' }, true],
      [{ $isNumber: '$text' }, false],
      [{ $isNumber: '$nil' }, false],
      [{ $isNumber: '$nope' }, false],
    ],
    refuses: [[{ $isNumber: [1, 2] }, 16020]],
  },
  $toString: {
    gives: [
      [{ $toString: true }, 'true'],
      [{ $toString: false }, 'false'],
      [{ $toString: 2.5 }, '2.5'],
      [{ $toString: '$double' }, '5'],
      [{ $toString: '$int' }, '5'],
      [{ $toString: Long.fromString('9007199254740993') }, '9007199254740993'],
      [{ $toString: '$oid' }, OID],
      [{ $toString: '$date' }, '2018-03-27T05:04:47.890Z'],
      [{ $toString: '$text' }, 'abc'],
      [{ $toString: -Infinity }, '-Infinity'],
      ...nulls('$toString'),
    ],
    refuses: failing('$toString', '$list', '$o', '$bin', '$regex'),
  },
  $toInt: {
    gives: [
      [{ $toInt: true }, 1, 'int'],
      [{ $toInt: false }, 0, 'int'],
      [{ $toInt: 1.99999 }, 1, 'int'],
      [{ $toInt: -1.99999 }, -1, 'int'],
      [{ $toInt: '-2' }, -2, 'int'],
      [{ $toInt: '$long' }, 5, 'int'],
      [{ $toInt: '$double' }, 5, 'int'],
      ...nulls('$toInt'),
    ],
    refuses: failing('$toInt', '2.5', 'x', '', ' 1', '0x6400', '2147483648', 2147483648, NaN, Infinity, '$date', '$oid', '$list'),
  },
  $toLong: {
    gives: [
      [{ $toLong: true }, 1, 'long'],
      [{ $toLong: 2.5 }, 2, 'long'],
      [{ $toLong: '-2' }, -2, 'long'],
      [{ $toLong: '$int' }, 5, 'long'],
      [{ $toLong: '$date' }, 1522127087890, 'long'],
      ...nulls('$toLong'),
    ],
    refuses: failing('$toLong', '2.5', 'x', '0x6400', '9223372036854775808', 1e19, '$oid', '$o'),
  },
  $toDouble: {
    gives: [
      [{ $toDouble: true }, 1, 'double'],
      [{ $toDouble: false }, 0, 'double'],
      [{ $toDouble: '$int' }, 5, 'double'],
      [{ $toDouble: '$long' }, 5, 'double'],
      [{ $toDouble: '-5.5' }, -5.5, 'double'],
      [{ $toDouble: '1e3' }, 1000, 'double'],
      [{ $toDouble: '$date' }, 1522127087890, 'double'],
      ...nulls('$toDouble'),
    ],
    refuses: failing('$toDouble', 'abc', '', '0x6400', '$oid', '$list'),
  },
  $toBool: {
    gives: [
      [{ $toBool: false }, false],
      [{ $toBool: 1.99999 }, true],
      [{ $toBool: 0 }, false],
      [{ $toBool: 100 }, true],
      [{ $toBool: '$long' }, true],
      [{ $toBool: 'false' }, true],
      [{ $toBool: '' }, true],
      [{ $toBool: '$date' }, true],
      [{ $toBool: '$oid' }, true],
      [{ $toBool: '$o' }, true],
      ...nulls('$toBool'),
    ],
    refuses: failing('$toBool'),
  },
  $toDate: {
    gives: [
      [{ $toDate: 120000000000.5 }, new Date('1973-10-20T21:20:00Z')],
      [{ $toDate: Long.fromString('1100000000000') }, new Date('2004-11-09T11:33:20Z')],
      [{ $toDate: Long.fromString('-1100000000000') }, new Date('1935-02-22T12:26:40Z')],
      [{ $toDate: new ObjectId('5ab9c3da31c2ab715d421285') }, new Date('2018-03-27T04:08:58Z')],
      [{ $toDate: '2018-03-20' }, new Date('2018-03-20T00:00:00Z')],
      [{ $toDate: '2018-03-20T12:00:00Z' }, new Date('2018-03-20T12:00:00Z')],
      [{ $toDate: '2018-03-20T12:00:00+0500' }, new Date('2018-03-20T07:00:00Z')],
      [{ $toDate: '2018-03-20 11:00:06 +0500' }, new Date('2018-03-20T06:00:06Z')],
      [{ $toDate: '2018-03-15 +10:00' }, new Date('2018-03-14T14:00:00Z')],
      [{ $toDate: '$timestamp' }, new Date('2014-10-01T16:28:07Z')],
      [{ $toDate: '$date' }, new Date('2018-03-27T05:04:47.890Z')],
      ...nulls('$toDate'),
    ],
    refuses: failing('$toDate', 'Friday', '', '$int', true, '$list'),
  },
  $toObjectId: {
    gives: [[{ $toObjectId: OID }, new ObjectId(OID)], [{ $toObjectId: '$oid' }, new ObjectId(OID)], ...nulls('$toObjectId')],
    refuses: failing('$toObjectId', '5ab9cbfa31c2ab715d42129', 'xab9cbfa31c2ab715d42129e', '$int', '$date'),
  },
});
