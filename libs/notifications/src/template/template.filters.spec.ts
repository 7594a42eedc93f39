import { FILTERS, FilterFault, type FilterName } from './template.filters.js';
import { COMPARE, contains, isTrue } from './template.values.js';

const VI = { language: 'vi', timezone: 'Asia/Ho_Chi_Minh' };
const apply = (name: FilterName, value: unknown, args: unknown[] = [], context = VI): unknown => FILTERS[name].apply(value, args, context);

describe('filters', () => {
  it.each([
    ['upper', 'đã', [], 'ĐÃ'],
    ['lower', 'ĐÃ', [], 'đã'],
    ['title', 'nguyễn văn AN', [], 'Nguyễn Văn An'],
    ['title', "o'neil-smith", [], "O'neil-Smith"],
    ['default', undefined, ['x'], 'x'],
    ['default', null, ['x'], 'x'],
    ['default', '', ['x'], ''],
    ['default', '', ['x', true], 'x'],
    ['round', 2.5, [], 3],
    ['round', -2.5, [], -3],
    ['round', 1.005, [2], 1.01],
    ['round', 2.1, [0, 'ceil'], 3],
    ['round', '2.9', [0, 'floor'], 2],
    ['join', [1, 'a'], ['; '], '1; a'],
    ['length', [1, 2], [], 2],
    ['length', '😀ế', [], 2],
    ['length', undefined, [], 0],
    ['truncate', 'một hai ba', [8], 'một hai...'],
    ['truncate', 'một hai ba', [5, true, '…'], 'một h…'],
    ['truncate', '😀😀😀', [2, true, ''], '😀😀'],
    ['escape', `<a href="x">'&`, [], '&lt;a href=&quot;x&quot;&gt;&#39;&amp;'],
    ['date', '2026-11-25', [], '25/11/2026'],
    ['date', '25/11/2026', [], '25/11/2026'],
    ['date', '5.1.2026', [], '05/01/2026'],
    ['date', '2026-11-24T20:30:00Z', [], '25/11/2026'],
    ['date', '2026-11-24T20:30:00Z', ['HH:mm dd/MM'], '03:30 25/11'],
    ['date', '2026-11-25 08:05', ['HH:mm'], '08:05'],
    ['currency', 275000, [], '275.000 đ'],
    ['currency', '275000', [], '275.000 đ'],
    ['currency', '275.000', [], '275.000 đ'],
    ['currency', '1,250,000 VND', [], '1.250.000 đ'],
    ['currency', -1500.5, [], '-1.501 đ'],
    ['currency', 0, [], '0 đ'],
    ['currency', 1e21, [], '1.000.000.000.000.000.000.000 đ'],
  ] as const)('%s of %p with %p should be %p', (name, value, args, expected) => {
    expect(apply(name, value, [...args])).toBe(expected);
  });

  it('should write currencies as other languages do', () => {
    expect(apply('currency', 275000, [], { ...VI, language: 'en' })).toBe('275,000 VND');
    expect(apply('currency', 12.5, ['USD'], { ...VI, language: 'en-US' })).toBe('$12.50');
  });

  it.each([
    ['round', 'nhiều', []],
    ['round', 1, [11]],
    ['round', 1, [0, 'up']],
    ['join', 'abc', []],
    ['truncate', 'abc', ['x']],
    ['upper', { a: 1 }, []],
    ['date', '2026-02-30', []],
    ['date', '31/02/2026', []],
    ['date', 'hôm nay', []],
    ['date', 20261125, []],
    ['currency', '12a', []],
    ['currency', Number.NaN, []],
    ['currency', 1, ['dollars']],
  ] as const)('%s should refuse %p with %p', (name, value, args) => {
    expect(() => apply(name, value, [...args])).toThrow(FilterFault);
  });
});

describe('comparisons', () => {
  it('should compare amounts by value, also as texts', () => {
    expect(COMPARE['>']('1.200.000', '275000')).toBe(true);
    expect(COMPARE['<=']('9', 10)).toBe(true);
    expect(COMPARE['==']('10', 10)).toBe(true);
    expect(COMPARE['===']('10', 10)).toBe(false);
    expect(COMPARE['<']('2026-11-02', '2026-11-10')).toBe(true);
    expect(COMPARE['<']({}, 1)).toBe(false);
    expect(COMPARE['=='](null, undefined)).toBe(true);
  });

  it('should take empty lists for false and look into lists, texts and objects', () => {
    expect([[], '', 0, null, undefined, false].map(isTrue)).toEqual([false, false, false, false, false, false]);
    expect(contains(['a', 1], '1')).toBe(true);
    expect(contains({ a: 1 }, 'a')).toBe(true);
    expect(contains({ a: 1 }, 'toString')).toBe(false);
    expect(contains(undefined, 'a')).toBe(false);
  });
});
