import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** Besides Nguyễn, which a third of all bear. */
const FAMILY = ['Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Phan', 'Vũ', 'Võ', 'Đặng', 'Bùi', 'Đỗ', 'Hồ', 'Ngô', 'Dương', 'Lý'];
const MIDDLE = ['Văn', 'Thị', 'Hữu', 'Đức', 'Minh', 'Ngọc', 'Thanh', 'Quang', 'Kim', 'Xuân'];
const GIVEN = [
  'An',
  'Bình',
  'Châu',
  'Dũng',
  'Giang',
  'Hà',
  'Hạnh',
  'Hiếu',
  'Hoa',
  'Hùng',
  'Hương',
  'Khánh',
  'Lan',
  'Linh',
  'Mai',
  'Nam',
  'Phúc',
  'Quỳnh',
  'Sơn',
  'Thảo',
  'Tuấn',
  'Vy',
];
const CITY = ['Hà Nội', 'Hồ Chí Minh', 'Đà Nẵng', 'Hải Phòng', 'Cần Thơ', 'Huế', 'Nha Trang', 'Vinh'];
const STREET = ['Lê Lợi', 'Trần Hưng Đạo', 'Nguyễn Trãi', 'Hai Bà Trưng', 'Điện Biên Phủ', 'Lý Thường Kiệt'];
const COMPANY = ['Công ty Hoa Sen', 'Công ty An Phát', 'Công ty Sao Mai', 'Công ty Bình Minh', ''];

/** Mulberry32: the same numbers, 0 to 1, for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface PeopleFile {
  rows: number;
  /** The first so many carry the tag `bench`. */
  tagged: number;
  seed: number;
}

/** Writes a CSV of Vietnamese customers with all marks: ten columns, of which two are the file's own. */
export async function writePeople(path: string, { rows, tagged, seed }: PeopleFile): Promise<void> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const out = createWriteStream(path);
  out.write('email,full_name,phone,company,address,city,language,tags,amount,due_date\n');
  for (let row = 0; row < rows; row += 1) {
    const family = random() < 1 / 3 ? 'Nguyễn' : pick(FAMILY);
    const name = `${family} ${pick(MIDDLE)} ${pick(GIVEN)}`;
    const phone = `+849${String(Math.floor(random() * 1e8)).padStart(8, '0')}`;
    const address = `"${1 + Math.floor(random() * 400)} ${pick(STREET)}, phường ${1 + Math.floor(random() * 20)}"`;
    const tags = row < tagged ? 'bench' : 'khác';
    const due = `2026-12-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`;
    const amount = 1_000 * (100 + Math.floor(random() * 900));
    const line = `khach.hang.${row}@example.com,${name},${phone},${pick(COMPANY)},${address},${pick(CITY)},vi,${tags},${amount},${due}\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}
