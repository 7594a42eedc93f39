import { emailRule } from './email.rule.js';

describe('emailRule', () => {
  it.each(['an@example.com', "o'brien+tag@sub.example.vn", 'nguyễn@thưđiệntử.vn', 'An@Example.com'])('should take %p', (value) => {
    expect(emailRule(value)).toEqual({ ok: true, value });
  });

  it('should trim, compose and drop the root dot', () => {
    expect(emailRule('  nguyễn@example.com. '.normalize('NFD'))).toEqual({ ok: true, value: 'nguyễn@example.com' });
  });

  it.each([
    'an.example.com',
    '@example.com',
    'an@',
    'an@example',
    'an@@example.com',
    'a n@example.com',
    '.an@example.com',
    'a..n@example.com',
    'an@-example.com',
    'an@example..com',
    'an@exa_mple.com',
    'an\u200b@example.com',
    `${'a'.repeat(65)}@example.com`,
    `an@${'a'.repeat(64)}.com`,
  ])('should refuse %p', (value) => {
    expect(emailRule(value)).toMatchObject({ ok: false, code: 'BAD_FORMAT' });
  });

  it('should refuse more than 254 characters', () => {
    expect(emailRule(`an@${'a.'.repeat(130)}com`)).toMatchObject({ ok: false, code: 'TOO_LONG' });
  });
});
