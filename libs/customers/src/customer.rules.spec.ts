import { setTimeout as sleep } from 'node:timers/promises';
import type { Rule } from '@app/common';
import {
  addressRule,
  emailRule,
  fullNameRule,
  languageRule,
  metadataPatchRule,
  metadataRule,
  patchMetadata,
  phoneKey,
  phoneRule,
  tagsRule,
} from './customer.rules.js';

const valueOf = <T>(rule: Rule<T>, value: unknown): T => {
  const checked = rule(value);
  if (!checked.ok) throw new Error(`${checked.code}: ${checked.detail}`);
  return checked.value;
};
const codeOf = (rule: Rule<unknown>, value: unknown): string | undefined => {
  const checked = rule(value);
  return checked.ok ? undefined : checked.code;
};

describe('emailRule', () => {
  it.each([
    ['  An.Nguyen@Example.VN ', 'an.nguyen@example.vn'],
    ["o'brien+tag@mail.example.co.uk", "o'brien+tag@mail.example.co.uk"],
    ['Hộp.Thư@Ví-Dụ.vn'.normalize('NFD'), 'hộp.thư@ví-dụ.vn'],
    ['用户@例子.公司', '用户@例子.公司'],
    [`a@${'b'.repeat(63)}.${'c'.repeat(63)}.vn`, `a@${'b'.repeat(63)}.${'c'.repeat(63)}.vn`],
    ['an@example.vn.', 'an@example.vn'],
  ])('should normalise %p', (written, email) => {
    expect(valueOf(emailRule, written)).toBe(email);
    expect(valueOf(emailRule, email)).toBe(email);
  });

  it.each([
    ['', 'REQUIRED'],
    ['an', 'BAD_FORMAT'],
    ['an@example', 'BAD_FORMAT'],
    [`an@${'b'.repeat(64)}.vn`, 'BAD_FORMAT'],
    ['an@@example.vn', 'BAD_FORMAT'],
    ['an..b@example.vn', 'BAD_FORMAT'],
    ['.an@example.vn', 'BAD_FORMAT'],
    ['an @example.vn', 'BAD_FORMAT'],
    ['an@-example.vn', 'BAD_FORMAT'],
    ['an@example-.vn', 'BAD_FORMAT'],
    ['<an@example.vn>', 'BAD_FORMAT'],
    [`${'a'.repeat(65)}@example.vn`, 'BAD_FORMAT'],
    [`a@${'b'.repeat(252)}.vn`, 'TOO_LONG'],
    ['an\u0000@example.vn', 'BAD_CHARACTER'],
    [{ $ne: null }, 'WRONG_TYPE'],
  ])('should refuse %p with %s', (email, code) => {
    expect(codeOf(emailRule, email)).toBe(code);
  });

  it('should refuse a hostile text without trying it in every way', () => {
    expect(codeOf(emailRule, `a@${'a-'.repeat(120)}!`)).toBe('BAD_FORMAT');
  });
});

describe('phoneRule', () => {
  it.each([
    ['+84 912 345 678', '+84912345678'],
    ['0912.345.678', '+84912345678'],
    ['(091) 234-5678', '+84912345678'],
    ['84912345678', '+84912345678'],
    ['+1 202 555 0123', '+12025550123'],
    ['123456', null],
  ])('should keep %p as written and normalise it to %p', (written, key) => {
    expect(valueOf(phoneRule, ` ${written} `)).toBe(written);
    expect(phoneKey(written)).toBe(key);
  });

  it.each([
    ['12345', 'BAD_FORMAT'],
    ['1234567890123456', 'BAD_FORMAT'],
    ['không có', 'BAD_FORMAT'],
    ['8.49E+10', 'BAD_FORMAT'],
    ['8,42838e+11', 'BAD_FORMAT'],
    [`0912345678${' '.repeat(30)}x`, 'TOO_LONG'],
  ])('should refuse %p with %s', (phone, code) => {
    expect(codeOf(phoneRule, phone)).toBe(code);
  });
});

describe('addressRule', () => {
  it('should put the lines of an address on one line', () => {
    expect(valueOf(addressRule, ' 12 Lê Lợi\r\n  Quận 1 \n\nTP. HCM\n')).toBe('12 Lê Lợi, Quận 1, TP. HCM');
  });

  it('should take time in proportion to a text', async () => {
    expect(codeOf(addressRule, `a${' '.repeat(1_000_000)}b`)).toBe('TOO_LONG');
    expect(valueOf(addressRule, `a${' \n'.repeat(500_000)}b`)).toBe('a, b');
    await sleep(0); // where a test that took too long is told so
  });
});

