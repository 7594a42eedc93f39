import { Decimal128, Double, Long } from 'mongodb';
import { itEmbedded } from '../server.fixture-spec.js';
import { expressionsOn } from './expressions.fixture-spec.js';

const sut = expressionsOn({
  _id: 1,
  price: 10,
  fee: 2,
  quantity: 20,
  hours: 80,
  tasks: 7,
  max: 2147483647,
  min: -2147483648,
  long: Long.fromNumber(5),
  double: new Double(5),
  nil: null,
  text: 'x',
  date: new Date('2014-03-01T08:00:00Z'),
  later: new Date('2014-03-01T08:05:00Z'),
  decimal: Decimal128.fromString('0.1'),
  big: Long.fromString('9007199254740993'),
});

/** What operators of one number have in common. */
const single = (name: string): [unknown, null][] => [
  [{ [name]: '$nil' }, null],
  [{ [name]: '$nope' }, null],
];
const notNumeric = (name: string): [unknown, number][] => [
  [{ [name]: '$text' }, 28765],
  [{ [name]: [1, 2] }, 16020],
];
const places = (name: string): [unknown, number][] => [
  [{ [name]: ['$text', 1] }, 51081],
  [{ [name]: [1.5, 1.5] }, 51082],
  [{ [name]: [1.5, 101] }, 51083],
  [{ [name]: [1.5, -21] }, 51083],
  [{ [name]: [] }, 28667],
];

