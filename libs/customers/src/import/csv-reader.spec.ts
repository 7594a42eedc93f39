import { setTimeout as sleep } from 'node:timers/promises';
import Papa from 'papaparse';
import { readCsv, type CsvRecord } from './csv-reader.js';
import { scanRecords } from './csv-records.js';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function recordsOf(text: string, size = 1_000_000): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const part of readCsv(inPieces(text, size))) records.push(...part);
  return records;
}

const HEADER = 'email,full_name,note';
const header = { row: 1, cells: ['email', 'full_name', 'note'] };

describe(readCsv.name, () => {
  it.each(['\n', '\r\n', '\r'])('C1: should read lines that end in %j, with and without a last one', async (newline) => {
    const lines = [HEADER, 'a@x.vn,An,1', 'b@x.vn,Bé,2'];
    const expected = [header, { row: 2, cells: ['a@x.vn', 'An', '1'] }, { row: 3, cells: ['b@x.vn', 'Bé', '2'] }];
    for (const text of [lines.join(newline), lines.join(newline) + newline]) {
      for (const size of [1, 2, 5, 1_000]) expect(await recordsOf(text, size)).toEqual(expected);
    }
  });

  it.each([',', ';', '\t', '|'])('C5: should tell the delimiter %j from the header', async (delimiter) => {
    const text = [`email${delimiter}full_name`, `a@x.vn${delimiter}"An, Bé; Cả|Dì"`].join('\n');
    expect(await recordsOf(text, 3)).toEqual([
      { row: 1, cells: ['email', 'full_name'] },
      { row: 2, cells: ['a@x.vn', 'An, Bé; Cả|Dì'] },
    ]);
  });

  it('C5: should tell the delimiter by known names, not by the number of cells', async () => {
    expect((await recordsOf('email;"full_name";a,b,c,d\nx;y;z'))[0]?.cells).toEqual(['email', 'full_name', 'a,b,c,d']);
  });

  it('C5: should obey a sep= line and count it', async () => {
    expect(await recordsOf('sep=|\r\nemail|full_name\r\na@x.vn|An\r\n', 4)).toEqual([
      { row: 2, cells: ['email', 'full_name'] },
      { row: 3, cells: ['a@x.vn', 'An'] },
    ]);
  });

  it.each(['"sep=;"\r\n', 'sep=;\r\n', '\ufeffsep=;\n'])('C5: should obey %j', async (line) => {
    expect((await recordsOf(`${line}email;full_name\n`, 3))[0]?.cells).toEqual(['email', 'full_name']);
  });

  it('C5: should tell the delimiter from a header that runs over several lines', async () => {
    for (const size of [1, 5, 1_000]) {
      expect(await recordsOf('"Họ, đệm\nvà tên";email\nAn;a@x.vn\n', size)).toEqual([
        { row: 1, cells: ['Họ, đệm\nvà tên', 'email'] },
        { row: 2, cells: ['An', 'a@x.vn'] },
      ]);
    }
  });

  it('C1: should read quoted cells after several byte order marks, and before several carriage returns', async () => {
    const text = '\ufeff\ufeff"email","full_name"\r\r\n"a@x.vn","An"\r\r\n';
    for (const size of [1, 1_000]) {
      expect(await recordsOf(text, size)).toEqual([
        { row: 1, cells: ['email', 'full_name'] },
        { row: 2, cells: ['a@x.vn', 'An'] },
      ]);
    }
  });

  it('should leave out the mark by which DOS ended a file', async () => {
    expect(await recordsOf(`${HEADER}\na@x.vn,An,1\n\u001a`)).toEqual([header, { row: 2, cells: ['a@x.vn', 'An', '1'] }]);
  });

  it('should take a quoted cell of ten thousand characters, however many of them are doubled quotes', async () => {
    for (const cell of ['x'.repeat(10_000), '""'.repeat(10_000)]) {
      expect((await recordsOf(`${HEADER}\na@x.vn,An,"${cell}"\n`, 4_096))[1]).toEqual({
        row: 2,
        cells: ['a@x.vn', 'An', cell.replaceAll('""', '"')],
      });
    }
    expect((await recordsOf(`${HEADER}\na@x.vn,An,"${'x'.repeat(10_001)}"\n`))[1]?.fault).toBe('UNCLOSED_QUOTE');
  });

  it('C10: should take time in proportion to a text, whatever it is', async () => {
    const returns = `${HEADER}\nx"${'\r'.repeat(2_000_000)}y\na@x.vn,An,1\n`;
    expect((await recordsOf(returns)).map(({ row, fault }) => [row, fault])).toEqual([
      [1, undefined],
      [2, 'STRAY_QUOTE'],
      [3, undefined],
    ]);
    expect(await recordsOf(' '.repeat(5_000_000), 65_536)).toMatchObject([{ row: 1, fault: 'TOO_LONG' }]);
    expect((await recordsOf(`email,full_name${','.repeat(16_000)}\na@x.vn,An\n`))[0]?.cells).toHaveLength(1_000);
    expect((await recordsOf(`${'ă,'.repeat(1_000_000)}\n`, 65_536))[0]?.cells).toHaveLength(1_001);
    await sleep(0); // where a test that took too long is told so
  });

  it('should count blank rows without giving them', async () => {
    expect(await recordsOf(`\n${HEADER}\n\n ,, \na@x.vn,An,\n\n\n`)).toEqual([
      { ...header, row: 2 },
      { row: 5, cells: ['a@x.vn', 'An', ''] },
    ]);
  });

  it('C5: should read quoted line breaks and doubled quotes as one record', async () => {
    const text = `${HEADER}\na@x.vn,"Nguyễn ""Tí"" An","dòng 1\r\ndòng 2"\nb@x.vn,"" ,x\n`;
    for (const size of [1, 3, 1_000]) {
      expect(await recordsOf(text, size)).toEqual([
        header,
        { row: 2, cells: ['a@x.vn', 'Nguyễn "Tí" An', 'dòng 1\r\ndòng 2'] },
        { row: 3, cells: ['b@x.vn', '', 'x'] },
      ]);
    }
  });

  it('C5: should give a stray quote as a fault and go on', async () => {
    const text = `${HEADER}\na@x.vn,"An"x,1\nb@x.vn,Trần "Bé,2\nc@x.vn,Cả,3`;
    for (const size of [1, 4, 1_000]) {
      expect(await recordsOf(text, size)).toEqual([
        header,
        { row: 2, cells: ['a@x.vn', '"An"x', '1'], fault: 'STRAY_QUOTE' },
        { row: 3, cells: ['b@x.vn', 'Trần "Bé', '2'], fault: 'STRAY_QUOTE' },
        { row: 4, cells: ['c@x.vn', 'Cả', '3'] },
      ]);
    }
  });

  it.each([
    ['that another quote follows', 'b@x.vn,"Bé",2'],
    ['that no quote follows', 'b@x.vn,Bé,2'],
  ])('C5: should give an unclosed quote %s as a fault and go on at the next line', async (_, next) => {
    const text = `${HEADER}\na@x.vn,"An,1\n${next}\n`;
    for (const size of [1, 6, 1_000]) {
      expect(await recordsOf(text, size)).toEqual([
        header,
        { row: 2, cells: ['a@x.vn', '"An', '1'], fault: 'UNCLOSED_QUOTE' },
        { row: 3, cells: ['b@x.vn', 'Bé', '2'] },
      ]);
    }
  });

  it('should take a quoted cell of more than 10,000 characters for unclosed', async () => {
    const long = Array.from({ length: 600 }, (_, at) => `r${at}@x.vn,An ${at},x`).join('\n');
    const records = await recordsOf(`${HEADER}\na@x.vn,"An,1\n${long}\nz@x.vn,"Zệ",1\n`, 777);
    expect(records[1]).toMatchObject({ row: 2, fault: 'UNCLOSED_QUOTE' });
    expect(records).toHaveLength(603);
    expect(records.at(-1)).toEqual({ row: 603, cells: ['z@x.vn', 'Zệ', '1'] });
    const fitting = `"${'x'.repeat(9_999)}"`;
    expect((await recordsOf(`${HEADER}\na,b,${fitting}\n`, 999))[1]?.fault).toBeUndefined();
  });

  it('C10: should cut off a record without end, and go on at the next line', async () => {
    const head = 'email,full_name\na@x.vn,An\n';
    async function* chunks(): AsyncGenerator<string> {
      yield head;
      for (let sent = 0; sent < 5_000_000; sent += 250_000) yield ','.repeat(250_000);
      yield ',x\nb@x.vn,Bé\n';
      yield `c@x.vn,${'x'.repeat(3_000_000)}`;
    }
    const records: CsvRecord[] = [];
    for await (const part of readCsv(chunks())) records.push(...part);
    expect(records.map(({ row, fault, cells }) => [row, fault, cells.length])).toEqual([
      [1, undefined, 2],
      [2, undefined, 2],
      [3, 'TOO_LONG', 1_000],
      [4, undefined, 2],
      [5, 'TOO_LONG', 2],
    ]);
  });

  it('C10: should keep of very many cells so many that their number can be refused', async () => {
    const wide = (surplus: string): string => `a@x.vn,An${','.repeat(200_000)}${surplus}\n`;
    const records = await recordsOf(`email,full_name\n${wide('x')}${wide('')}`);
    expect(records.map(({ cells }) => [cells.length, cells.at(-1)])).toEqual([
      [2, 'full_name'],
      [1_001, 'x'],
      [1_000, ''],
    ]);
  });

  it('C10: should get through a file of hostile quotes', async () => {
    for (const line of ['a,"x', '"""', 'a"b', '"a""']) {
      const records = await recordsOf(`${HEADER}\n${`${line}\n`.repeat(50_000)}`, 65_536);
      expect(records.length).toBeGreaterThan(10);
    }
  }, 20_000);

  it('should give nothing for a file of blanks', async () => {
    expect(await recordsOf(' \n\n  \n')).toEqual([]);
    expect(await recordsOf('')).toEqual([]);
  });

  it('should read whatever papaparse writes, however it is cut', async () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const pieces = ['a', 'é', '"', '""', ',', ';', '\n', '\r\n', ' ', '', '  x', '\t'];
    for (let run = 0; run < 300; run++) {
      const cell = (): string => Array.from({ length: random(5) }, () => pieces[random(pieces.length)]).join('');
      const rows = Array.from({ length: 1 + random(6) }, () => ['k@x.vn', cell(), cell()]);
      const newline = random(2) === 0 ? '\n' : '\r\n';
      const text = Papa.unparse([['email', 'full_name', 'note'], ...rows], { newline, quotes: random(2) === 0 });
      const records = await recordsOf(text, 1 + random(30));
      expect(records.map(({ cells }) => cells)).toEqual([['email', 'full_name', 'note'], ...rows]);
    }
  });
});

describe(scanRecords.name, () => {
  it('should hand papaparse nothing that it finds fault with', () => {
    let seed = 11;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const pieces = ['a', '"', '"', '""', ',', ',', '\n', '\n', '\r\n', ' '];
    for (let run = 0; run < 3_000; run++) {
      const text = Array.from({ length: random(14) }, () => pieces[random(pieces.length)]).join('');
      const { end } = scanRecords(text, 0, { delimiter: ',', newline: '\n' }, true);
      const parsed = Papa.parse(`${text.slice(0, end)}\n`, { delimiter: ',', newline: '\n' });
      expect(parsed.errors.filter(({ type }) => type === 'Quotes')).toEqual([]);
    }
  });
});
