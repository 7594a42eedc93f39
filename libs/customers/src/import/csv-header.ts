import type { Violation } from '@app/common';
import { fold } from '@app/language';
import { unguard } from '../csv-guard.js';
import { joinLines, metadataKeyRule } from '../customer.rules.js';
import { BadHeaderError } from './import.errors.js';

/** The columns an import knows, by the name of the field they fill. */
export const CSV_FIELDS = ['email', 'full_name', 'phone', 'company', 'position', 'address', 'city', 'country', 'language', 'tags'] as const;
export type CsvField = (typeof CSV_FIELDS)[number];

const REQUIRED: readonly CsvField[] = ['email', 'full_name'];
/** Added by an errors file; a mended one is sent with them. */
const REPORT_COLUMNS = new Set(['row', 'errors']);

/** Names a column of the customer's own data in full, where its key alone would be read as something else. */
const METADATA_PREFIX = 'metadata.';

const NAMES: Record<CsvField, readonly string[]> = {
  email: ['email', 'thư điện tử'],
  full_name: ['full_name', 'họ tên', 'họ và tên', 'tên khách hàng'],
  phone: ['phone', 'điện thoại', 'số điện thoại', 'sđt', 'số đt', 'đt', 'di động', 'số di động'],
  company: ['company', 'công ty'],
  position: ['position', 'chức vụ'],
  address: ['address', 'địa chỉ'],
  city: ['city', 'thành phố', 'tỉnh/thành phố'],
  country: ['country', 'quốc gia'],
  language: ['language', 'ngôn ngữ'],
  tags: ['tags', 'nhãn'],
};

/** Beyond this nobody meant a list of customers. */
const MAX_COLUMNS = 1_000;
/** So many columns of the customers' own data stand beside those that an import knows. */
export const MAX_OWN_COLUMNS = MAX_COLUMNS - CSV_FIELDS.length;

/** What joins the words of a name, marks its column as required, or is not seen. */
const NOT_IN_A_KEY = /[\s_\-*:()\p{Cf}]+/gu;

/** No name that an import knows is longer, nor one that can be kept. */
const LONGEST_NAME = 1_000;

/** What tells two names apart: neither case nor marks, spaces, hyphens or an asterisk. */
const columnKey = (name: string): string => (name.length > LONGEST_NAME ? name : fold(name).replace(NOT_IN_A_KEY, ''));

const FIELD_OF = new Map(CSV_FIELDS.flatMap((field) => NAMES[field].map((name) => [columnKey(name), field] as const)));

/** What the cells of one column are. */
export type CsvColumn = { kind: 'field'; field: CsvField } | { kind: 'metadata'; key: string } | { kind: 'report' } | { kind: 'nameless' };

/** A header that can be used: the names as they stand in the file, and what each column is. */
export interface CsvHeader {
  names: string[];
  columns: CsvColumn[];
}

/** How many cells name a column that an import knows: what tells the delimiter. */
export const countKnownNames = (cells: readonly string[]): number => cells.filter((cell) => FIELD_OF.has(columnKey(cell))).length;

/** Reads a header. Raises {@link BadHeaderError} naming every required column that is missing and every name that is given twice or cannot be kept. */
export function readHeader(names: readonly string[]): CsvHeader {
  if (names.length > MAX_COLUMNS) throw new BadHeaderError([TOO_MANY]);
  const columns = names.map(columnOf);
  const violations = [...missing(columns), ...repeated(names, columns), ...unusable(names, columns)];
  if (violations.length > 0) throw new BadHeaderError(violations);
  return { names: [...names], columns };
}

function columnOf(name: string): CsvColumn {
  const key = columnKey(name);
  const field = FIELD_OF.get(key);
  if (field) return { kind: 'field', field };
  if (key === '') return { kind: 'nameless' };
  if (REPORT_COLUMNS.has(key)) return { kind: 'report' };
  if (name.length > LONGEST_NAME) return { kind: 'metadata', key: name };
  const own = joinLines(unguard(name), ' ').normalize('NFC');
  return { kind: 'metadata', key: own.startsWith(METADATA_PREFIX) ? own.slice(METADATA_PREFIX.length).trim() : own };
}

/** The column name under which an import finds this key of the customers' own data again. */
export function nameOfMetadata(key: string): string {
  const read = columnOf(key);
  return read.kind === 'metadata' && read.key === key ? key : METADATA_PREFIX + key;
}

function missing(columns: readonly CsvColumn[]): Violation[] {
  const present = new Set(columns.map((column) => column.kind === 'field' && column.field));
  const detail = 'is missing: the first row that is not blank must name the columns';
  return REQUIRED.filter((field) => !present.has(field)).map((field) => ({ pointer: field, code: 'MISSING_COLUMN', detail }));
}

function repeated(names: readonly string[], columns: readonly CsvColumn[]): Violation[] {
  const seen = new Set<string>();
  return columns.flatMap((column, at) => {
    if (column.kind === 'nameless' || column.kind === 'report') return [];
    const identity = column.kind === 'field' ? column.field : `metadata ${column.key.toLowerCase()}`;
    const isRepeated = seen.has(identity);
    seen.add(identity);
    return isRepeated ? [{ pointer: label(names[at]), code: 'DUPLICATE_COLUMN', detail: 'is named twice' }] : [];
  });
}

function unusable(names: readonly string[], columns: readonly CsvColumn[]): Violation[] {
  return columns.flatMap((column, at) => {
    if (column.kind !== 'metadata') return [];
    const checked = metadataKeyRule(column.key);
    return checked.ok ? [] : [{ pointer: label(names[at]), code: 'BAD_COLUMN', detail: checked.detail }];
  });
}

const TOO_MANY: Violation = { pointer: 'header', code: 'TOO_MANY_COLUMNS', detail: `must have at most ${MAX_COLUMNS} columns` };

const MAX_LABEL = 64;
const label = (name = ''): string => name.trim().slice(0, MAX_LABEL).toWellFormed();
