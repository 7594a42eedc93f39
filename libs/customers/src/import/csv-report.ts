import { csvLines } from '../csv-lines.js';
import { readHeader } from './csv-header.js';
import type { RowFault } from './csv-row.js';

const LINES_AT_ONCE = 500;

const EXAMPLE = {
  email: 'an.nguyen@example.vn',
  full_name: 'Nguyễn Văn An',
  phone: '+84 912 345 678',
  company: 'Công ty TNHH Ví Dụ',
  position: 'Kế toán trưởng',
  address: '12 Lê Lợi, Phường Bến Nghé',
  city: 'TP. Hồ Chí Minh',
  country: 'Việt Nam',
  language: 'vi',
  tags: 'vip;hà nội',
};

/** A header and one row that show how a file to import looks. UTF-8 with a byte order mark, as spreadsheets expect it. */
export const templateCsv = (): string => csvLines([Object.keys(EXAMPLE), Object.values(EXAMPLE)], { isFirst: true });

/**
 * The rejected rows as they were, with their number and what is wrong: the original columns, then `row` and `errors`, then
 * what stood beyond the last column. Columns that an earlier report added are left out.
 */
export async function* errorsCsv(
  names: readonly string[],
  rows: AsyncIterable<{ row: number; raw: string[]; errors: RowFault[] }>,
): AsyncGenerator<string, void> {
  const { columns } = readHeader(names);
  const kept = columns.flatMap((column, at) => (column.kind === 'report' ? [] : [at]));
  yield csvLines([[...kept.map((at) => names[at] ?? ''), 'row', 'errors']], { isFirst: true });
  let lines: string[][] = [];
  for await (const { row, raw, errors } of rows) {
    lines.push([...kept.map((at) => raw[at] ?? ''), String(row), errors.map(describe).join('; '), ...raw.slice(columns.length)]);
    if (lines.length < LINES_AT_ONCE) continue;
    yield csvLines(lines);
    lines = [];
  }
  if (lines.length > 0) yield csvLines(lines);
}

const describe = ({ column, message }: RowFault): string => (column === null ? message : `${column} ${message}`);
