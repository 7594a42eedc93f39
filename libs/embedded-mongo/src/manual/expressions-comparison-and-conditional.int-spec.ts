import { Double } from 'mongodb';
import { expressionsOn } from './expressions.fixture-spec.js';

const { describeOperators } = expressionsOn({
  _id: 1,
  item: 'abc1',
  description: 'product 1',
  qty: 300,
  double: new Double(300),
  zero: 0,
  nil: null,
  empty: '',
  list: [1, 2],
  o: { b: 1, a: 2 },
});

/** Refused for one argument and for three. */
const pair = (name: string): [unknown, number][] => [
  [{ [name]: ['$qty'] }, 16020],
  [{ [name]: [1, 2, 3] }, 16020],
];

describeOperators({
  $cmp: {
    gives: [
      [{ $cmp: ['$qty', 250] }, 1, 'int'],
      [{ $cmp: [200, 250] }, -1, 'int'],
      [{ $cmp: [250, 250] }, 0, 'int'],
      [{ $cmp: ['$qty', '$double'] }, 0],
      [{ $cmp: ['$nope', null] }, -1],
      [{ $cmp: [null, -1] }, -1],
      [{ $cmp: ['$item', 5] }, 1],
      [{ $cmp: [{ $literal: { a: 9, b: 9 } }, '$o'] }, -1],
      [{ $cmp: ['$list', [1, 1, 9]] }, 1],
    ],
    refuses: pair('$cmp'),
  },
  $eq: {
    gives: [
      [{ $eq: ['$qty', 250] }, false],
      [{ $eq: [250, 250] }, true],
      [{ $eq: ['$qty', '$double'] }, true],
      [{ $eq: ['$o', { b: 1, a: 2 }] }, true],
      [{ $eq: ['$o', { a: 2, b: 1 }] }, false],
      [{ $eq: ['$list', [1, 2]] }, true],
    ],
    refuses: pair('$eq'),
  },
  $ne: {
    gives: [
      [{ $ne: ['$qty', 250] }, true],
      [{ $ne: [250, 250] }, false],
      [{ $ne: ['$nope', '$other'] }, false],
    ],
    refuses: pair('$ne'),
  },
  $gt: {
    gives: [
      [{ $gt: ['$qty', 250] }, true],
      [{ $gt: [250, 250] }, false],
      [{ $gt: ['$item', '$qty'] }, true],
    ],
    refuses: pair('$gt'),
  },
  $gte: {
    gives: [
      [{ $gte: ['$qty', 250] }, true],
      [{ $gte: [250, 250] }, true],
      [{ $gte: ['$nope', '$nil'] }, false],
    ],
    refuses: pair('$gte'),
  },
  $lt: {
    gives: [
      [{ $lt: ['$qty', 250] }, false],
      [{ $lt: [180, 250] }, true],
      [{ $lt: ['$nope', '$nil'] }, true],
    ],
    refuses: pair('$lt'),
  },
  $lte: {
    gives: [
      [{ $lte: ['$qty', 250] }, false],
      [{ $lte: [250, 250] }, true],
      [{ $lte: ['$nope', '$nil'] }, true],
    ],
    refuses: pair('$lte'),
  },
  $and: {
    gives: [
      [{ $and: [{ $gt: ['$qty', 100] }, { $lt: ['$qty', 250] }] }, false],
      [{ $and: [1, 'green'] }, true],
      [{ $and: [] }, true],
      [{ $and: [[null], [false], [0]] }, true],
      [{ $and: [null, true] }, false],
      [{ $and: [0, true] }, false],
      [{ $and: ['$empty'] }, true],
      [{ $and: ['$qty', '$nope'] }, false],
    ],
    refuses: [[{ $and: ['$$nope'] }, 17276]],
  },
  $or: {
    gives: [
      [{ $or: [{ $gt: ['$qty', 250] }, { $lt: ['$qty', 200] }] }, true],
      [{ $or: [true, false] }, true],
      [{ $or: [[false], false] }, true],
      [{ $or: [null, 0, '$nope'] }, false],
      [{ $or: [] }, false],
    ],
    refuses: [[{ $or: ['$$nope'] }, 17276]],
  },
  $not: {
    gives: [
      [{ $not: [{ $gt: ['$qty', 250] }] }, false],
      [{ $not: [true] }, false],
      [{ $not: [[false]] }, false],
      [{ $not: [false] }, true],
      [{ $not: [null] }, true],
      [{ $not: [0] }, true],
      [{ $not: ['$nope'] }, true],
    ],
    refuses: [[{ $not: [1, 2] }, 16020]],
  },
  $cond: {
    gives: [
      [{ $cond: { if: { $gte: ['$qty', 250] }, then: 30, else: 20 } }, 30, 'int'],
      [{ $cond: [{ $gte: [200, 250] }, 30, 20] }, 20, 'int'],
      [{ $cond: ['$nope', 1, 2] }, 2],
      [{ $cond: [true, '$nope', 1] }, undefined],
      [{ $cond: ['$qty', 1, { $divide: ['$qty', '$zero'] }] }, 1],
    ],
    refuses: [
      [{ $cond: [1, 2] }, 16020],
      [{ $cond: { then: 1, else: 2 } }, 17080],
      [{ $cond: { if: 1, else: 2 } }, 17081],
      [{ $cond: { if: 1, then: 2 } }, 17082],
      [{ $cond: { if: 1, then: 2, else: 3, or: 4 } }, 17083],
    ],
  },
  $ifNull: {
    gives: [
      [{ $ifNull: ['$description', 'Unspecified'] }, 'product 1'],
      [{ $ifNull: ['$nil', 'Unspecified'] }, 'Unspecified'],
      [{ $ifNull: ['$nope', 'Unspecified'] }, 'Unspecified'],
      [{ $ifNull: ['$nope', '$qty', 'Unspecified'] }, 300, 'int'],
      [{ $ifNull: ['$zero', 1] }, 0],
      [{ $ifNull: ['$nope', '$nil'] }, null],
      [{ $ifNull: ['$nil', '$nope'] }, undefined],
    ],
    refuses: [[{ $ifNull: ['$qty'] }, 1257300]],
  },
  $switch: {
    gives: [
      [
        {
          $switch: {
            branches: [
              { case: { $eq: [0, 5] }, then: 'equals' },
              { case: { $gt: [0, 5] }, then: 'greater than' },
              { case: { $lt: [0, 5] }, then: 'less than' },
            ],
          },
        },
        'less than',
      ],
      [{ $switch: { branches: [{ case: { $eq: [0, 5] }, then: 'equals' }], default: 'Did not match' } }, 'Did not match'],
      [
        {
          $switch: {
            branches: [
              { case: 'this is true', then: 'first case' },
              { case: false, then: 'second case' },
            ],
          },
        },
        'first case',
      ],
      [{ $switch: { branches: [{ case: '$nope', then: 1 }], default: '$nil' } }, null],
      [{ $switch: { branches: [{ case: '$qty', then: 1 }], default: { $divide: ['$qty', '$zero'] } } }, 1],
    ],
    refuses: [
      [{ $switch: { branches: [{ case: '$zero', then: 1 }] } }, 40066],
      [{ $switch: { branches: [] } }, 40068],
      [{ $switch: { default: 1 } }, 40068],
      [{ $switch: 1 }, 40060],
      [{ $switch: { branches: 1 } }, 40061],
      [{ $switch: { branches: [1] } }, 40062],
      [{ $switch: { branches: [{ case: 1, then: 1, else: 1 }] } }, 40063],
      [{ $switch: { branches: [{ then: 1 }] } }, 40064],
      [{ $switch: { branches: [{ case: 1 }] } }, 40065],
      [{ $switch: { branches: [{ case: 1, then: 1 }], or: 1 } }, 40067],
    ],
  },
});
