import { setTimeout as sleep } from 'node:timers/promises';
import type { Violation } from '@app/common';
import { guard } from '../csv-guard.js';
import { countKnownNames, nameOfMetadata, readHeader, type CsvColumn } from './csv-header.js';
import { BadHeaderError } from './import.errors.js';

const shown = (column: CsvColumn): string => {
  if (column.kind === 'field') return column.field;
  return column.kind === 'metadata' ? `metadata ${column.key}` : column.kind;
};
const columnsOf = (...names: string[]): string[] => readHeader(names).columns.map(shown);
const violationsOf = (names: string[]): Pick<Violation, 'pointer' | 'code'>[] => {
  try {
    readHeader(names);
  } catch (error) {
    if (error instanceof BadHeaderError) return error.violations.map(({ pointer, code }) => ({ pointer, code }));
    throw error;
  }
  return [];
};

describe(readHeader.name, () => {
  it('should take the names in any order and case, with spaces around', () => {
    expect(columnsOf(' Full_Name ', 'EMAIL', 'tags', 'Amount')).toEqual(['full_name', 'email', 'tags', 'metadata Amount']);
  });

  it.each([
    [['Email', 'Thư điện tử'], 'email'],
    [['Họ tên', 'Họ và tên', 'Tên khách hàng', 'HO TEN'], 'full_name'],
    [['Điện thoại', 'Số điện thoại', 'SĐT', 'so dien thoai'], 'phone'],
    [['Công ty'], 'company'],
    [['Chức vụ'], 'position'],
    [['Địa chỉ'], 'address'],
    [['Thành phố', 'Tỉnh/Thành phố', 'TỈNH / THÀNH PHỐ'], 'city'],
    [['Quốc gia'], 'country'],
    [['Ngôn ngữ'], 'language'],
    [['Nhãn'], 'tags'],
  ])('should know %p as %s, with and without marks', (names, field) => {
    for (const name of names) {
      for (const spelling of [name, name.normalize('NFD'), name.toUpperCase()]) {
        const others = ['email', 'full_name'].filter((other) => other !== field);
        expect(columnsOf(spelling, ...others)[0]).toBe(field);
      }
    }
  });

  it.each([
    [['E-mail', 'E mail', 'Email (*)', '\u200bemail', 'Email:', '*Email'], 'email'],
    [['Full name', 'fullname', 'Full-Name', 'Họ  tên *'], 'full_name'],
    [['S\u00d0T', 'Số điện thoại\u200b', 'Điện thoại (*)', 'Số ĐT', 'ĐT', 'Di động', 'Số di động'], 'phone'],
    [['\u00d0ịa chỉ'], 'address'],
  ])('should know %p as %s: what people write around and inside a name', (names, field) => {
    const others = ['email', 'full_name'].filter((other) => other !== field);
    for (const name of names) expect(columnsOf(name, ...others)[0]).toBe(field);
  });

  it("should join the lines of a name of one's own, and leave the spaces around one that is named in full", () => {
    expect(columnsOf('email', 'full_name', 'Số tiền \r\n(VNĐ)', 'metadata. x ')).toEqual([
      'email',
      'full_name',
      'metadata Số tiền (VNĐ)',
      'metadata x',
    ]);
  });

  it('should take time in proportion to a name', async () => {
    const heap = `email${'\u0301\u0316'.repeat(250_000)}`;
    expect(violationsOf(['email', 'full_name', heap])).toMatchObject([{ code: 'BAD_COLUMN' }]);
    expect(countKnownNames([heap, 'email'])).toBe(1);
    await sleep(0); // where a test that took too long is told so
  });

  it('should leave out nameless columns and those of an errors file', () => {
    expect(columnsOf('email', '', 'full_name', 'row', ' ', 'Errors')).toEqual([
      'email',
      'nameless',
      'full_name',
      'report',
      'nameless',
      'report',
    ]);
  });

  it.each([
    [
      ['phone'],
      [
        { pointer: 'email', code: 'MISSING_COLUMN' },
        { pointer: 'full_name', code: 'MISSING_COLUMN' },
      ],
    ],
    [['email', 'Họ tên', 'Email '], [{ pointer: 'Email', code: 'DUPLICATE_COLUMN' }]],
    [['email', 'full_name', 'Họ tên'], [{ pointer: 'Họ tên', code: 'DUPLICATE_COLUMN' }]],
    [['email', 'full_name', 'amount', 'amount'], [{ pointer: 'amount', code: 'DUPLICATE_COLUMN' }]],
    [['email', 'full_name', '__proto__'], [{ pointer: '__proto__', code: 'BAD_COLUMN' }]],
    [['email', 'full_name', 'S\ufffd tiền'], [{ pointer: 'S\ufffd tiền', code: 'BAD_COLUMN' }]],
    [['email', 'full_name', 'x'.repeat(65)], [{ pointer: 'x'.repeat(64), code: 'BAD_COLUMN' }]],
    [['email', 'full_name', 'metadata. '], [{ pointer: 'metadata.', code: 'BAD_COLUMN' }]],
    [['email', 'full_name', ...Array.from({ length: 999 }, (_, at) => `k${at}`)], [{ pointer: 'header', code: 'TOO_MANY_COLUMNS' }]],
    [Array.from({ length: 100_000 }, () => 'email'), [{ pointer: 'header', code: 'TOO_MANY_COLUMNS' }]],
  ])('should refuse header %#', (names, violations) => {
    expect(violationsOf(names)).toEqual(violations);
  });
});

describe(nameOfMetadata.name, () => {
  it.each([
    ['amount', 'amount'],
    ['số tiền', 'số tiền'],
    ['email', 'metadata.email'],
    ['Công ty', 'metadata.Công ty'],
    ['row', 'metadata.row'],
    ['metadata.x', 'metadata.metadata.x'],
    ["'=x", "metadata.'=x"],
  ])('should let the key %j be found again under %j', (key, name) => {
    expect(nameOfMetadata(key)).toBe(name);
    expect(readHeader(['email', 'full_name', guard(name)]).columns[2]).toEqual({ kind: 'metadata', key });
  });
});