describe('languageRule', () => {
  it.each([
    ['vi', 'vi'],
    ['VI-vn', 'vi-VN'],
    ['zh-hant-tw', 'zh-Hant-TW'],
  ])('should spell %p as %p', (written, tag) => {
    expect(valueOf(languageRule, written)).toBe(tag);
  });

  it.each(['Tiếng Việt', 'English', 'VN', 'v', 'vi_VN', 'x'.repeat(36)])('should refuse %p', (tag) => {
    expect(languageRule(tag).ok).toBe(false);
  });
});

describe('texts of a customer', () => {
  it.each([
    ['emailRule', emailRule, 'a\ufffdn@example.vn'],
    ['fullNameRule', fullNameRule, 'Bùi H\ufffd'],
    ['addressRule', addressRule, '12 L\ufffd Lợi'],
    ['tagsRule', tagsRule, ['m\ufffdi']],
    ['metadataRule', metadataRule, { k: 'H\ufffd Nội' }],
    ['metadataRule', metadataRule, { 'S\ufffd tiền': '1' }],
  ])('C4: should not hold a character that was lost: %s', (_, rule: Rule<unknown>, value) => {
    expect(codeOf(rule, value)).toBe('BAD_CHARACTER');
  });
});

describe('tagsRule', () => {
  it('should trim and keep each tag once', () => {
    expect(valueOf(tagsRule, [' vip', 'Hà Nội', 'vip ', 'VIP'])).toEqual(['vip', 'Hà Nội', 'VIP']);
  });

  it.each([
    ['vip', 'WRONG_TYPE'],
    [[1], 'WRONG_TYPE'],
    [[''], 'REQUIRED'],
    [['x'.repeat(51)], 'TOO_LONG'],
    [Array.from({ length: 51 }, (_, at) => `t${at}`), 'TOO_MANY'],
  ])('should refuse %p with %s', (tags, code) => {
    expect(codeOf(tagsRule, tags)).toBe(code);
  });
});

describe('metadataRule', () => {
  it('should keep texts, also under keys with dots and dollars', () => {
    expect(valueOf(metadataRule, { ' a.b ': ' x ', $c: '', 'constructors.b': '' })).toEqual({
      'a.b': 'x',
      $c: '',
      'constructors.b': '',
    });
  });

  it.each([
    ['{"__proto__": "x"}', 'BAD_KEY'],
    ['{"constructor": "x"}', 'BAD_KEY'],
    ['{"prototype": "x"}', 'BAD_KEY'],
    ['{"constructor.prototype.polluted": "x"}', 'BAD_KEY'],
    ['{"a[__proto__][polluted]": "x"}', 'BAD_KEY'],
    ['{"$ref": "a", "$id": "b"}', 'BAD_KEY'],
    ['{"a": 1}', 'WRONG_TYPE'],
    ['{"a": {"$gt": ""}}', 'WRONG_TYPE'],
    ['[]', 'WRONG_TYPE'],
    ['{"": "x"}', 'REQUIRED'],
    [JSON.stringify({ ['k'.repeat(65)]: 'x' }), 'TOO_LONG'],
    [JSON.stringify({ k: 'x'.repeat(1_001) }), 'TOO_LONG'],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, '']))), 'TOO_MANY'],
  ])('should refuse %s with %s', (json, code) => {
    expect(codeOf(metadataRule, JSON.parse(json))).toBe(code);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('should merge key by key, null removing', () => {
    const patch = valueOf(metadataPatchRule, { b: null, c: '3' });
    expect(patchMetadata({ a: '1', b: '2' }, patch)).toEqual({ a: '1', c: '3' });
  });

  it('should let as many keys be replaced as there may be', () => {
    const keys = (name: string, value: string | null) => Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${name}${at}`, value]));
    const patch = { ...keys('old', null), ...keys('new', 'x') };
    expect(valueOf(metadataPatchRule, patch)).toEqual(patch);
    expect(codeOf(metadataPatchRule, { ...patch, more: null })).toBe('TOO_MANY');
  });
});
