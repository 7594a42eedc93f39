/**
 * Writes `customers.vi.csv`: 1,000 Vietnamese customers with two columns of their own (`amount`, `due_date`), the same
 * file each time. Twelve rows are broken, each in a way of its own (numbered as a spreadsheet shows them):
 *
 *   83  e-mail empty                      583  language that is no language tag
 *  166  e-mail without @                  666  city of 101 characters
 *  250  e-mail whose domain has no dot    750  tag of 51 characters
 *  333  name empty                        833  a cell too many
 *  416  name of 201 characters            916  quotation mark inside a cell
 *  500  phone of 5 digits                1000  quotation mark never closed
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROWS = 1_000;
const HEADER = 'email,full_name,phone,company,position,address,city,country,language,tags,amount,due_date';

const FAMILY_NAMES = 'Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Mai Tạ'.split(' ');
const MIDDLE_NAMES = 'Văn Thị Hữu Đức Minh Ngọc Thanh Quốc Bảo Hồng Thu Kim Xuân Gia Anh Tuấn Mỹ Diệu Khánh Hoài'.split(' ');
const GIVEN_NAMES =
  'An Bình Cường Dũng Đào Hằng Hạnh Hiếu Hoa Huệ Hưng Hương Khánh Lan Linh Long Lộc Mạnh Nga Nghĩa Nhung Phúc Phượng Quân Quỳnh Sơn Thảo Thắng Thủy Tiến Trang Trí Trúc Tú Uyên Vân Việt Vỹ Xuyến Ỷ Yến'.split(
    ' ',
  );
const STREETS = [
  'Lê Lợi',
  'Trần Hưng Đạo',
  'Nguyễn Huệ',
  'Hai Bà Trưng',
  'Điện Biên Phủ',
  'Võ Thị Sáu',
  'Phan Đình Phùng',
  'Lý Thường Kiệt',
  'Cách Mạng Tháng Tám',
  'Nguyễn Thị Minh Khai',
];
const PLACES = [
  ['Hà Nội', 'Phường Hàng Bạc, Quận Hoàn Kiếm'],
  ['Hà Nội', 'Phường Dịch Vọng, Quận Cầu Giấy'],
  ['TP. Hồ Chí Minh', 'Phường Bến Nghé, Quận 1'],
  ['TP. Hồ Chí Minh', 'Phường Thảo Điền, TP. Thủ Đức'],
  ['Đà Nẵng', 'Phường Hải Châu I, Quận Hải Châu'],
  ['Huế', 'Phường Vĩnh Ninh'],
  ['Hải Phòng', 'Phường Cát Dài, Quận Lê Chân'],
  ['Cần Thơ', 'Phường Tân An, Quận Ninh Kiều'],
  ['Nha Trang', 'Phường Lộc Thọ'],
  ['Buôn Ma Thuột', 'Phường Tự An'],
] as const;
const COMPANIES = [
  '',
  '',
  'Công ty TNHH Sao Mai',
  'Công ty CP Đại Dương',
  'Hợp tác xã Tân Tiến',
  'Cửa hàng Bách Hóa Số 5',
  'Trường THPT Chu Văn An',
];
const POSITIONS = ['', '', 'Giám đốc', 'Kế toán trưởng', 'Nhân viên kinh doanh', 'Giáo viên', 'Chủ cửa hàng'];
const TAGS = ['vip', 'hộ gia đình', 'doanh nghiệp', 'internet', 'truyền hình', 'trả góp', 'khách mới'];
const LANGUAGES = ['vi', 'vi', 'vi', '', 'en'];
const MAIL_DOMAINS = ['example.com', 'example.net', 'example.org'];
const MOBILE_PREFIXES = ['32', '56', '70', '86', '90', '91', '98'];
/** The ways in which people write the same number. */
const PHONE_SPELLINGS: readonly ((digits: string) => string)[] = [
  (digits) => `+84${digits}`,
  (digits) => `0${digits}`,
  (digits) => `+84 ${digits.slice(0, 2)} ${digits.slice(2, 5)} ${digits.slice(5)}`,
  (digits) => `0${digits.slice(0, 3)}.${digits.slice(3, 6)}.${digits.slice(6)}`,
  (digits) => `(0${digits.slice(0, 2)}) ${digits.slice(2, 5)}-${digits.slice(5)}`,
  (digits) => `84${digits}`,
];

const BROKEN: Readonly<Record<number, (cells: string[]) => string>> = {
  83: (cells) => line(cells.with(0, '')),
  166: (cells) => line(cells.with(0, 'khach.hang.example.com')),
  250: (cells) => line(cells.with(0, 'khach.hang@example')),
  333: (cells) => line(cells.with(1, '')),
  416: (cells) => line(cells.with(1, `Nguyễn ${'A'.repeat(194)}`)),
  500: (cells) => line(cells.with(2, '09123')),
  583: (cells) => line(cells.with(8, 'Tiếng Việt')),
  666: (cells) => line(cells.with(6, 'Đ'.repeat(101))),
  750: (cells) => line(cells.with(9, 'v'.repeat(51))),
  833: (cells) => line([...cells, 'ghi chú thừa']),
  916: (cells) => line(cells).replace(cells[1] ?? '', (name) => `${name} "Tí"`),
  1000: (cells) => `${line(cells.slice(0, -1))},"${cells.at(-1)}`,
};

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const random = randomFrom(20_261_122);
const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const line = (cells: readonly string[]): string => cells.map(quoted).join(',');
const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('đ', 'd').replaceAll(' ', '.');

/** Every customer owes another amount: the first 275,000 đ, the others something between 150,000 and 1,300,000. */
function amounts(): number[] {
  const others = Array.from({ length: ROWS + 150 }, (_, at) => 150_000 + at * 1_000).filter((amount) => amount !== 275_000);
  for (let at = others.length - 1; at > 0; at--) {
    const other = random(at + 1);
    [others[at], others[other]] = [others[other] ?? 0, others[at] ?? 0];
  }
  return [275_000, ...others];
}

const DAY = 86_400_000;
const dueDate = (at: number): string => {
  const days = at === 0 ? 0 : random(60) - 10;
  return new Date(Date.UTC(2026, 11, 25) + days * DAY).toISOString().slice(0, 10);
};

function customer(at: number, amount: number): string[] {
  const name = [pick(FAMILY_NAMES), pick(MIDDLE_NAMES), pick(GIVEN_NAMES)].join(' ');
  const [city, district] = pick(PLACES);
  const digits = pick(MOBILE_PREFIXES) + String(random(10_000_000)).padStart(7, '0');
  const tags = [...new Set([pick(TAGS), pick(TAGS)])].slice(0, random(3)).join(';');
  return [
    `${plain(name)}.${at + 1}@${pick(MAIL_DOMAINS)}`,
    name,
    pick(PHONE_SPELLINGS)(digits),
    pick(COMPANIES),
    pick(POSITIONS),
    `${1 + random(300)} ${pick(STREETS)}, ${district}`,
    city,
    'Việt Nam',
    pick(LANGUAGES),
    tags,
    String(amount),
    dueDate(at),
  ];
}

const owed = amounts();
const rows = Array.from({ length: ROWS }, (_, at) => {
  const cells = customer(at, owed[at] ?? 0);
  const numberInSheet = at + 2;
  return BROKEN[numberInSheet]?.(cells) ?? line(cells);
});
writeFileSync(join(process.cwd(), 'samples', 'customers.vi.csv'), `\ufeff${[HEADER, ...rows].join('\r\n')}\r\n`);
