import { expressionsOn } from './expressions.fixture-spec.js';

const { describeOperators } = expressionsOn({
  _id: 1,
  item: 'ABC1',
  quarter: '13Q1',
  description: 'product 1',
  nil: null,
  five: 5,
  o: { a: 1 },
  date: new Date('2014-01-01T08:15:39.736Z'),
});

const SPACED = '  \n good  bye \t  ';

/** What $trim, $ltrim and $rtrim have in common. */
const trimNulls = (name: string): [unknown, null][] => [
  [{ [name]: { input: '$nil' } }, null],
  [{ [name]: { input: 'a', chars: '$nope' } }, null],
];
const trimRefusals = (name: string): [unknown, number][] => [
  [{ [name]: { input: 'a', char: 'a' } }, 50694],
  [{ [name]: { chars: 'a' } }, 50695],
  [{ [name]: '$item' }, 50696],
  [{ [name]: { input: '$five' } }, 50699],
  [{ [name]: { input: '$item', chars: '$five' } }, 50700],
];
const substrBytes = (name: string): [unknown, number][] => [
  [{ [name]: ['cafétéria', 7, 3] }, 28656],
  [{ [name]: ['cafétéria', 3, 1] }, 28657],
  [{ [name]: ['abc', 'x', 1] }, 16034],
  [{ [name]: ['abc', 1, 'x'] }, 16035],
  [{ [name]: ['abc', -1, 1] }, 50752],
  [{ [name]: ['abc', 1] }, 16020],
];

