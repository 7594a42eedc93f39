import { createHash } from 'node:crypto';
import { DomainError } from './errors.js';

/** What a caller asks of a list: at most `limit` items after `cursor`, or after `skip` items. */
export interface PageRequest {
  limit: number;
  cursor?: string;
  skip?: number;
  includeTotal?: boolean;
}

/** One page of a list. `nextCursor` is null on the last page; `total` is present when it was asked for. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total?: number;
}

/** A cursor that was not made by this list with this filter and order. */
export class InvalidCursorError extends DomainError {
  constructor() {
    super('INVALID_CURSOR', 'malformed', 'The cursor is not one that this list gave out for this filter and order.');
  }
}

/** The sort position after which the next page starts: the sort field's value and the id that breaks ties. */
export interface CursorPosition {
  value: unknown;
  id: string;
}

const fingerprint = (scope: unknown): string => createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 8);

/** An opaque, url-safe cursor, bound to `scope` (the list's name, filter and order). Dates survive the round trip. */
export function encodeCursor(scope: unknown, { value, id }: CursorPosition): string {
  const tagged = value instanceof Date ? { d: value.getTime() } : { v: value ?? null };
  return Buffer.from(JSON.stringify([fingerprint(scope), tagged, id])).toString('base64url');
}

/** The position a cursor stands for. Raises {@link InvalidCursorError} for anything {@link encodeCursor} did not make for this scope. */
export function decodeCursor(scope: unknown, cursor: string): CursorPosition {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw new InvalidCursorError();
  }
  if (!Array.isArray(parsed) || parsed.length !== 3) throw new InvalidCursorError();
  const [scopeMark, tagged, id] = parsed as [unknown, unknown, unknown];
  if (scopeMark !== fingerprint(scope) || typeof id !== 'string' || typeof tagged !== 'object' || tagged === null)
    throw new InvalidCursorError();
  if ('d' in tagged && typeof tagged.d === 'number' && !Number.isNaN(new Date(tagged.d).getTime()))
    return { value: new Date(tagged.d), id };
  if ('v' in tagged && (tagged.v === null || typeof tagged.v === 'string' || typeof tagged.v === 'number')) return { value: tagged.v, id };
  throw new InvalidCursorError();
}
