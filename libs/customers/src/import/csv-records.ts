/** How records are told apart in one file. */
export interface CsvDialect {
  delimiter: string;
  /** `\n` also stands for `\r\n`. */
  newline: '\n' | '\r';
}

/** A quote where none may stand: text around or after it, or no closing one. */
type QuoteFault = 'STRAY_QUOTE' | 'UNCLOSED_QUOTE';
/** Why a record cannot be read; one that is too long has lost its line breaks. */
export type RecordFault = QuoteFault | 'TOO_LONG';

/** A quoted cell that is longer than any cell may be was never closed: the rest of the file is not swallowed by it. */
export const MAX_CELL = 10_000;

/** What to say of each fault, after the name of what has it. */
export const RECORD_FAULTS: Record<RecordFault, string> = {
  TOO_LONG: 'is longer than a row can be',
  STRAY_QUOTE: 'has a quotation mark inside a cell that is not doubled',
  UNCLOSED_QUOTE: `has a quotation mark that is not closed within ${MAX_CELL} characters`,
};

/** What stands in the text from where it was looked at: whole records, then perhaps a faulty one, then what is not complete yet. */
export interface Stretch {
  /** End of the whole records. */
  end: number;
  /** The record after them, when it is faulty, and where reading goes on: at the line after the one that holds the fault. */
  fault?: { code: QuoteFault; resume: number };
}

type Walk = { kind: 'whole'; end: number } | { kind: 'open' } | { kind: 'fault'; code: QuoteFault; at: number };

/**
 * Finds the longest run of whole, well-formed records (RFC 4180) from `start`, so that a parser which takes everything
 * after an unclosed quote for one cell can be handed what it reads rightly. `isFinal`: no text follows.
 */
export function scanRecords(text: string, start: number, dialect: CsvDialect, isFinal: boolean): Stretch {
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return { end: isFinal ? text.length : Math.max(at, text.lastIndexOf(dialect.newline) + 1) };
    const line = Math.max(at, text.slice(at, quote).lastIndexOf(dialect.newline) + 1 + at);
    const walk = walkRecord(text, line, dialect, isFinal);
    if (walk.kind === 'open') return { end: line };
    if (walk.kind === 'fault') return faultAt(text, line, walk, dialect, isFinal);
    at = walk.end;
  }
}

function faultAt(text: string, end: number, fault: { code: QuoteFault; at: number }, { newline }: CsvDialect, isFinal: boolean): Stretch {
  const lineEnd = text.indexOf(newline, fault.at);
  if (lineEnd === -1 && !isFinal) return { end };
  return { end, fault: { code: fault.code, resume: lineEnd === -1 ? text.length : lineEnd + 1 } };
}

/** Walks one record cell by cell. */
function walkRecord(text: string, start: number, dialect: CsvDialect, isFinal: boolean): Walk {
  const { delimiter, newline } = dialect;
  let at = start;
  for (;;) {
    if (text[at] === '"') {
      const close = closingQuote(text, at, isFinal);
      if (close === 'open') return { kind: 'open' };
      if (close === 'none') return { kind: 'fault', code: 'UNCLOSED_QUOTE', at };
      const next = skipBlanks(text, close + 1, dialect);
      if (next >= text.length) return isFinal ? { kind: 'whole', end: text.length } : { kind: 'open' };
      if (text[next] === newline) return { kind: 'whole', end: next + 1 };
      if (text[next] !== delimiter)
        return { kind: 'fault', code: text.slice(at, close).includes(newline) ? 'UNCLOSED_QUOTE' : 'STRAY_QUOTE', at };
      at = next + 1;
    } else {
      const end = plainCellEnd(text, at, dialect);
      if (text[end] === '"') return { kind: 'fault', code: 'STRAY_QUOTE', at: end };
      if (end >= text.length) return isFinal ? { kind: 'whole', end: text.length } : { kind: 'open' };
      if (text[end] === newline) return { kind: 'whole', end: end + 1 };
      at = end + 1;
    }
  }
}

/** Where the cell opened at `open` is closed; doubled quotes are part of the cell. */
function closingQuote(text: string, open: number, isFinal: boolean): number | 'open' | 'none' {
  let at = open + 1;
  for (let doubled = 0; ; doubled++) {
    const quote = text.indexOf('"', at);
    const length = (quote === -1 ? text.length : quote) - (open + 1) - doubled;
    if (length > MAX_CELL) return 'none';
    if (quote === -1) return isFinal ? 'none' : 'open';
    if (quote + 1 >= text.length && !isFinal) return 'open';
    if (text[quote + 1] !== '"') return quote;
    at = quote + 2;
  }
}

function skipBlanks(text: string, from: number, { delimiter, newline }: CsvDialect): number {
  let at = from;
  while (text[at] === ' ' || (text[at] === '\t' && delimiter !== '\t') || (text[at] === '\r' && newline !== '\r')) at++;
  return at;
}

/** The first delimiter, line break or quote of an unquoted cell. */
function plainCellEnd(text: string, from: number, { delimiter, newline }: CsvDialect): number {
  let at = from;
  while (at < text.length) {
    const char = text[at];
    if (char === delimiter || char === newline || char === '"') break;
    at++;
  }
  return at;
}
