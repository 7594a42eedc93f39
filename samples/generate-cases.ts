/**
 * Writes `samples/cases/`: one small file for each hard case of an import, the same bytes each time. `README.md` says
 * what is hard about each and what comes out of it; `apps/api/test/import-battery.e2e-spec.ts` imports every one.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { crc32 } from 'node:zlib';

const BOM = '\ufeff';
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const row = (...cells: string[]): string => cells.map(quoted).join(',');
const lines = (...rows: string[]): string => rows.map((text) => `${text}\r\n`).join('');

const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Buffer => utf16le(text).swap16();

/** The bytes 80 to 9F; Node 20 decodes Windows-1252 as if it were Latin-1, where they are controls. */
const HIGH_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
/** What a program shows that takes UTF-8 for Windows-1252. */
const mistaken = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (control) => HIGH_1252.charAt(control.charCodeAt(0) - 0x80));

const decoder1258 = new TextDecoder('windows-1258');
const BYTE_IN_1258 = new Map(Array.from({ length: 256 }, (_, byte) => [decoder1258.decode(Uint8Array.of(byte)), byte]));
const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;

/** As Vietnamese Windows programs write: the letter, then its tone as a byte of its own. */
function windows1258(text: string): Buffer {
  const pieces = [...text.normalize('NFC')].flatMap((letter) => {
    const marked = letter.normalize('NFD');
    return [marked.replace(TONES, '').normalize('NFC'), ...(marked.match(TONES) ?? [])];
  });
  return Buffer.from(
    pieces.map((piece) => {
      const byte = BYTE_IN_1258.get(piece);
      if (byte === undefined) throw new Error(`Windows-1258 has no ${piece}`);
      return byte;
    }),
  );
}

/** An archive after PKWARE's APPNOTE with uncompressed files. */
function zip(files: Record<string, string>): Buffer {
  const directory: Buffer[] = [];
  const bodies: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt32LE(crc32(content), 10);
    about.writeUInt32LE(content.length, 14);
    about.writeUInt32LE(content.length, 18);
    about.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(Buffer.concat(bodies).length, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), about, place, Buffer.from(name));
    bodies.push(Buffer.from('PK\x03\x04', 'latin1'), about, Buffer.from(name), content);
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(Buffer.concat(bodies).length, 12);
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** RFC 1952 around one stored block of RFC 1951. */
function gzip(text: string): Buffer {
  const content = Buffer.from(text);
  const sizes = Buffer.alloc(5);
  sizes.writeUInt8(1, 0);
  sizes.writeUInt16LE(content.length, 1);
  sizes.writeUInt16LE(0xffff - content.length, 3);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content), 0);
  end.writeUInt32LE(content.length, 4);
  return Buffer.concat([Buffer.from('1f8b08000000000000ff', 'hex'), sizes, content, end]);
}

const PEOPLE = [
  row('Mã KH', 'email', 'full_name', 'phone', 'address', 'city'),
  row('KH-001', 'dao.nguyen@example.com', 'Nguyễn Thị Đào', '0912 345 678', '12 Lê Lợi, Phường Bến Nghé', 'TP. Hồ Chí Minh'),
  row('KH-002', 'phuoc.tran@example.net', 'Trần Hữu Phước', '+84 987 654 321', '45 Trần Hưng Đạo', 'Huế'),
  row('KH-003', 'y.do@example.org', 'Đỗ Quỳnh Như Ỷ', '(090) 311-1222', '', 'Đà Nẵng'),
];
const PEOPLE_CRLF = lines(...PEOPLE);

const encodings = {
  'utf8-bom-crlf': BOM + PEOPLE_CRLF,
  'utf8-lf': PEOPLE_CRLF.replaceAll('\r\n', '\n'),
  'utf8-cr': PEOPLE_CRLF.replaceAll('\r\n', '\r'),
  'utf8-no-final-newline': PEOPLE.join('\r\n'),
  'utf8-decomposed': PEOPLE_CRLF.normalize('NFD'),
  'utf16le-bom': utf16le(BOM + PEOPLE_CRLF),
  'utf16be-bom': utf16be(BOM + PEOPLE_CRLF),
  'utf16le-no-bom': utf16le(PEOPLE_CRLF),
  'utf16be-no-bom': utf16be(PEOPLE_CRLF),
  'windows-1258': windows1258(PEOPLE_CRLF),
};

