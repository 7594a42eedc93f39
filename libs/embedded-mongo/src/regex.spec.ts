import { compileRegex, literalPrefix } from './regex.js';

/** [pattern, options, texts it finds, texts it does not] */
const CASES: [string, string, string[], string[]][] = [
  ['a.c', '', ['abc', 'a\rc', 'a😀c'], ['a\nc']],
  ['a.c', 's', ['a\nc'], ['ac']],
  ['c$', '', ['abc', 'abc\n'], ['abc\n\n']],
  ['^b$', 'm', ['a\nb\nc'], ['a\rb']],
  ['\\Aa\\z', 'm', ['a'], ['a\n', 'b\na']],
  ['\\s', '', [' ', '\t'], ['\u00a0']],
  ['[\\s-]x', '', ['-x', ' x'], ['/x']],
  ['[\\w-z]', '', ['-'], ['`']],
  ['[^[:space:]]', '', ['a'], [' \n']],
  ['[]a]', '', [']', 'a'], ['b']],
  ['[a\\]b]', '', [']'], ['\\']],
  ['\\Qa.b\\E+', '', ['a.bb'], ['aXb']],
  ['\\x{1F600}', '', ['😀'], ['x']],
  ['^\\p{Lu}', '', ['Đ'], ['đ']],
  ['(?i)đ', '', ['Đ'], ['d']],
  ['(?P<y>\\d{4})-\\1', '', [], ['2024-2025']],
  ['a{,2}', '', ['a{,2}'], ['aa']],
  ['a b # c', 'x', ['ab'], ['a b']],
  ['user\\@example\\.com', '', ['user@example.com'], ['userexample.com']],
  ['}', '', ['}'], ['{']],
];

describe(compileRegex, () => {
  it.each(CASES)('should run /%s/%s as PCRE does', (pattern, options, yes, no) => {
    const regex = compileRegex(pattern, options);
    expect(yes.filter((text) => !regex.test(text))).toEqual([]);
    expect(no.filter((text) => regex.test(text))).toEqual([]);
  });

  it.each(['a++', '(?>a)', '(?i:a)', 'a\\Kb', '(a', '[b', '\\'])('should refuse /%s/', (pattern) => {
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
