import type { TaskPayload } from '@app/jobs';
import type { CustomerContent } from '../customer.js';
import { DEFAULT_LANGUAGE, MAX_METADATA_KEYS } from '../customer.rules.js';
import type { RowContent, RowFault } from './csv-row.js';

/** What to do with a row whose e-mail was seen before. */
export type DuplicatePolicy = TaskPayload<'import_customers'>['onDuplicate'];

/** How many rows ended how. */
export interface Tally {
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  failed: number;
}

type FaultReason = Pick<RowFault, 'column' | 'code' | 'message'>;

/** The outcome of one row, as the one letter by which a stored plan keeps it. */
export type Outcome = 'c' | 'u' | 'n' | 's' | 'd' | 'm';
export const OUTCOMES: Record<Outcome, { tally: keyof Tally; fault?: FaultReason }> = {
  c: { tally: 'created' },
  u: { tally: 'updated' },
  n: { tally: 'unchanged' },
  s: { tally: 'skipped' },
  d: { tally: 'failed', fault: { column: 'email', code: 'DUPLICATE', message: 'is the e-mail of an earlier row or of a stored customer' } },
  m: { tally: 'failed', fault: { column: null, code: 'TOO_MANY', message: `would leave more than ${MAX_METADATA_KEYS} metadata keys` } },
};

const WRITES: ReadonlySet<Outcome> = new Set(['c', 'u']);
/** Whether rows with these outcomes leave something to write. */
export const hasWrites = (outcomes: readonly Outcome[]): boolean => outcomes.some((outcome) => WRITES.has(outcome));

/** What came of the rows of one e-mail: the outcome of each, and the customer they leave. */
export interface Applied {
  outcomes: Outcome[];
  /** Null only when there was no customer and no row. */
  content: CustomerContent | null;
}

/** Applies rows of one e-mail to the stored customer as if they came one by one. */
export function applyRows(stored: CustomerContent | null, rows: readonly RowContent[], policy: DuplicatePolicy): Applied {
  let content = stored;
  const outcomes = rows.map((row): Outcome => {
    if (content === null) {
      content = created(row);
      return 'c';
    }
    if (policy !== 'update') return policy === 'skip' ? 's' : 'd';
    const next = updated(content, row);
    if (Object.keys(next.metadata).length > MAX_METADATA_KEYS) return 'm';
    if (isSame(content, next)) return 'n';
    content = next;
    return 'u';
  });
  return { outcomes, content };
}

function created(row: RowContent): CustomerContent {
  return {
    phone: null,
    company: null,
    position: null,
    address: null,
    city: null,
    country: null,
    language: DEFAULT_LANGUAGE,
    tags: [],
    metadata: {},
    ...row,
    isActive: true,
  };
}

/** What the row says, over what is stored: tags replaced, metadata merged. */
function updated(stored: CustomerContent, row: RowContent): CustomerContent {
  return { ...stored, ...row, metadata: row.metadata ? { ...stored.metadata, ...row.metadata } : stored.metadata };
}

const TEXTS = ['fullName', 'phone', 'company', 'position', 'address', 'city', 'country', 'language'] as const;

function isSame(a: CustomerContent, b: CustomerContent): boolean {
  return TEXTS.every((name) => a[name] === b[name]) && sameList(a.tags, b.tags) && sameTexts(a.metadata, b.metadata);
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((item, at) => item === b[at]));

/** `b` is `a` with keys added or changed, never removed. */
const sameTexts = (a: Record<string, string>, b: Record<string, string>): boolean =>
  a === b || Object.entries(b).every(([key, value]) => Object.hasOwn(a, key) && a[key] === value);