const damaged = {
  mojibake: mistaken(lines('email,full_name,city', 'tuyet.le@example.com,Lê Văn Tuyết,Huế', 'dong.dinh@example.net,Đinh Hữu Đông,Vinh')),
  'lone-ff': Buffer.from(lines('email,full_name', 'an.bui@example.com,Bui An\xff', 'em.bui@example.net,Bui Em'), 'latin1'),
  'lone-ff-after-bom': Buffer.concat([
    Buffer.from(`${BOM}${lines('email,full_name', 'hanh.bui@example.com,Bùi Hạnh')}hue.bui@example.net,Bùi Huệ`),
    Buffer.from('\xff\r\n', 'latin1'),
  ]),
  'utf8-cut': Buffer.concat([
    Buffer.from(lines('email,full_name,city', 'hanh.bui@example.com,Bùi Hạnh,Huế', 'hue.bui@example.net,Bùi Huệ,Đà Nẵng')),
    Buffer.from('ha.bui@example.org,Bùi H'),
    Buffer.from('à').subarray(0, 1),
    Buffer.from(lines(',Vinh')),
  ]),
  'no-encoding': Buffer.from(lines('email,full_name', 'son.bui@example.com,Bui \x8a\xff Son'), 'latin1'),
  'nul-utf8': lines('email,full_name', 'kim.lam@example.com,Lâm\0Kim'),
  'nul-utf16': utf16le(
    BOM + lines('email,full_name', 'kim.lam@example.com,Lâm\0Kim', 'oanh.lam@example.net,Lâm \ud800 Oanh', 'tu.lam@example.org,Lâm Tú'),
  ),
};

const delimited = (delimiter: string): string =>
  lines(
    ['email', 'full_name', 'company', 'tags'].join(delimiter),
    ['sen.ho@example.com', 'Hồ Thị Sen', '"Công ty CP Sao, Mai; Đông | Tây"', 'vip'].join(delimiter),
    ['long.ho@example.net', 'Hồ Hải Long', '', '"trả góp, internet; vip"'].join(delimiter),
  );

const delimiters = {
  'delimiter-semicolon': delimited(';'),
  'delimiter-tab': delimited('\t'),
  'delimiter-pipe': delimited('|'),
  'delimiter-sep-line': lines('sep=;', 'email;full_name;a,b,c', 'ly.phan@example.com;Phan Thị Lý;1,2,3', ';Không Có Thư;4'),
};

const quotes = {
  'quoted-newline': lines(
    'email,full_name,address',
    'lan.pham@example.com,"Phạm Thị ""Lan"" Anh","Tòa nhà Sao Mai\r\nTầng 5, 12 Lý Thường Kiệt"',
    '"minh.vu@example.net" ,Vũ Đức Minh,""',
    ',"Không Có Thư",',
  ),
  'stray-quote': lines(
    'email,full_name,city',
    'anh.le@example.com,Lê Ngọc Anh,Huế',
    'binh.le@example.com,Lê "Bình,Huế',
    'hoa.ngo@example.com,"Ngô Hoa"x,Huế',
    'yen.ngo@example.net,Ngô Hải Yến,Huế',
  ),
  'unclosed-quote-middle': lines(
    'email,full_name,city',
    'nga.ho@example.com,Hồ Thúy Nga,Vinh',
    'cuong.ho@example.com,"Hồ Quốc Cường,Vinh',
    'dung.ly@example.net,"Lý Tuấn Dũng",Vinh',
    'trang.ly@example.org,Lý Thu Trang,Vinh',
  ),
  'unclosed-quote-end': `${lines('email,full_name,city', 'thao.mai@example.com,Mai Thu Thảo,Nha Trang')}loc.mai@example.net,Mai Lộc,"Nha Trang`,
};

const shapes = {
  'ragged-rows': lines(
    'email,full_name,phone,city',
    'ngan.vo@example.com,Ngắn Hai Ô',
    'du.vo@example.net,Dư Ô Trống,0912345678,Huế,, ,',
    'thua.vo@example.org,Thừa Một Ô,0912345678,Huế,ghi chú thừa',
    'mot.vo@example.com',
  ),
  'blank-rows': lines(
    '',
    ' , , ',
    'email,full_name,phone',
    'xuan.ta@example.com,Tạ Xuân,',
    ' ,\t, ',
    '',
    'ha.ta@example,Tạ Hạ,',
    '   ',
    'thu.ta@example.net,Tạ Thu,',
    ',,',
  ),
};

