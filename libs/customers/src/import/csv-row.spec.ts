import { readHeader } from './csv-header.js';
import { rowReader, type ReadRow } from './csv-row.js';

const NAMES = ['email', 'full_name', 'phone', 'address', 'language', 'tags', 'amount'];
const read = (cells: string[], names = NAMES): ReadRow => rowReader(readHeader(names))({ row: 2, cells });
const faultsOf = (cells: string[]): unknown[] => {
  const row = read(cells);
  return row.ok ? [] : row.faults.map(({ column, code, value }) => [column, code, value]);
};

describe(rowReader.name, () => {
  it('should read cells by the rules of the HTTP interface', () => {
    const cells = [
      ' An@Example.VN',
      'Nguyễn Văn An '.normalize('NFD'),
      '0912 345 678',
      '12 Lê Lợi\nQuận 1',
      'VI',
      'vip, hà nội;\nvip|',
      '275000',
    ];
    expect(read(cells)).toEqual({
      ok: true,
      row: 2,
      content: {
        email: 'an@example.vn',
        fullName: 'Nguyễn Văn An',
        phone: '0912 345 678',
        address: '12 Lê Lợi, Quận 1',
        language: 'vi',
        tags: ['vip', 'hà nội'],
        metadata: { amount: '275000' },
      },
    });
  });

  it('should say nothing for empty cells and for the cells that a short row lacks', () => {
    expect(read(['a@x.vn', 'An', ' ', '', ''])).toEqual({ ok: true, row: 2, content: { email: 'a@x.vn', fullName: 'An' } });
    expect(read(['a@x.vn', 'An', '', '', '', ' ; ,'])).toEqual({ ok: true, row: 2, content: { email: 'a@x.vn', fullName: 'An' } });
  });

  it('should take off the decimals that a program wrote behind a phone', () => {
    expect(read(['a@x.vn', 'An', '84912345678.0'])).toMatchObject({ content: { phone: '84912345678' } });
  });

  it('should refuse a row with more of its own data than a customer can have', () => {
    const names = [...NAMES.slice(0, 2), ...Array.from({ length: 51 }, (_, at) => `k${at}`)];
    const cells = ['a@x.vn', 'An', ...names.slice(2)];
    expect(read(cells, names)).toMatchObject({ ok: false, faults: [{ column: null, code: 'TOO_MANY' }] });
    expect(read(cells.slice(0, 52), names)).toMatchObject({ ok: true });
  });

  it('C7: should keep what looks like a formula, and take off the guard of an export', () => {
    for (const [cell, stored] of [
      ['=cmd()', '=cmd()'],
      ['@SUM(A1)', '@SUM(A1)'],
      ['-1+1', '-1+1'],
      ["'=cmd()", '=cmd()'],
      ["'+84912345678", '+84912345678'],
      ["'quoted'", "'quoted'"],
    ] as const) {
      expect(read(['a@x.vn', 'An', '', '', '', '', cell])).toMatchObject({ content: { metadata: { amount: stored } } });
    }
    expect(read(['a@x.vn', 'An', '+84912345678'])).toMatchObject({ content: { phone: '+84912345678' } });
  });

  it.each([
    [['', 'An'], [['email', 'REQUIRED', null]]],
    [
      ['an', ''],
      [
        ['email', 'BAD_FORMAT', 'an'],
        ['full_name', 'REQUIRED', null],
      ],
    ],
    [['a@x.vn', 'x'.repeat(201)], [['full_name', 'TOO_LONG', 'x'.repeat(200)]]],
    [['a@x.vn', 'A\u0000n'], [['full_name', 'BAD_CHARACTER', 'A\u0000n']]],
    [['a@x.vn', 'A\ufffdn'], [['full_name', 'BAD_CHARACTER', 'A\ufffdn']]],
    [['a@x.vn', 'An', '12345'], [['phone', 'BAD_FORMAT', '12345']]],
    [['a@x.vn', 'An', '8.49E+10'], [['phone', 'BAD_FORMAT', '8.49E+10']]],
    [['a@x.vn', 'An', '', '', 'Tiếng Việt'], [['language', 'BAD_FORMAT', 'Tiếng Việt']]],
    [['a@x.vn', 'An', '', '', '', 'x'.repeat(51)], [['tags', 'TOO_LONG', 'x'.repeat(51)]]],
    [['a@x.vn', 'An', '', '', '', '', 'x'.repeat(1_001)], [['amount', 'TOO_LONG', 'x'.repeat(200)]]],
    [['a@x.vn', 'An', '', '', '', '', 'x'.repeat(9_000_000)], [['amount', 'TOO_LONG', 'x'.repeat(200)]]],
    [['a@x.vn', 'An', '', '', '', '', '', ' ', 'surplus'], [[null, 'TOO_MANY_CELLS', 'surplus']]],
  ])('should reject row %#', (cells, faults) => {
    expect(faultsOf(cells)).toEqual(faults);
  });

  it('should name only the quote when the record could not be read', () => {
    const row = rowReader(readHeader(NAMES))({ row: 9, cells: ['a@x.vn', '"An'], fault: 'UNCLOSED_QUOTE' });
    expect(row).toMatchObject({
      ok: false,
      row: 9,
      email: 'a@x.vn',
      faults: [
        {
          column: null,
          code: 'UNCLOSED_QUOTE',
          message: 'has a quotation mark that is not closed within 10000 characters',
          value: 'a@x.vn "An',
        },
      ],
    });
  });
});
