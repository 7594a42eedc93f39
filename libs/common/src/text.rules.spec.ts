import { textRule } from './text.rules.js';

describe(textRule.name, () => {
  const name = textRule({ min: 2, max: 5 });

  it('should trim and compose when the text is decomposed', () => {
    expect(name('  Vũ'.normalize('NFD') + ' ')).toEqual({ ok: true, value: 'Vũ' });
  });

  it.each([
    [7, 'WRONG_TYPE'],
    [null, 'WRONG_TYPE'],
    ['   ', 'REQUIRED'],
    ['a', 'TOO_SHORT'],
    ['abcdef', 'TOO_LONG'],
    ['a\u0000b', 'BAD_CHARACTER'],
    ['a\nb', 'BAD_CHARACTER'],
    ['ab\u202e', 'BAD_CHARACTER'],
    ['ab\ud800', 'BAD_CHARACTER'],
  ])('should refuse %p with %s', (value, code) => {
    expect(name(value)).toMatchObject({ ok: false, code });
  });

  it('should count code points, not UTF-16 units', () => {
    expect(name('😀😀😀😀😀')).toEqual({ ok: true, value: '😀😀😀😀😀' });
  });

  it('should keep line breaks when multiline', () => {
    expect(textRule({ min: 0, max: 20, multiline: true })('a\r\nb\tc\rd')).toEqual({ ok: true, value: 'a\nb\tc\nd' });
  });
});
