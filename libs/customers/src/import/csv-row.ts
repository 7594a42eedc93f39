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
  MAX_METADATA_KEYS,
  metadataValueRule,
  phoneRule,
  positionRule,
  tagsRule,
} from '../customer.rules.js';
import { unguard } from '../csv-guard.js';
import type { CsvField, CsvHeader } from './csv-header.js';
import type { CsvRecord } from './csv-reader.js';
import { MAX_CELL, RECORD_FAULTS } from './csv-records.js';

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

const TOO_MANY_OF_ITS_OWN: RowFault = {
  column: null,
  code: 'TOO_MANY',
  message: `fills more than ${MAX_METADATA_KEYS} columns of the customer's own data`,
  value: null,
};

const MAX_VALUE = 200;
const TAG_SEPARATORS = /[,;|\r\n]/;
/** What programs that took a phone for a number wrote behind it. */
const DECIMALS = /^(\d+)\.0$/;

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
    const faults = readCells(readers, cells, content);
    const all = fault ? [faultOf(null, fault, RECORD_FAULTS[fault], cells.join(' '))] : [...faults, ...wholeRowFaults(content, faults)];
    if (all.length === 0) return { ok: true, row, content: content as RowContent };
    return { ok: false, row, faults: all, cells, ...(content.email !== undefined && { email: content.email }) };
  };
}

/** What is wrong with the row as a whole. */
function wholeRowFaults({ email, fullName, metadata = {} }: Partial<RowContent>, known: readonly RowFault[]): RowFault[] {
  const isKnown = (column: string): boolean => known.some((fault) => fault.column === column);
  const missing = (column: string): RowFault => faultOf(column, 'REQUIRED', 'must not be empty', null);
  return [
    ...(email === undefined && !isKnown('email') ? [missing('email')] : []),
    ...(fullName === undefined && !isKnown('full_name') ? [missing('full_name')] : []),
    ...(Object.keys(metadata).length > MAX_METADATA_KEYS ? [TOO_MANY_OF_ITS_OWN] : []),
  ];
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

/** Runs a rule on what a cell says; a blank cell says nothing. */
function readCell<T>(
  column: string,
  rule: Rule<T>,
  cell: string,
  keep: (value: T) => void,
  parse: (text: string) => unknown,
): RowFault | undefined {
  if (cell.length > MAX_CELL) return faultOf(column, 'TOO_LONG', `must have at most ${MAX_CELL} characters`, cell);
  const text = unguard(cell).trim();
  if (text === '') return undefined;
  const checked = rule(parse(text));
  if (!checked.ok) return faultOf(column, checked.code, checked.detail, cell);
  keep(checked.value);
  return undefined;
}

const asIs = (text: string): string => text;
const withoutDecimals = (text: string): string => text.replace(DECIMALS, '$1');

function textCell(field: TextField): CellReader {
  const { property, rule } = TEXT_FIELDS[field];
  const parse = field === 'phone' ? withoutDecimals : asIs;
  return (cell, content) => readCell(field, rule, cell, (value) => (content[property] = value), parse);
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
