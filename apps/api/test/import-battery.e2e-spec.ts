import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Harness } from './harness.js';
import { countsOf, importFile, leftovers, type Counts, type RowError } from './imports.js';
import type { Session } from './session.js';

const CASES = join('samples', 'cases');

interface Imported {
  id: string;
  file: string;
  counts: Counts;
  errors?: RowError[];
  /** By e-mail: the customers that are stored afterwards, all of them. */
  stored: Record<string, object>;
}

const PEOPLE = {
  'dao.nguyen@example.com': {
    fullName: 'Nguyễn Thị Đào',
    phone: '0912 345 678',
    phoneKey: '+84912345678',
    address: '12 Lê Lợi, Phường Bến Nghé',
    city: 'TP. Hồ Chí Minh',
    metadata: { 'Mã KH': 'KH-001' },
  },
  'phuoc.tran@example.net': { fullName: 'Trần Hữu Phước', address: '45 Trần Hưng Đạo', city: 'Huế', metadata: { 'Mã KH': 'KH-002' } },
  'y.do@example.org': { fullName: 'Đỗ Quỳnh Như Ỷ', phone: '(090) 311-1222', city: 'Đà Nẵng', metadata: { 'Mã KH': 'KH-003' } },
};
const DELIMITED = {
  'sen.ho@example.com': { fullName: 'Hồ Thị Sen', company: 'Công ty CP Sao, Mai; Đông | Tây', tags: ['vip'] },
  'long.ho@example.net': { fullName: 'Hồ Hải Long', tags: ['trả góp', 'internet', 'vip'], metadata: {} },
};
const EVERY_COLUMN = {
  'hang.dang@example.com': {
    fullName: 'Đặng Thu Hằng',
    phone: '0912345678',
    company: 'Công ty TNHH Sao Mai',
    position: 'Kế toán trưởng',
    address: '5 Quang Trung',
    city: 'Hà Nội',
    country: 'Việt Nam',
    language: 'vi',
    tags: ['vip', 'mới'],
    metadata: {},
  },
};
const LONGEST = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(49)}.example.com`;

const ofPeople = (id: string, file: string): Imported => ({ id, file, counts: { created: 3 }, stored: PEOPLE });
const ofDelimited = (file: string): Imported => ({ id: 'C5', file, counts: { created: 2 }, stored: DELIMITED });
const ofEveryColumn = (file: string): Imported => ({ id: 'C6', file, counts: { created: 1 }, stored: EVERY_COLUMN });

const IMPORTED: Imported[] = [
  ofPeople('C1', 'utf8-bom-crlf'),
  ofPeople('C1', 'utf8-lf'),
  ofPeople('C1', 'utf8-cr'),
  ofPeople('C1', 'utf8-no-final-newline'),
  ofPeople('C1', 'utf8-decomposed'),
  ofPeople('C2', 'utf16le-bom'),
  ofPeople('C2', 'utf16be-bom'),
  ofPeople('C2', 'utf16le-no-bom'),
  ofPeople('C2', 'utf16be-no-bom'),
  ofPeople('C3', 'windows-1258'),
  {
    id: 'C4',
    file: 'mojibake',
    counts: { created: 1, failed: 1 },
    errors: [[3, 'full_name', 'BAD_CHARACTER']],
    stored: { 'tuyet.le@example.com': { fullName: 'LÃª VÄƒn Tuyáº¿t', city: 'Huáº¿' } },
  },
  {
    id: 'C4',
    file: 'lone-ff',
    counts: { created: 2 },
    stored: { 'an.bui@example.com': { fullName: 'Bui Anÿ' }, 'em.bui@example.net': { fullName: 'Bui Em' } },
  },
  {
    id: 'C4',
    file: 'lone-ff-after-bom',
    counts: { created: 1, failed: 1 },
    errors: [[3, 'full_name', 'BAD_CHARACTER']],
    stored: { 'hanh.bui@example.com': { fullName: 'Bùi Hạnh' } },
  },
  {
    id: 'C4',
    file: 'utf8-cut',
    counts: { created: 2, failed: 1 },
    errors: [[4, 'full_name', 'BAD_CHARACTER']],
    stored: { 'hanh.bui@example.com': { fullName: 'Bùi Hạnh' }, 'hue.bui@example.net': { fullName: 'Bùi Huệ', city: 'Đà Nẵng' } },
  },
  {
    id: 'H14 C2',
    file: 'nul-utf16',
    counts: { created: 1, failed: 2 },
    errors: [
      [2, 'full_name', 'BAD_CHARACTER'],
      [3, 'full_name', 'BAD_CHARACTER'],
    ],
    stored: { 'tu.lam@example.org': { fullName: 'Lâm Tú' } },
  },
  ofDelimited('delimiter-semicolon'),
  ofDelimited('delimiter-tab'),
  ofDelimited('delimiter-pipe'),
  {
    id: 'C5',
    file: 'delimiter-sep-line',
    counts: { created: 1, failed: 1 },
    errors: [[4, 'email', 'REQUIRED']],
    stored: { 'ly.phan@example.com': { fullName: 'Phan Thị Lý', metadata: { 'a,b,c': '1,2,3' } } },
  },
  {
    id: 'C5',
    file: 'quoted-newline',
    counts: { created: 2, failed: 1 },
    errors: [[4, 'email', 'REQUIRED']],
    stored: {
      'lan.pham@example.com': { fullName: 'Phạm Thị "Lan" Anh', address: 'Tòa nhà Sao Mai, Tầng 5, 12 Lý Thường Kiệt' },
      'minh.vu@example.net': { fullName: 'Vũ Đức Minh' },
    },
  },
  {
    id: 'C5',
    file: 'stray-quote',
    counts: { created: 2, failed: 2 },
    errors: [
      [3, null, 'STRAY_QUOTE'],
      [4, null, 'STRAY_QUOTE'],
    ],
    stored: { 'anh.le@example.com': { fullName: 'Lê Ngọc Anh' }, 'yen.ngo@example.net': { fullName: 'Ngô Hải Yến', city: 'Huế' } },
  },
  {
    id: 'C5',
    file: 'unclosed-quote-middle',
    counts: { created: 3, failed: 1 },
    errors: [[3, null, 'UNCLOSED_QUOTE']],
    stored: {
      'nga.ho@example.com': { fullName: 'Hồ Thúy Nga' },
      'dung.ly@example.net': { fullName: 'Lý Tuấn Dũng', city: 'Vinh' },
      'trang.ly@example.org': { fullName: 'Lý Thu Trang' },
    },
  },
  {
    id: 'C5',
    file: 'unclosed-quote-end',
    counts: { created: 1, failed: 1 },
    errors: [[3, null, 'UNCLOSED_QUOTE']],
    stored: { 'thao.mai@example.com': { fullName: 'Mai Thu Thảo', city: 'Nha Trang' } },
  },
  {
    id: 'C6',
    file: 'ragged-rows',
    counts: { created: 2, failed: 2 },
    errors: [
      [4, null, 'TOO_MANY_CELLS'],
      [5, 'full_name', 'REQUIRED'],
    ],
    stored: { 'ngan.vo@example.com': { fullName: 'Ngắn Hai Ô' }, 'du.vo@example.net': { phone: '0912345678', city: 'Huế' } },
  },
  {
    id: 'C6',
    file: 'blank-rows',
    counts: { created: 2, failed: 1 },
    errors: [[7, 'email', 'BAD_FORMAT']],
    stored: { 'xuan.ta@example.com': { fullName: 'Tạ Xuân' }, 'thu.ta@example.net': { fullName: 'Tạ Thu' } },
  },
  ofEveryColumn('header-vietnamese'),
  ofEveryColumn('header-vietnamese-upper'),
  ofEveryColumn('header-vietnamese-bare'),
  ofEveryColumn('header-decorated'),
  ofEveryColumn('header-english-odd'),
  {
    id: 'C6',
    file: 'header-extra-columns',
    counts: { created: 2 },
    stored: {
      'giang.cao@example.com': { metadata: { 'Mã hợp đồng': 'HĐ-01', 'số tiền.đ': '275000', $due: '2026-12-25' } },
      'khoi.cao@example.net': { metadata: {} },
    },
  },
  {
    id: 'C7',
    file: 'formulas',
    counts: { created: 3 },
    stored: {
      'mot.luu@example.com': {
        phone: '+84912345678',
        phoneKey: '+84912345678',
        company: '=cmd()',
        metadata: { note: '=HYPERLINK("http://example.com","x")' },
      },
      'hai.luu@example.net': { company: '@SUM(A1:A9)', metadata: { note: '-1+1' } },
      'ba.luu@example.org': { company: '+CONCAT', metadata: { note: '=1+1' } },
    },
  },
  {
    id: 'C7',
    file: 'formulas-guarded',
    counts: { created: 3 },
    stored: {
      'mot.luu@example.com': { fullName: '=Lưu Một', phone: '+84912345678', company: '=cmd()', metadata: { note: '-1+1' } },
      'hai.luu@example.net': { fullName: "Lưu 'Hai'", company: '@SUM(A1:A9)', metadata: { note: '=1+1' } },
      'ba.luu@example.org': { company: "'Sao Mai'", metadata: { note: "'75 trở đi" } },
    },
  },
  {
    id: 'C13',
    file: 'duplicates',
    counts: { created: 3, updated: 1, unchanged: 2 },
    stored: {
      'hoa.tran@example.com': { fullName: 'Trần Thị Hoa', phone: '0912000001', city: 'Huế', version: 1 },
      'nam.vo@example.net': { fullName: 'Võ Hoài Nam', phone: '0912000002', city: 'Vinh', version: 1 },
      'mai.dang@example.org': { fullName: 'Đặng Mai', version: 1 },
    },
  },
  {
    id: 'C6',
    file: 'mended-errors',
    counts: { created: 2 },
    stored: {
      'khanh.trinh@example.com': { fullName: 'Trịnh Khánh', metadata: { amount: '275000' } },
      'tam.trinh@example.net': { fullName: 'Trịnh Tâm', metadata: { amount: '150000' } },
    },
  },
  {
    id: 'H14',
    file: 'characters',
    counts: { created: 2, failed: 4 },
    errors: [
      [3, 'full_name', 'BAD_CHARACTER'],
      [4, 'full_name', 'TOO_LONG'],
      [5, 'full_name', 'BAD_CHARACTER'],
      [6, 'full_name', 'BAD_CHARACTER'],
    ],
    stored: {
      'khong.rong@example.com': { fullName: 'Nguyễn\u200bVăn Không', metadata: { note: 'zero\u200dwidth' } },
      'to.hop@example.com': { fullName: 'Nguyễn Văn Tổ Hợp', metadata: { note: 'đúng' } },
    },
  },
  {
    id: 'A11 C13',
    file: 'emails',
    counts: { created: 2, unchanged: 1, failed: 4 },
    errors: [
      [5, 'email', 'BAD_FORMAT'],
      [6, 'email', 'BAD_FORMAT'],
      [7, 'email', 'BAD_FORMAT'],
      [8, 'email', 'BAD_FORMAT'],
    ],
    stored: { 'liên.hệ@bưu-điện.example.com': { fullName: 'Phạm Liên', version: 1 }, 'cham.cuoi@example.net': { fullName: 'Phạm Chấm' } },
  },
  {
    id: 'C6 C10',
    file: 'limits',
    counts: { created: 3, failed: 8 },
    errors: [
      [3, 'email', 'TOO_LONG'],
      [4, 'phone', 'BAD_FORMAT'],
      [6, 'phone', 'BAD_FORMAT'],
      [7, 'language', 'BAD_FORMAT'],
      [8, 'tags', 'TOO_MANY'],
      [9, 'tags', 'TOO_LONG'],
      [10, 'note', 'TOO_LONG'],
      [11, null, 'UNCLOSED_QUOTE'],
    ],
    stored: {
      [LONGEST]: {
        fullName: 'Ệ'.repeat(200),
        phone: '123456789012345',
        language: 'zh-Hant-TW',
        tags: Array.from({ length: 50 }, (_, at) => String(at).padStart(50, 't')),
        metadata: { note: 'x'.repeat(1_000) },
      },
      'sau.so@example.com': { phone: '123456' },
      'cuoi.cung@example.com': { fullName: 'Dương Cuối Cùng' },
    },
  },
];

interface Refused {
  id: string;
  file: string;
  status: number;
  code: string;
  errors?: [pointer: string, code: string][];
}

const notCsv = (file: string): Refused => ({ id: 'C9', file, status: 415, code: 'NOT_A_CSV_FILE' });
const badHeader = (id: string, file: string, ...errors: [string, string][]): Refused => ({
  id,
  file,
  status: 422,
  code: 'CSV_BAD_HEADER',
  errors,
});
const NO_COLUMNS: [string, string][] = [
  ['email', 'MISSING_COLUMN'],
  ['full_name', 'MISSING_COLUMN'],
];

const REFUSED: Refused[] = [
  { id: 'C4', file: 'no-encoding', status: 422, code: 'ENCODING_UNKNOWN' },
  { id: 'C6', file: 'empty', status: 422, code: 'CSV_EMPTY' },
  { id: 'C6', file: 'blank-only', status: 422, code: 'CSV_EMPTY' },
  { id: 'C6', file: 'header-only', status: 422, code: 'CSV_NO_ROWS' },
  badHeader('C6', 'header-missing', ...NO_COLUMNS),
  badHeader('C6', 'header-duplicate', ['PHONE', 'DUPLICATE_COLUMN']),
  badHeader('C6', 'header-duplicate-own', ['số tiền', 'DUPLICATE_COLUMN']),
  badHeader('C6', 'header-duplicate-alias', ['Họ tên', 'DUPLICATE_COLUMN']),
  badHeader('C5', 'header-quote', ['header', 'STRAY_QUOTE']),
  badHeader('N4', 'header-proto', ['__proto__', 'BAD_COLUMN']),
  badHeader('N4', 'header-constructor', ['constructor', 'BAD_COLUMN']),
  badHeader('N4', 'header-constructor-path', ['constructor.prototype.polluted', 'BAD_COLUMN'], ['__proto__[polluted]', 'BAD_COLUMN']),
  notCsv('nul-utf8'),
  notCsv('not-csv-xlsx'),
  notCsv('not-csv-zip'),
  notCsv('not-csv-gzip'),
  notCsv('not-csv-png'),
  notCsv('not-csv-pdf'),
  badHeader('C9', 'not-csv-html', ...NO_COLUMNS),
  badHeader('C9', 'not-csv-scanner-test', ...NO_COLUMNS),
];

describe('samples/cases', () => {
  let harness: Harness;
  let staff: Session;

  beforeAll(async () => {
    harness = await Harness.start();
    await harness.startWorker();
    staff = await harness.as('admin');
  });
  afterAll(() => harness.close());
  beforeEach(() => harness.connection.collection('customers').deleteMany({}));

  const contentOf = (file: string): Buffer => readFileSync(join(CASES, `${file}.csv`));

  it.each(IMPORTED)('$id: should import $file', async ({ file, counts, errors = [], stored }) => {
    const { result, ...ended } = await importFile(harness, staff, contentOf(file));
    expect(ended).toMatchObject({ errors, counts: countsOf(counts) });
    expect(result['warnings']).toEqual([]);
    const customers = await harness.connection.collection('customers').find().toArray();
    const byEmail = Object.fromEntries(customers.map((customer) => [customer['email'], customer]));
    expect(Object.keys(byEmail).sort()).toEqual(Object.keys(stored).sort());
    expect(byEmail).toMatchObject(stored);
    expect(JSON.stringify(customers)).not.toContain('\ufffd');
  });

  it.each(REFUSED)('$id: should refuse $file with $status $code', async ({ file, status, code, errors = [] }) => {
    const before = await leftovers(harness);
    const reply = await staff.upload('/customers/import', contentOf(file));
    expect(reply).toMatchObject({ status, body: { status, code } });
    expect((reply.body.errors ?? []).map(({ pointer, code }: Record<string, unknown>) => [pointer, code])).toEqual(errors);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(await leftovers(harness)).toEqual(before);
  });

  it('should try every file of the folder and describe it', () => {
    const files = readdirSync(CASES).sort();
    expect([...IMPORTED, ...REFUSED].map(({ file }) => `${file}.csv`).sort()).toEqual(files);
    const page = readFileSync(join('samples', 'README.md'), 'utf8');
    expect(files.filter((file) => !page.includes(`\`${file}\``))).toEqual([]);
  });
});