describeOperators({
  $concat: {
    gives: [
      [{ $concat: ['$item', ' - ', '$description'] }, 'ABC1 - product 1'],
      [{ $concat: ['$item', ' - ', '$nil'] }, null],
      [{ $concat: ['$item', '$nope'] }, null],
      [{ $concat: [] }, ''],
    ],
    refuses: [[{ $concat: ['$item', '$five'] }, 16702]],
  },
  $substrBytes: {
    gives: [
      [{ $substrBytes: ['abcde', 1, 2] }, 'bc'],
      [{ $substrBytes: ['Hello World!', 6, 5] }, 'World'],
      [{ $substrBytes: ['cafétéria', 0, 5] }, 'café'],
      [{ $substrBytes: ['cafétéria', 5, 4] }, 'tér'],
      [{ $substrBytes: ['寿司sushi', 0, 3] }, '寿'],
      [{ $substrBytes: ['abcde', 1, -1] }, 'bcde'],
      [{ $substrBytes: ['abc', 9, 1] }, ''],
      [{ $substrBytes: ['$nil', 0, 1] }, ''],
      [{ $substrBytes: ['$five', 0, 3] }, '5'],
    ],
    refuses: substrBytes('$substrBytes'),
  },
  $substr: {
    gives: [
      [{ $substr: ['$quarter', 0, 2] }, '13'],
      [{ $substr: ['$quarter', 2, -1] }, 'Q1'],
      [{ $substr: ['$nope', 0, 2] }, ''],
    ],
    refuses: substrBytes('$substr'),
  },
  $substrCP: {
    gives: [
      [{ $substrCP: ['Hello World!', 6, 5] }, 'World'],
      [{ $substrCP: ['cafétéria', 0, 5] }, 'cafét'],
      [{ $substrCP: ['cafétéria', 7, 3] }, 'ia'],
      [{ $substrCP: ['a😀b', 1, 1] }, '😀'],
      [{ $substrCP: ['$nil', 0, 1] }, ''],
      [{ $substrCP: ['abc', 9, 1] }, ''],
    ],
    refuses: [
      [{ $substrCP: ['abc', 'x', 1] }, 34450],
      [{ $substrCP: ['abc', 1.5, 1] }, 34451],
      [{ $substrCP: ['abc', 1, 'x'] }, 34452],
      [{ $substrCP: ['abc', 1, 1.5] }, 34453],
      [{ $substrCP: ['abc', 1, -1] }, 34454],
      [{ $substrCP: ['abc', -1, 1] }, 34455],
    ],
  },
  $toLower: {
    gives: [
      [{ $toLower: '$item' }, 'abc1'],
      [{ $toLower: '$nil' }, ''],
      [{ $toLower: '$nope' }, ''],
      [{ $toLower: '$five' }, '5'],
    ],
    refuses: [[{ $toLower: '$o' }, 16007]],
  },
  $toUpper: {
    gives: [
      [{ $toUpper: '$description' }, 'PRODUCT 1'],
      [{ $toUpper: '$nil' }, ''],
      [{ $toUpper: '$date' }, '2014-01-01T08:15:39.736Z'],
    ],
    refuses: [[{ $toUpper: '$o' }, 16007]],
  },
  $trim: {
    gives: [
      [{ $trim: { input: SPACED } }, 'good  bye'],
      [{ $trim: { input: ' ggggoodbyeeeee', chars: 'ge' } }, ' ggggoodby'],
      [{ $trim: { input: '    ggggoodbyeeeee', chars: ' ge' } }, 'oodby'],
      [{ $trim: { input: '\0x\u00a0' } }, 'x'],
      // No white space of $trim's.
      [{ $trim: { input: '\u3000x' } }, '\u3000x'],
      [{ $trim: { input: '😀x', chars: '😀' } }, 'x'],
      ...trimNulls('$trim'),
    ],
    refuses: trimRefusals('$trim'),
  },
  $ltrim: {
    gives: [
      [{ $ltrim: { input: SPACED } }, 'good  bye \t  '],
      [{ $ltrim: { input: ' ggggoodbyeeeee', chars: 'ge' } }, ' ggggoodbyeeeee'],
      [{ $ltrim: { input: '    ggggoodbyeeeee', chars: ' gd' } }, 'oodbyeeeee'],
      ...trimNulls('$ltrim'),
    ],
    refuses: trimRefusals('$ltrim'),
  },
  $rtrim: {
    gives: [
      [{ $rtrim: { input: SPACED } }, '  \n good  bye'],
      [{ $rtrim: { input: 'ggggoodbyeeeee    ', chars: 'e ' } }, 'ggggoodby'],
      ...trimNulls('$rtrim'),
    ],
    refuses: trimRefusals('$rtrim'),
  },
  $split: {
    gives: [
      [{ $split: ['June-15-2013', '-'] }, ['June', '15', '2013']],
      [{ $split: ['banana split', 'a'] }, ['b', 'n', 'n', ' split']],
      [{ $split: ['astronomical', 'astro'] }, ['', 'nomical']],
      [{ $split: ['pea green boat', 'owl'] }, ['pea green boat']],
      [{ $split: ['$nil', '-'] }, null],
      [{ $split: ['', '-'] }, ['']],
    ],
    refuses: [
      [{ $split: ['$five', '-'] }, 40085],
      [{ $split: ['headphone jack', 7] }, 40086],
      [{ $split: ['headphone jack', /jack/] }, 40086],
      [{ $split: ['$item', ''] }, 40087],
    ],
  },
  $strLenBytes: {
    gives: [
      [{ $strLenBytes: 'cafétéria' }, 11, 'int'],
      [{ $strLenBytes: '' }, 0, 'int'],
      [{ $strLenBytes: { $literal: '$€λG' } }, 7],
      [{ $strLenBytes: '寿司' }, 6],
    ],
    refuses: [
      [{ $strLenBytes: '$nil' }, 34473],
      [{ $strLenBytes: '$nope' }, 34473],
    ],
  },
  $strLenCP: {
    gives: [
      [{ $strLenCP: 'cafétéria' }, 9, 'int'],
      [{ $strLenCP: '' }, 0, 'int'],
      [{ $strLenCP: { $literal: '$€λG' } }, 4],
      [{ $strLenCP: '😀' }, 1],
    ],
    refuses: [
      [{ $strLenCP: '$nil' }, 34471],
      [{ $strLenCP: '$five' }, 34471],
    ],
  },
  $strcasecmp: {
    gives: [
      [{ $strcasecmp: ['$quarter', '13q4'] }, -1, 'int'],
      [{ $strcasecmp: ['13Q4', '13q4'] }, 0, 'int'],
      [{ $strcasecmp: ['14Q2', '13q4'] }, 1, 'int'],
      [{ $strcasecmp: ['$nil', ''] }, 0],
    ],
    refuses: [
      [{ $strcasecmp: ['$o', 'a'] }, 16007],
      [{ $strcasecmp: ['a'] }, 16020],
    ],
  },
  $indexOfBytes: {
    gives: [
      [{ $indexOfBytes: ['cafeteria', 'e'] }, 3, 'int'],
      [{ $indexOfBytes: ['cafétéria', 'é'] }, 3],
      [{ $indexOfBytes: ['cafétéria', 'e'] }, -1, 'int'],
      [{ $indexOfBytes: ['cafétéria', 't'] }, 5],
      [{ $indexOfBytes: ['foo.bar.fi', '.', 5] }, 7],
      [{ $indexOfBytes: ['vanilla', 'll', 0, 2] }, -1],
      [{ $indexOfBytes: ['vanilla', 'll', 12] }, -1],
      [{ $indexOfBytes: ['vanilla', 'll', 5, 2] }, -1],
      [{ $indexOfBytes: ['vanilla', 'nilla', 3] }, -1],
      [{ $indexOfBytes: ['$nil', 'foo'] }, null],
    ],
    refuses: [
      [{ $indexOfBytes: ['$five', 'a'] }, 40091],
      [{ $indexOfBytes: ['a', '$nil'] }, 40092],
      [{ $indexOfBytes: ['vanilla', 'll', 1.5] }, 40096],
      [{ $indexOfBytes: ['vanilla', 'll', -1] }, 40097],
      [{ $indexOfBytes: ['a'] }, 28667],
    ],
  },
});
