import { parseAmount } from './template.currency.js';

describe(parseAmount.name, () => {
  it.each([
    ['275000', 275_000],
    ['275.000 đ', 275_000],
    ['1,250,000', 1_250_000],
    ['12.5', 12.5],
    ['0.275', 0.275],
    ['-1.000', -1_000],
  ])('should read %s', (text, amount) => {
    expect(parseAmount(text)).toBe(amount);
  });

  it.each(['', 'abc', '1.00.000', `1${' '.repeat(4_900)}1`])('should not read %j', (text) => {
    expect(parseAmount(text)).toBeNull();
  });
});
