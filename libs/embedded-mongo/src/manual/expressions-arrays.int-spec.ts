import { Double, Long } from 'mongodb';
import { expressionsOn } from './expressions.fixture-spec.js';

const { describeOperators } = expressionsOn({
  _id: 1,
  text: 'x',
  nil: null,
  list: [1, 2, 3],
  empty: [],
  five: 5,
  o: { item: 'foo', qty: 25 },
});

describeOperators({
  $arrayElemAt: {
    gives: [
      [{ $arrayElemAt: [[1, 2, 3], 0] }, 1, 'int'],
      [{ $arrayElemAt: [[1, 2, 3], -2] }, 2],
      [{ $arrayElemAt: [[1, 2, 3], 15] }, undefined],
      [{ $arrayElemAt: [[1, 2, 3], -4] }, undefined],
      [{ $arrayElemAt: ['$list', new Double(2)] }, 3],
      [{ $arrayElemAt: ['$nope', 0] }, null],
      [{ $arrayElemAt: ['$list', '$nil'] }, null],
    ],
    refuses: [
      [{ $arrayElemAt: ['$text', 0] }, 28689],
      [{ $arrayElemAt: ['$list', '$text'] }, 28690],
      [{ $arrayElemAt: ['$list', 1.5] }, 28691],
      [{ $arrayElemAt: ['$list'] }, 16020],
    ],
  },
  $first: {
    page: 'first-array-element',
    gives: [
      [{ $first: '$list' }, 1, 'int'],
      [{ $first: [[null, 1]] }, null],
      [{ $first: '$empty' }, undefined],
      [{ $first: '$nope' }, null],
    ],
    refuses: [[{ $first: '$text' }, 28689]],
  },
  $last: {
    page: 'last-array-element',
    gives: [
      [{ $last: '$list' }, 3, 'int'],
      [{ $last: '$empty' }, undefined],
      [{ $last: '$nil' }, null],
    ],
    refuses: [[{ $last: '$text' }, 28689]],
  },
  $concatArrays: {
    gives: [
      [{ $concatArrays: [['hello', ' '], ['world']] }, ['hello', ' ', 'world']],
      [
        {
          $concatArrays: [
            ['hello', ' '],
            [['world'], 'again'],
          ],
        },
        ['hello', ' ', ['world'], 'again'],
      ],
      [{ $concatArrays: ['$list', '$nope'] }, null],
      [{ $concatArrays: [] }, []],
    ],
    refuses: [[{ $concatArrays: ['$list', '$text'] }, 28664]],
  },
  $slice: {
    gives: [
      [{ $slice: [[1, 2, 3], 1, 1] }, [2]],
      [{ $slice: [[1, 2, 3], -2] }, [2, 3]],
      [{ $slice: [[1, 2, 3], 15, 2] }, []],
      [{ $slice: [[1, 2, 3], -15, 2] }, [1, 2]],
      [{ $slice: ['$list', 0] }, []],
      [{ $slice: ['$nope', 2] }, null],
    ],
    refuses: [
      [{ $slice: ['$text', 1] }, 28724],
      [{ $slice: ['$list', '$text'] }, 28725],
      [{ $slice: ['$list', 1.5] }, 28726],
      [{ $slice: ['$list', 1, '$text'] }, 28727],
      [{ $slice: ['$list', 1, 1.5] }, 28728],
      [{ $slice: ['$list', 1, 0] }, 28729],
      [{ $slice: ['$list'] }, 28667],
    ],
  },
  $reverseArray: {
    gives: [
      [{ $reverseArray: '$list' }, [3, 2, 1]],
      [{ $reverseArray: { $slice: [['foo', 'bar'], 2] } }, ['bar', 'foo']],
      [{ $reverseArray: [[[1, 2, 3], [4, 5, 6]]] }, [[4, 5, 6], [1, 2, 3]]], // prettier-ignore
      [{ $reverseArray: '$empty' }, []],
      [{ $reverseArray: '$nil' }, null],
    ],
    refuses: [
      [{ $reverseArray: 1 }, 34435],
      [{ $reverseArray: '$text' }, 34435],
    ],
  },
  $range: {
    gives: [
      [{ $range: [0, 10, 2] }, [0, 2, 4, 6, 8]],
      [{ $range: [10, 0, -2] }, [10, 8, 6, 4, 2]],
      [{ $range: [0, 10, -2] }, []],
      [{ $range: [0, 5] }, [0, 1, 2, 3, 4]],
      [{ $arrayElemAt: [{ $range: [0, 5] }, 4] }, 4, 'int'],
    ],
    refuses: [
      [{ $range: ['$nil', 5] }, 34443],
      [{ $range: [1.5, 5] }, 34444],
      [{ $range: [0, '$text'] }, 34445],
      [{ $range: [0, 1.5] }, 34446],
      [{ $range: [0, 5, '$text'] }, 34447],
      [{ $range: [0, 5, 1.5] }, 34448],
      [{ $range: [0, 5, 0] }, 34449],
      [{ $range: [0] }, 28667],
    ],
  },
  $size: {
    gives: [
      [{ $size: '$list' }, 3, 'int'],
      [{ $size: '$empty' }, 0, 'int'],
    ],
    refuses: [
      [{ $size: '$nope' }, 17124],
      [{ $size: '$text' }, 17124],
    ],
  },
  $in: {
    gives: [
      [{ $in: [2, [1, 2, 3]] }, true],
      [{ $in: ['xy', ['xyz', 'abc']] }, false],
      [{ $in: [['a'], ['a']] }, false],
      [{ $in: [['a'], [['a']]] }, true],
      [{ $in: [/^a/, ['a']] }, false],
      [{ $in: [/^a/, [/^a/]] }, true],
      [{ $in: [new Double(2), '$list'] }, true],
      [{ $in: [null, '$empty'] }, false],
    ],
    refuses: [
      [{ $in: ['a', '$text'] }, 40081],
      [{ $in: ['a', '$nope'] }, 40081],
    ],
  },
  $indexOfArray: {
    gives: [
      [{ $indexOfArray: [['a', 'abc'], 'a'] }, 0, 'int'],
      [{ $indexOfArray: [['a', 'abc', 'de', ['de']], ['de']] }, 3],
      [{ $indexOfArray: [[1, 2], 5] }, -1, 'int'],
      [
        {
          $indexOfArray: [
            [1, 2, 3],
            [1, 2],
          ],
        },
        -1,
      ],
      [{ $indexOfArray: [[10, 9, 9, 8, 9], 9, 3] }, 4],
      [{ $indexOfArray: [['a', 'abc', 'b'], 'b', 0, 1] }, -1],
      [{ $indexOfArray: [['a', 'abc', 'b'], 'b', 1, 0] }, -1],
      [{ $indexOfArray: [['a', 'abc', 'b'], 'b', 20] }, -1],
      [{ $indexOfArray: [[null], null] }, 0],
      [{ $indexOfArray: ['$nil', 'foo'] }, null],
    ],
    refuses: [
      [{ $indexOfArray: ['$text', 'foo'] }, 40090],
      [{ $indexOfArray: ['$list', 1, 1.5] }, 40096],
      [{ $indexOfArray: ['$list', 1, -1] }, 40097],
      [{ $indexOfArray: ['$list'] }, 28667],
    ],
  },
  $isArray: {
    gives: [
      [{ $isArray: ['hello'] }, false],
      [{ $isArray: [['hello', 'world']] }, true],
      [{ $isArray: '$list' }, true],
      [{ $isArray: '$nope' }, false],
    ],
    refuses: [[{ $isArray: [1, 2] }, 16020]],
  },
  $map: {
    gives: [
      [{ $map: { input: [5, 6, 7], as: 'grade', in: { $add: ['$$grade', 2] } } }, [7, 8, 9]],
      [{ $map: { input: '$list', in: '$$this' } }, [1, 2, 3]],
      [{ $map: { input: '$list', in: '$nope' } }, [null, null, null]],
      [{ $map: { input: '$empty', in: 1 } }, []],
      [{ $map: { input: '$nope', in: 1 } }, null],
    ],
    refuses: [
      [{ $map: 1 }, 16878],
      [{ $map: { input: '$list', in: 1, if: 1 } }, 16879],
      [{ $map: { in: 1 } }, 16880],
      [{ $map: { input: '$list' } }, 16882],
      [{ $map: { input: '$text', in: 1 } }, 16883],
    ],
  },
  $filter: {
    gives: [
      [{ $filter: { input: [1, 'a', 2, null, 3.1, Long.fromNumber(4), '5'], as: 'num', cond: { $isNumber: '$$num' } } }, [1, 2, 3.1, 4]],
      [{ $filter: { input: [1, 'a', 2, null, 3.1, '5'], cond: { $isNumber: '$$this' }, limit: 2 } }, [1, 2]],
      [{ $filter: { input: '$list', cond: true, limit: 20 } }, [1, 2, 3]],
      [{ $filter: { input: '$list', cond: true, limit: '$nil' } }, [1, 2, 3]],
      [{ $filter: { input: '$list', cond: '$nope' } }, []],
      [{ $filter: { input: '$nope', cond: true } }, null],
    ],
    refuses: [
      [{ $filter: 1 }, 28646],
      [{ $filter: { input: '$list', cond: 1, if: 1 } }, 28647],
      [{ $filter: { cond: 1 } }, 28648],
      [{ $filter: { input: '$list' } }, 28650],
      [{ $filter: { input: '$text', cond: 1 } }, 28651],
      [{ $filter: { input: '$list', cond: 1, limit: '$text' } }, 327391],
      [{ $filter: { input: '$list', cond: 1, limit: 0 } }, 327392],
    ],
  },
  $reduce: {
    gives: [
      [{ $reduce: { input: ['a', 'b', 'c'], initialValue: '', in: { $concat: ['$$value', '$$this'] } } }, 'abc'],
      [{ $reduce: { input: [[3, 4], [5, 6]], initialValue: [1, 2], in: { $concatArrays: ['$$value', '$$this'] } } }, [1, 2, 3, 4, 5, 6]], // prettier-ignore
      [{ $reduce: { input: '$empty', initialValue: '$five', in: '$$this' } }, 5],
      [{ $reduce: { input: '$nope', initialValue: 0, in: 1 } }, null],
    ],
    refuses: [
      [{ $reduce: 1 }, 40075],
      [{ $reduce: { input: '$list', initialValue: 0, in: 1, as: 'x' } }, 40076],
      [{ $reduce: { initialValue: 0, in: 1 } }, 40077],
      [{ $reduce: { input: '$list', in: 1 } }, 40078],
      [{ $reduce: { input: '$list', initialValue: 0 } }, 40079],
      [{ $reduce: { input: '$text', initialValue: 0, in: 1 } }, 40080],
    ],
  },
});
