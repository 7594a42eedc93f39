import { setTimeout as sleep } from 'node:timers/promises';
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

  it('should count what a text has once it is composed', () => {
    expect(name('ᾂ'.repeat(5).normalize('NFD'))).toEqual({ ok: true, value: 'ᾂ'.repeat(5) });
    expect(name('\u{16126}'.repeat(5).normalize('NFD'))).toEqual({ ok: true, value: '\u{16126}'.repeat(5) });
  });

  it.each([30, 31])('should take 30 marks in a row, and no more, when there are %i', (count) => {
    expect(textRule({ min: 1, max: 50 })(`x${'\u0301'.repeat(count)}y`)).toMatchObject(
      count > 30 ? { ok: false, code: 'BAD_CHARACTER' } : { ok: true },
    );
  });

  it('should take what it gives', () => {
    const rule = textRule({ min: 1, max: 100 });
    const checked = rule(`x${'\u0344'.repeat(30)}`);
    expect(checked).toEqual(checked.ok ? rule(checked.value) : { ok: false, code: 'BAD_CHARACTER', detail: expect.any(String) });
  });

  it.each([5, 1_000_000])('should refuse half a million marks at once when up to %i characters may come', async (max) => {
    expect(textRule({ min: 0, max })(`a${'\u0301\u0316'.repeat(250_000)}`)).toMatchObject({
      ok: false,
      code: max === 5 ? 'TOO_LONG' : 'BAD_CHARACTER',
    });
    // Jest's timeout strikes only between two turns of the event loop.
    await sleep(0);
  });

  it('should keep line breaks when multiline', () => {
    expect(textRule({ min: 0, max: 20, multiline: true })('a\r\nb\tc\rd')).toEqual({ ok: true, value: 'a\nb\tc\nd' });
  });
});
