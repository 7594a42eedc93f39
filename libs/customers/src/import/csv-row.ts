import type { Rule } from '@app/common';
import type { CustomerContent } from '../customer.js';
import {
  addressRule,
  cityRule,
  companyRule,
  countryRule,
  emailRule,
  fullNameRule,
  languageRule,
  metadataValueRule,
  phoneRule,
  positionRule,
  tagsRule,
} from '../customer.rules.js';
import { unguard } from '../csv-guard.js';
import { REPLACEMENT } from './csv-decode.js';
import type { CsvField, CsvHeader } from './csv-header.js';
import type { CsvRecord } from './csv-reader.js';
import { MAX_CELL, type RecordFault } from './csv-records.js';

/** What a row says about a customer: an empty cell and an absent column say nothing. */
export type RowContent = Pick<CustomerContent, 'email' | 'fullName'> & Partial<Omit<CustomerContent, 'isActive'>>;

/** Why a row was rejected; `column` is the field or the own column it is about, null for the whole row. */
export interface RowFault {
  column: string | null;
  code: string;
  message: string;
  value: string | null;
}

/** A row that can be imported, or all that is wrong with it. */
export type ReadRow =
  { ok: true; row: number; content: RowContent } | { ok: false; row: number; email?: string; faults: RowFault[]; cells: string[] };

type TextField = Exclude<CsvField, 'tags'>;
type TextProperty = Exclude<keyof RowContent, 'tags' | 'metadata'>;

const TEXT_FIELDS: Record<TextField, { property: TextProperty; rule: Rule<string> }> = {
  email: { property: 'email', rule: emailRule },
  full_name: { property: 'fullName', rule: fullNameRule },
  phone: { property: 'phone', rule: phoneRule },
  company: { property: 'company', rule: companyRule },
  position: { property: 'position', rule: positionRule },
  address: { property: 'address', rule: addressRule },
  city: { property: 'city', rule: cityRule },
  country: { property: 'country', rule: countryRule },
  language: { property: 'language', rule: languageRule },
};

const RECORD_FAULTS: Record<RecordFault, string> = {
  TOO_LONG: 'is longer than a row can be',
  STRAY_QUOTE: 'has a quotation mark inside a cell that is not doubled',
  UNCLOSED_QUOTE: `has a quotation mark that is not closed within ${MAX_CELL} characters`,
};

const MAX_VALUE = 200;
const TAG_SEPARATORS = /[,;|]/;

/** Reads one cell into the content; gives the fault when the cell is refused. */
type CellReader = (cell: string, content: Partial<RowContent>) => RowFault | undefined;

/** Compiles a header into a reader of its rows, by the same rules as the HTTP interface. */
export function rowReader({ columns }: CsvHeader): (record: CsvRecord) => ReadRow {
  const readers = columns.map((column): CellReader | undefined => {
    if (column.kind === 'metadata') return metadataCell(column.key);
    if (column.kind !== 'field') return undefined;
    return column.field === 'tags' ? tagsCell : textCell(column.field);
  });

  return ({ row, cells, fault }) => {
    const content: Partial<RowContent> = {};
    const faults: RowFault[] = fault ? [faultOf(null, fault, RECORD_FAULTS[fault], cells.join(' '))] : readCells(readers, cells, content);
    if (!fault && content.email === undefined) addMissing(faults, 'email');
    if (!fault && content.fullName === undefined) addMissing(faults, 'full_name');
    if (faults.length === 0) return { ok: true, row, content: content as RowContent };
    return { ok: false, row, faults, cells, ...(content.email !== undefined && { email: content.email }) };
  };
}

function readCells(readers: readonly (CellReader | undefined)[], cells: readonly string[], content: Partial<RowContent>): RowFault[] {
  const faults: RowFault[] = [];
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at] ?? '';
    if (at >= readers.length) {
      if (cell.trim() === '') continue;
      faults.push(faultOf(null, 'TOO_MANY_CELLS', `has more cells than the header has columns (${readers.length})`, cell));
      break;
    }
    const fault = cell === '' ? undefined : readers[at]?.(cell, content);
    if (fault) faults.push(fault);
  }
  return faults;
}

function addMissing(faults: RowFault[], column: 'email' | 'full_name'): void {
  if (!faults.some((fault) => fault.column === column)) faults.push(faultOf(column, 'REQUIRED', 'must not be empty', null));
}

/** Runs a rule on what a cell says; a blank cell says nothing. */
function readCell<T>(
  column: string,
  rule: Rule<T>,
  cell: string,
  keep: (value: T) => void,
  parse: (text: string) => unknown,
): RowFault | undefined {
  if (cell.length > MAX_CELL) return faultOf(column, 'TOO_LONG', `must have at most ${MAX_CELL} characters`, cell);
  if (cell.includes(REPLACEMENT)) return faultOf(column, 'BAD_CHARACTER', 'has a character that was lost before', cell);
  const text = unguard(cell).trim();
  if (text === '') return undefined;
  const checked = rule(parse(text));
  if (!checked.ok) return faultOf(column, checked.code, checked.detail, cell);
  keep(checked.value);
  return undefined;
}

const asIs = (text: string): string => text;

function textCell(field: TextField): CellReader {
  const { property, rule } = TEXT_FIELDS[field];
  return (cell, content) => readCell(field, rule, cell, (value) => (content[property] = value), asIs);
}

const splitTags = (text: string): string[] =>
  text
    .split(TAG_SEPARATORS)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');

const tagsCell: CellReader = (cell, content) =>
  readCell(
    'tags',
    tagsRule,
    cell,
    (tags) => {
      if (tags.length > 0) content.tags = tags;
    },
    splitTags,
  );

const metadataCell =
  (key: string): CellReader =>
  (cell, content) =>
    readCell(key, metadataValueRule, cell, (value) => ((content.metadata ??= {})[key] = value), asIs);

function faultOf(column: string | null, code: string, message: string, value: string | null): RowFault {
  return { column, code, message, value: value === null ? null : value.slice(0, MAX_VALUE).toWellFormed() };
}
