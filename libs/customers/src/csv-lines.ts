import Papa from 'papaparse';

const BYTE_ORDER_MARK = '\ufeff';
const LINE_BREAK = '\r\n';

/** Rows as CSV (RFC 4180), each with its line break; the first ones of a file with the mark by which spreadsheets know UTF-8. */
export const csvLines = (rows: readonly (readonly string[])[], { isFirst = false } = {}): string =>
  (isFirst ? BYTE_ORDER_MARK : '') + Papa.unparse(rows as string[][], { newline: LINE_BREAK }) + LINE_BREAK;
