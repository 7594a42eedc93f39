import { guard, unguard } from './csv-guard.js';

describe(guard.name, () => {
  it.each(['=1+1', '+84912345678', '-1', '@SUM(A1)', '\t=1', "'=1", "''+1"])('C7: should guard %j, and be undone', (cell) => {
    expect(guard(cell)).toBe(`'${cell}`);
    expect(unguard(guard(cell))).toBe(cell);
  });

  it.each(['', 'An', "'An", "O'Neil", '0912', ' =1', "'"])('should leave %j alone', (cell) => {
    expect(guard(cell)).toBe(cell);
    expect(unguard(cell)).toBe(cell);
  });
});
