import { expressionsOn } from './expressions.fixture-spec.js';

const { describeOperators } = expressionsOn({ _id: 1, nil: null, five: 5 });

const lines = 'First lines\nsecond line';

/** What $replaceOne and $replaceAll have in common. */
const replaceNulls = (name: string): [unknown, null][] => [
  [{ [name]: { input: null, find: 'abc', replacement: 'ABC' } }, null],
  [{ [name]: { input: 'abc', find: '$nope', replacement: 'ABC' } }, null],
  [{ [name]: { input: 'abc', find: 'abc', replacement: null } }, null],
];
const replaceRefusals = (name: string): [unknown, number][] => [
  [{ [name]: { input: 'a', find: 'a', replacement: '$five' } }, 51744],
  [{ [name]: { input: 'a', find: '$five', replacement: 'a' } }, 51745],
  [{ [name]: { input: '$five', find: 'a', replacement: 'a' } }, 51746],
  [{ [name]: { input: 'a', find: 'a' } }, 51747],
  [{ [name]: { input: 'a', replacement: 'a' } }, 51748],
  [{ [name]: { find: 'a', replacement: 'a' } }, 51749],
  [{ [name]: { input: 'a', find: 'a', replacement: 'a', options: 'i' } }, 51750],
  [{ [name]: 'a' }, 51751],
];
describeOperators({
  $replaceOne: {
    gives: [
      [
        { $replaceOne: { input: 'blue paint with blue paintbrush', find: 'blue paint', replacement: 'red paint' } },
        'red paint with blue paintbrush',
      ],
      [{ $replaceOne: { input: 'blue and green paint', find: 'blue paint', replacement: 'red paint' } }, 'blue and green paint'],
      [{ $replaceOne: { input: 'cafe\u0301', find: 'caf\xe9', replacement: 'CAFE' } }, 'cafe\u0301'],
      [{ $replaceOne: { input: 'abc', find: 'b', replacement: '[$&]' } }, 'a[$&]c'],
      [{ $replaceOne: { input: 'abc', find: '', replacement: '-' } }, '-abc'],
      ...replaceNulls('$replaceOne'),
    ],
    refuses: replaceRefusals('$replaceOne'),
  },
  $replaceAll: {
    gives: [
      [
        { $replaceAll: { input: 'blue paint with blue paintbrush', find: 'blue paint', replacement: 'red paint' } },
        'red paint with red paintbrush',
      ],
      [{ $replaceAll: { input: 'a.b.c', find: '.', replacement: '[$&]' } }, 'a[$&]b[$&]c'],
      [{ $replaceAll: { input: 'abc', find: '', replacement: '-' } }, '-a-b-c-'],
      ...replaceNulls('$replaceAll'),
    ],
    refuses: replaceRefusals('$replaceAll'),
  },
  $regexMatch: {
    gives: [
      [{ $regexMatch: { input: 'Single LINE description.', regex: /line/ } }, false],
      [{ $regexMatch: { input: 'Single LINE description.', regex: /line/i } }, true],
      [{ $regexMatch: { input: 'Single LINE description.', regex: 'line', options: 'i' } }, true],
      [{ $regexMatch: { input: lines, regex: '^second', options: 'm' } }, true],
      [{ $regexMatch: { input: lines, regex: 'lines.second', options: 's' } }, true],
      [{ $regexMatch: { input: lines, regex: 'lin(e|k) # matches line or link', options: 'x' } }, true],
      [{ $regexMatch: { input: '$nope', regex: 'a' } }, false],
      [{ $regexMatch: { input: 'a', regex: '$nil' } }, false],
    ],
    refuses: [
      [{ $regexMatch: { regex: 'a' } }, 31022],
      [{ $regexMatch: { input: 'a' } }, 31023],
      [{ $regexMatch: { input: 'a', regex: 'a', flags: 'i' } }, 31024],
      [{ $regexMatch: 'a' }, 51103],
      [{ $regexMatch: { input: '$five', regex: 'a' } }, 51104],
      [{ $regexMatch: { input: 'a', regex: '$five' } }, 51105],
      [{ $regexMatch: { input: 'a', regex: 'a', options: '$five' } }, 51106],
      [{ $regexMatch: { input: 'a', regex: /a/i, options: 'i' } }, 51107],
      [{ $regexMatch: { input: 'a', regex: '(' } }, /regex|regular expression/i],
    ],
  },
});
