import { beginsWith, searchPrefixes, searchTokens } from './customer.search.js';

const found = (search: string, customer: Partial<Parameters<typeof searchTokens>[0]> = {}): boolean => {
  const tokens = searchTokens({
    email: 'an.nguyen@example.vn',
    fullName: 'Nguyễn Thị Đào',
    company: 'Sao-Mai JSC',
    phone: '+84912345678',
    ...customer,
  });
  return searchPrefixes(search).every((prefix) => tokens.some((token) => beginsWith(prefix).test(token)));
};

describe(searchTokens.name, () => {
  it.each([
    'nguyen',
    'NGUYỄN đào',
    'dao nguy',
    'an.nguyen@ex',
    'example',
    'sao-m',
    'mai jsc',
    '0912345678',
    '+84 912',
    '84912',
    '345',
    '678',
    '091-234',
  ])('should let %p find the customer', (search) => {
    expect(found(search)).toBe(true);
  });

  it.each(['guyen', 'nguyen binh', '.*', 'a.*n', '999', '^an', '[a-z]', '(a+)+$'])('should not let %p find the customer', (search) => {
    expect(found(search)).toBe(false);
  });

  it.each([
    '3.14',
    '3.1',
    '3',
    '14',
    '3.14 stu',
    '(3.14)',
    '2026-11',
    '2026-11-22',
    '0912.345',
    '0912.345.678',
    '0912.345.678@x',
    '0912-345',
  ])('should let %p find words of digits and punctuation', (search) => {
    expect(found(search, { company: '3.14 Studio 2026-11-22', email: '0912.345.678@x.vn', phone: null })).toBe(true);
  });

  it.each(['3.15', '4.1', '2026-12', '0912.346', '345.678'])('should not let %p find what begins otherwise', (search) => {
    expect(found(search, { company: '3.14 Studio 2026-11-22', email: '0912.345.678@x.vn', phone: null })).toBe(false);
  });

  it('should index a number that cannot be normalised by its digits', () => {
    expect(found('4567', { phone: '123 4567' })).toBe(true);
  });
});