sut.describeOperators({
  $add: {
    gives: [
      [{ $add: ['$price', '$fee'] }, 12, 'int'],
      [{ $add: ['$date', 3 * 60 * 60000] }, new Date('2014-03-01T11:00:00Z')],
      [{ $add: [1, 2, '$double'] }, 8, 'double'],
      [{ $add: ['$long', 1] }, 6, 'long'],
      [{ $add: ['$max', 1] }, 2147483648, 'long'],
      [{ $add: [] }, 0, 'int'],
      [{ $add: [1, '$nil'] }, null],
      [{ $add: [1, '$nope'] }, null],
    ],
    refuses: [
      [{ $add: ['$text', 1] }, 14],
      [{ $add: ['$date', '$later'] }, 16612],
    ],
  },
  $subtract: {
    gives: [
      [{ $subtract: [{ $add: ['$price', '$fee'] }, 5] }, 7, 'int'],
      [{ $subtract: ['$later', '$date'] }, 300000, 'long'],
      [{ $subtract: ['$date', 5 * 60 * 1000] }, new Date('2014-03-01T07:55:00Z')],
      [{ $subtract: ['$min', 1] }, -2147483649, 'long'],
      [{ $subtract: ['$long', '$double'] }, 0, 'double'],
      [{ $subtract: ['$price', '$nope'] }, null],
    ],
    refuses: [
      [{ $subtract: ['$text', 1] }, 14],
      [{ $subtract: [1, '$date'] }, 14],
      [{ $subtract: [1] }, 16020],
    ],
  },
  $multiply: {
    gives: [
      [{ $multiply: ['$price', '$quantity'] }, 200, 'int'],
      [{ $multiply: [100000, 100000] }, 10000000000, 'long'],
      [{ $multiply: ['$long', 2] }, 10, 'long'],
      [{ $multiply: [2, 0.5] }, 1, 'double'],
      [{ $multiply: [] }, 1, 'int'],
      [{ $multiply: ['$price', '$nil'] }, null],
    ],
    refuses: [
      [{ $multiply: ['$price', '$text'] }, 14],
      [{ $multiply: ['$price', '$date'] }, 14],
    ],
  },
  $divide: {
    gives: [
      [{ $divide: ['$hours', 8] }, 10, 'double'],
      [{ $divide: [7, 2] }, 3.5, 'double'],
      [{ $divide: ['$long', 2] }, 2.5, 'double'],
      [{ $divide: ['$price', '$nope'] }, null],
    ],
    refuses: [
      [{ $divide: ['$price', 0] }, 2],
      [{ $divide: ['$price', '$text'] }, 14],
    ],
  },
  $mod: {
    gives: [
      [{ $mod: ['$hours', '$tasks'] }, 3, 'int'],
      [{ $mod: [-13, -9] }, -4, 'int'],
      [{ $mod: [-13, 9] }, -4, 'int'],
      [{ $mod: [13, -9] }, 4, 'int'],
      [{ $mod: ['$long', 3] }, 2, 'long'],
      [{ $mod: [6.5, 4] }, 2.5, 'double'],
      [{ $mod: [7, new Double(4)] }, 3, 'int'],
      [{ $mod: [7, '$nil'] }, null],
    ],
    refuses: [
      [{ $mod: ['$price', 0] }, 16610],
      [{ $mod: ['$price', '$text'] }, 16611],
    ],
  },
  $abs: {
    gives: [
      [{ $abs: { $subtract: [50, 80] } }, 30, 'int'],
      [{ $abs: -1.5 }, 1.5, 'double'],
      [{ $abs: '$min' }, 2147483648, 'long'],
      [{ $abs: '$long' }, 5, 'long'],
      ...single('$abs'),
    ],
    refuses: notNumeric('$abs'),
  },
  $ceil: {
    gives: [[{ $ceil: 9.25 }, 10, 'double'], [{ $ceil: -5.34 }, -5, 'double'], [{ $ceil: '$price' }, 10, 'int'], ...single('$ceil')],
    refuses: notNumeric('$ceil'),
  },
  $floor: {
    gives: [[{ $floor: 8.73 }, 8, 'double'], [{ $floor: -5.34 }, -6, 'double'], [{ $floor: '$long' }, 5, 'long'], ...single('$floor')],
    refuses: notNumeric('$floor'),
  },
  $round: {
    gives: [
      [{ $round: [19.25, 1] }, 19.2, 'double'],
      [{ $round: [-45.39, 1] }, -45.4],
      [{ $round: [1234.5678, 2] }, 1234.57],
      [{ $round: [1234.5678, -2] }, 1200, 'double'],
      [{ $round: [1234.5678, -4] }, 0, 'double'],
      [{ $round: [124.5, 0] }, 124],
      [{ $round: [125.5] }, 126, 'double'],
      [{ $round: [2.45, 1] }, 2.5],
      [{ $round: [2.25, 1] }, 2.2],
      // The double nearest to 1.255 lies below it.
      [{ $round: [1.255, 2] }, 1.25],
      [{ $round: [25, -1] }, 20, 'int'],
      [{ $round: ['$long', 2] }, 5, 'long'],
      [{ $round: [NaN, 1] }, NaN],
      [{ $round: [-Infinity, 1] }, -Infinity],
      [{ $round: [1.5, '$nil'] }, null],
      ...single('$round'),
    ],
    refuses: places('$round'),
  },
  $trunc: {
    gives: [
      [{ $trunc: [7.85, 1] }, 7.8, 'double'],
      [{ $trunc: [-45.39, 1] }, -45.3],
      [{ $trunc: [28.73, -1] }, 20, 'double'],
      [{ $trunc: [-45.39] }, -45, 'double'],
      [{ $trunc: [29, -1] }, 20, 'int'],
      ...single('$trunc'),
    ],
    refuses: places('$trunc'),
  },
  $pow: {
    gives: [
      [{ $pow: [5, 0] }, 1, 'int'],
      [{ $pow: [5, 2] }, 25, 'int'],
      [{ $pow: [5, -2] }, 0.04, 'double'],
      [{ $pow: [-5, 0.5] }, NaN, 'double'],
      [{ $pow: [2, 40] }, 1099511627776, 'long'],
      [{ $pow: ['$long', 2] }, 25, 'long'],
      [{ $pow: [2, '$nope'] }, null],
    ],
    refuses: [
      [{ $pow: ['$text', 1] }, 28762],
      [{ $pow: [1, '$text'] }, 28763],
      [{ $pow: [0, -1] }, 28764],
    ],
  },
  $sqrt: {
    gives: [[{ $sqrt: 25 }, 5, 'double'], [{ $sqrt: 30 }, 5.477225575051661, 'double'], ...single('$sqrt')],
    refuses: [[{ $sqrt: -1 }, 28714], ...notNumeric('$sqrt')],
  },
  $exp: {
    gives: [[{ $exp: 0 }, 1, 'double'], [{ $exp: 2 }, 7.38905609893065], [{ $exp: -2 }, 0.1353352832366127], ...single('$exp')],
    refuses: notNumeric('$exp'),
  },
  $ln: {
    gives: [[{ $ln: 1 }, 0, 'double'], [{ $ln: 2.718281828459045 }, 1], [{ $ln: 10 }, 2.302585092994046], ...single('$ln')],
    refuses: [[{ $ln: 0 }, 28766], [{ $ln: -1 }, 28766], ...notNumeric('$ln')],
  },
  $log: {
    gives: [
      [{ $log: [100, 10] }, 2, 'double'],
      [{ $log: [100, 2.718281828459045] }, 4.605170185988092],
      [{ $log: ['$nope', 10] }, null],
    ],
    refuses: [
      [{ $log: ['$text', 10] }, 28756],
      [{ $log: [10, '$text'] }, 28757],
      [{ $log: [0, 10] }, 28758],
      [{ $log: [10, 1] }, 28759],
    ],
  },
  $log10: {
    gives: [[{ $log10: 1 }, 0, 'double'], [{ $log10: 10 }, 1], [{ $log10: 100 }, 2], [{ $log10: 1000 }, 3], ...single('$log10')],
    refuses: [[{ $log10: 0 }, 28761], ...notNumeric('$log10')],
  },
});

// https://www.mongodb.com/docs/v7.0/reference/bson-types/
describe('numbers the embedded database does not calculate with', () => {
  const two = ['$add', '$subtract', '$multiply', '$divide', '$mod', '$pow', '$log'];
  const one = ['$abs', '$ceil', '$floor', '$round', '$trunc', '$sqrt', '$exp', '$ln', '$log10'];

  for (const [what, field] of Object.entries({ 'a decimal': '$decimal', 'a long beyond 2^53': '$big' })) {
    itEmbedded.each([...two, ...one])(`should refuse %s of ${what}`, async (name) => {
      const refused = await sut.refused({ [name]: two.includes(name) ? [field, 2] : field });
      expect(refused).toMatchObject({ code: 238 });
      expect(refused.message).toContain(name);
      expect(refused.message).toContain('not supported by the embedded database');
    });
  }
});
