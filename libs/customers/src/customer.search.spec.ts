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

  it('should index a number that cannot be normalised by its digits', () => {
    expect(found('4567', { phone: '123 4567' })).toBe(true);
  });
});
