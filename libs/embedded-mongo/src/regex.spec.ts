import { compileRegex, literalPrefix } from './regex.js';

/** [pattern, options, texts it finds, texts it does not] */
const CASES: [string, string, string[], string[]][] = [
  ['a.c', '', ['abc', 'a\rc', 'a😀c'], ['a\nc']],
  ['c$', '', ['abc', 'abc\n'], ['abc\n\n', 'abc\r']],
  ['^b$', 'm', ['a\nb\nc', 'b\n'], ['a\rb']],
  ['^$', 'm', ['', 'a\n\nb'], ['a\n']],
  ['\\s', '', [' ', '\t', '\v'], ['\u00a0']],
  ['\\S', '', ['\u00a0'], [' ']],
  ['\\d\\w', '', ['1a'], ['١a', '1é']],
  ['[\\s-]x', '', ['-x', ' x'], ['/x']],
  ['[^\\s\\w]', '', ['-'], [' \na']],
  ['[a\\]b]', '', [']'], ['\\']],
  ['[a\\-c.$]', '', ['-', '.', '$'], ['b', 'x']],
  ['[.#[ ]', 'x', ['[', ' '], ['x']],
  ['\\x41\\tb', '', ['A\tb'], ['a\tb']],
  ['(?sx) a . b', '', ['a\nb'], ['ab']],
  ['(?:a|b){2}(?=c)(?!cd)', '', ['abc'], ['abcd', 'ac']],
  ['a\\ b\\#', 'x', ['a b#'], ['ab#']],
  ['user\\@example\\.com', '', ['user@example.com'], ['userexample.com']],
];

describe(compileRegex, () => {
  it.each(CASES)('should run /%s/%s as PCRE does', (pattern, options, yes, no) => {
    const regex = compileRegex(pattern, options);
    expect(yes.filter((text) => !regex.test(text))).toEqual([]);
    expect(no.filter((text) => regex.test(text))).toEqual([]);
  });

  // The commoner ones are refused in manual/query-regex.
  it.each([
    '(?<n>a)',
    '\\Aa',
    '\\v',
    '\\u0041',
    '\\p{L}',
    '[[:alpha:]x[y]',
    '[]a]',
    '[]a[b]',
    '[^]',
    '[\\w-z]',
    '[\\s-z]',
    '[a-\\s]',
    '[\\S]',
    'a{,2}',
    '}',
    '\\',
  ])('should refuse /%s/', (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(expect.objectContaining({ code: 51091 }));
  });
});

describe(literalPrefix, () => {
  it.each([
    ['^abc', '', 'abc'],
    ['^a\\.b.*', '', 'a.b'],
    ['^abc?', '', 'ab'],
    ['^a+b', '', 'a'],
    ['^đi', '', 'đi'],
    ['abc', '', undefined],
    ['^abc', 'i', undefined],
    ['^a|b', '', undefined],
    ['^\\d', '', undefined],
    ['^a*', '', undefined],
  ])('should find in /%s/%s the prefix %s', (pattern, options, prefix) => {
    expect(literalPrefix(pattern, options)).toBe(prefix);
  });
});