const customer =
  'hang.dang@example.com,Đặng Thu Hằng,0912345678,Công ty TNHH Sao Mai,Kế toán trưởng,5 Quang Trung,Hà Nội,Việt Nam,vi,vip;mới';
const headers = {
  'header-vietnamese': lines('Email,Họ tên,Điện thoại,Công ty,Chức vụ,Địa chỉ,Thành phố,Quốc gia,Ngôn ngữ,Nhãn', customer),
  'header-vietnamese-upper': lines(
    ' THƯ ĐIỆN TỬ ,HỌ VÀ TÊN,SỐ  ĐIỆN THOẠI,CÔNG TY , CHỨC VỤ,ĐỊA CHỈ,TỈNH/THÀNH PHỐ,QUỐC GIA,NGÔN NGỮ,NHÃN'.normalize('NFD'),
    customer,
  ),
  'header-vietnamese-bare': lines(
    'Thu dien tu,Ten khach hang,SDT,Cong ty,Chuc vu,Dia chi,tinh / thanh pho,quoc gia,ngon ngu,nhan',
    customer,
  ),
  'header-decorated': lines(
    '\u200bE-mail (*),"Họ\nvà tên",S\u00d0T:,Công ty,Chức-vụ,\u00d0ịa chỉ,Tỉnh / Thành phố,Quốc gia,Ngôn ngữ *,Nhãn',
    customer,
  ),
  'header-english-odd': lines(
    'TAGS,Language, country ,CITY,Address,POSITION,Company,phone,Full_Name, EMAIL ',
    customer.split(',').reverse().join(','),
  ),
  'header-extra-columns': lines(
    'email,full_name,Mã hợp đồng,số tiền.đ, ,$due',
    'giang.cao@example.com,Cao Giang,HĐ-01,275000,bỏ qua,2026-12-25',
    'khoi.cao@example.net,Cao Khôi,,,,',
  ),
  'header-duplicate': lines('email,full_name,phone, PHONE', 'giang.cao@example.com,Cao Giang,0912345678,0987654321'),
  'header-duplicate-own': lines('email,full_name,Số tiền,số tiền', 'giang.cao@example.com,Cao Giang,1,2'),
  'header-duplicate-alias': lines('Email,full_name,Họ tên', 'giang.cao@example.com,Cao Giang,Cao Giang'),
  'header-missing': lines('Điện thoại,Thành phố', '0912345678,Huế'),
  'header-quote': lines('email,full_name,Kích "thước",phone', 'giang.cao@example.com,Cao Giang,XL,0912345678'),
  'header-only': lines('email,full_name', ',', ''),
  'header-proto': lines('email,full_name,__proto__', 'giang.cao@example.com,Cao Giang,polluted'),
  'header-constructor': lines('email,full_name,constructor', 'giang.cao@example.com,Cao Giang,polluted'),
  'header-constructor-path': lines(
    'email,full_name,constructor.prototype.polluted,__proto__[polluted]',
    'giang.cao@example.com,Cao Giang,yes,yes',
  ),
  empty: '',
  'blank-only': ' \r\n\r\n\t\r\n',
};

