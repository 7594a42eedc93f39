import Papa from 'papaparse';
import { countKnownNames } from './csv-header.js';
import { scanRecords, type CsvDialect, type RecordFault } from './csv-records.js';

/** One record of a file that is not blank. */
export interface CsvRecord {
  /** As a spreadsheet numbers it: records, not lines; from 1; blank ones count. */
  row: number;
  cells: string[];
  /** The record cannot be read; its cells are its line as it stands, cut at the delimiters. */
  fault?: RecordFault;
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const SEPARATOR_LINE = /^"?sep=([,;\t|])"?[ \t]*$/i;
const BYTE_ORDER_MARKS = /^\ufeff+/;
/** Programs that open a file as text twice write `\r\r\n`. */
const LINE_BREAK = /^\r*\n?/;
/** By which DOS ended a text. */
const END_OF_FILE = '\u001a';
/** A header longer than this is cut: the delimiter is told from what was read. */
const MAX_HEADER = 100_000;
/** Two hundred cells of the longest, with their quotes; a thousand of what a customer can have. */
const MAX_RECORD = 2_100_000;
/** So many cells of a record are kept, as many as a header may have, and one that says that there were others. */
const MAX_CELLS = 1_000;

/**
 * Reads CSV (RFC 4180 with the delimiters , ; tab and |, told from the header or from a `sep=` line) as it arrives. Gives
 * the records that are not blank in arrays, the header first; memory does not grow with the file. A record with a stray
 * or unclosed quote is given with its fault, and reading goes on at the next line.
 */
export async function* readCsv(chunks: AsyncIterable<string>): AsyncGenerator<CsvRecord[], void> {
  const reader = new CsvReader();
  for await (const chunk of chunks) {
    const records = reader.push(chunk, false);
    if (records.length > 0) yield records;
  }
  const records = reader.push('', true);
  if (records.length > 0) yield records;
}

class CsvReader {
  private text = '';
  private row = 0;
  private dialect: CsvDialect | undefined;
  /** What follows, up to the next line break, belongs to a record that was too long. */
  private isInTooLong = false;

  push(chunk: string, isFinal: boolean): CsvRecord[] {
    this.text += this.isInTooLong ? this.afterLine(chunk) : chunk;
    if (isFinal && this.text.endsWith(END_OF_FILE)) this.text = this.text.slice(0, -1);
    if (!this.dialect) this.dropBlankLines();
    this.dialect ??= this.openFile(isFinal);
    return this.dialect ? this.take(this.dialect, isFinal) : [];
  }

  /** Blank lines before the first line with content count as rows, and nothing of them is kept. */
  private dropBlankLines(): void {
    this.text = this.text.replace(BYTE_ORDER_MARKS, '');
    const blank = /^\s*[\r\n]/.exec(this.text)?.[0] ?? '';
    const whole = blank.endsWith('\r') ? blank.slice(0, -1) : blank;
    this.row += whole.match(/\r\n|\r|\n/g)?.length ?? 0;
    this.text = this.text.slice(whole.length);
  }

  /** Reads past a `sep=` line, and tells the dialect from the first record with content, once there is one. */
  private openFile(isFinal: boolean): CsvDialect | undefined {
    const content = this.text.slice(0, MAX_HEADER).trimStart();
    const isCut = this.text.length >= MAX_HEADER;
    if (content === '' && !isCut) return undefined;
    const end = firstRecordEnd(content);
    const [lineBreak = ''] = LINE_BREAK.exec(content.slice(end)) ?? [];
    const mayGoOn = end + lineBreak.length === content.length && !lineBreak.endsWith('\n');
    if (mayGoOn && !isFinal && !isCut) return undefined;
    const newline = lineBreak.endsWith('\r') ? '\r' : '\n';
    const header = content.slice(0, end);
    const separator = SEPARATOR_LINE.exec(header)?.[1];
    if (separator === undefined) return { newline, delimiter: guessDelimiter(header) };
    this.dropLine(newline);
    return { newline, delimiter: separator };
  }

  private dropLine(newline: string): void {
    this.row += 1;
    const content = this.text.trimStart();
    const end = content.indexOf(newline);
    this.text = end === -1 ? '' : content.slice(end + 1);
  }

  private afterLine(chunk: string): string {
    const end = chunk.indexOf(this.dialect?.newline ?? '\n');
    this.isInTooLong = end === -1;
    return end === -1 ? '' : chunk.slice(end + 1);
  }

  private take(dialect: CsvDialect, isFinal: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    for (;;) {
      const { end, fault } = scanRecords(this.text, at, dialect, isFinal);
      if (end > at) this.parse(this.text.slice(at, end), dialect, records);
      at = end;
      if (!fault) break;
      this.row += 1;
      const line = this.text.slice(end, fault.resume).replace(/\r?\n?$/, '');
      records.push({ row: this.row, cells: line.split(dialect.delimiter, MAX_CELLS), fault: fault.code });
      at = fault.resume;
    }
    this.text = this.text.slice(at);
    if (this.text.length > MAX_RECORD) records.push(this.cutOff(dialect));
    return records;
  }

  /** Memory does not grow with a record either. */
  private cutOff({ delimiter }: CsvDialect): CsvRecord {
    this.row += 1;
    const cells = this.text.split(delimiter, MAX_CELLS);
    this.text = '';
    this.isInTooLong = true;
    return { row: this.row, cells, fault: 'TOO_LONG' };
  }

  private parse(text: string, { delimiter, newline }: CsvDialect, records: CsvRecord[]): void {
    const { data } = Papa.parse<string[]>(text.endsWith(newline) ? text : text + newline, { delimiter, newline });
    data.pop(); // what follows the last line break
    for (const cells of data) {
      this.row += 1;
      if (newline === '\n') dropCarriageReturn(cells);
      if (!isBlank(cells)) records.push({ row: this.row, cells: capped(cells) });
    }
  }
}

/** The first line break that does not stand in quotes; the end of the text when there is none. */
function firstRecordEnd(text: string): number {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === '\n' || char === '\r')) return at;
  }
  return text.length;
}

/** The delimiter by which the header names most columns that an import knows; among equals the one that gives most cells. */
function guessDelimiter(header: string): string {
  const scores = DELIMITERS.map((delimiter) => {
    const cells = Papa.parse<string[]>(header, { delimiter, newline: '\n', preview: 1 }).data[0] ?? [];
    return { delimiter, known: countKnownNames(cells.slice(0, MAX_CELLS)), cells: cells.length };
  });
  return scores.reduce((best, next) => (next.known > best.known || (next.known === best.known && next.cells > best.cells) ? next : best))
    .delimiter;
}

function dropCarriageReturn(cells: string[]): void {
  const last = cells.at(-1);
  if (last?.endsWith('\r')) cells[cells.length - 1] = last.slice(0, -1);
}

function capped(cells: string[]): string[] {
  if (cells.length <= MAX_CELLS) return cells;
  const surplus = cells.slice(MAX_CELLS).find((cell) => cell.trim() !== '');
  return [...cells.slice(0, MAX_CELLS), ...(surplus === undefined ? [] : [surplus])];
}

const isBlank = (cells: readonly string[]): boolean => cells.every((cell) => cell.trim() === '');