const cells = {
  formulas: lines(
    'email,full_name,phone,company,note',
    'mot.luu@example.com,Lưu Một,+84912345678,=cmd(),"=HYPERLINK(""http://example.com"",""x"")"',
    'hai.luu@example.net,Lưu Hai,+84987654321,@SUM(A1:A9),-1+1',
    'ba.luu@example.org,Lưu Ba,,+CONCAT,\t=1+1',
  ),
  'formulas-guarded': lines(
    'email,full_name,phone,company,note',
    `mot.luu@example.com,"'=Lưu Một","'+84912345678","'=cmd()","'-1+1"`,
    `hai.luu@example.net,Lưu 'Hai',,"'@SUM(A1:A9)","'\t=1+1"`,
    `ba.luu@example.org,Lưu Ba,,'Sao Mai','75 trở đi`,
  ),
  duplicates: lines(
    'email,full_name,phone,city',
    'hoa.tran@example.com,Trần Thị Hoa,0912000001,Huế',
    'HOA.TRAN@Example.com,Trần Thị Hoa,,',
    'nam.vo@example.net,Võ Nam,0912000002,Vinh',
    ' Nam.Vo@example.net ,Võ Hoài Nam,,',
    'nam.vo@example.net,Võ Hoài Nam,0912000002,Vinh',
    'mai.dang@example.org,Đặng Mai,,',
  ),
  'mended-errors':
    BOM +
    lines(
      'email,full_name,phone,amount,row,errors',
      'khanh.trinh@example.com,Trịnh Khánh,0912345678,275000,7,email must be an e-mail address such as name@example.com',
      'tam.trinh@example.net,Trịnh Tâm,,150000,12,"phone must have 6 to 15 digits; full_name must not be empty"',
    ),
  characters: lines(
    'email,full_name,note',
    'khong.rong@example.com,Nguyễn\u200bVăn Không,zero\u200dwidth',
    'doi.chieu@example.com,Nguyễn \u202eVăn Đổi,',
    `nhieu.dau@example.com,A${'\u0301'.repeat(4_000)},`,
    'dieu.khien@example.com,Nguyễn\u0007 Văn Khiển,',
    'mat.chu@example.com,Nguy\ufffdn Văn Mất,',
    `${'to.hop@example.com,Nguyễn Văn Tổ Hợp,đúng'.normalize('NFD')}`,
  ),
  emails: lines(
    'email,full_name',
    'liên.hệ@bưu-điện.example.com,Phạm Liên',
    `${'LIÊN.HỆ@BƯU-ĐIỆN.Example.com'.normalize('NFD')},Phạm Liên`,
    'cham.cuoi@example.net.,Phạm Chấm',
    'thieu.cham@example,Phạm Thiếu',
    'hai@cong@example.com,Phạm Hai',
    'co trong@example.com,Phạm Trống',
    'zero\u200bwidth@example.com,Phạm Không',
  ),
  limits: lines(
    'email,full_name,phone,language,tags,note',
    `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(49)}.example.com,${'Ệ'.repeat(200)},123456789012345,zh-hant-tw,${Array.from({ length: 50 }, (_, at) => `${at}`.padStart(50, 't')).join(';')},${'x'.repeat(1_000)}`,
    `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(50)}.example.com,Dương Thư Dài,,,,`,
    'nam.so@example.com,Dương Năm Số,12345,,,',
    'sau.so@example.com,Dương Sáu Số,123456,,,',
    'nhieu.so@example.com,Dương Nhiều Số,1234567890123456,,,',
    'ngon.ngu@example.com,Dương Ngôn Ngữ,,vi_VN,,',
    `nhieu.nhan@example.com,Dương Nhiều Nhãn,,,${Array.from({ length: 51 }, (_, at) => `n${at}`).join('|')},`,
    `nhan.dai@example.com,Dương Nhãn Dài,,,vip;${'n'.repeat(51)},`,
    `o.lon@example.com,Dương Ô Lớn,,,,${'x'.repeat(10_001)}`,
    `o.lon.kep@example.com,Dương Ô Kép,,,,"${'x'.repeat(10_001)}"`,
    'cuoi.cung@example.com,Dương Cuối Cùng,,,,',
  ),
};

const others = {
  'not-csv-xlsx': zip({
    '[Content_Types].xml':
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    'xl/workbook.xml': '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
  }),
  'not-csv-zip': zip({ 'customers.csv': PEOPLE_CRLF }),
  'not-csv-gzip': gzip(PEOPLE_CRLF),
  'not-csv-png': Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
  'not-csv-pdf': '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n',
  'not-csv-html': '<!doctype html>\n<html><body><table><tr><td>email</td><td>full_name</td></tr></table></body></html>\n',
  'not-csv-scanner-test': 'X5O-LOOKS-LIKE-THE-TEST-FILE-OF-VIRUS-SCANNERS-BUT-IS-NOT!$H+H*\n',
};

const folder = join(process.cwd(), 'samples', 'cases');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const all = { ...encodings, ...damaged, ...delimiters, ...quotes, ...shapes, ...headers, ...cells, ...others };
for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, `${name}.csv`), content);
