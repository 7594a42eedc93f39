import { defineRule, refuse, accept, type Page, type PageRequest } from '@app/common';
import { QueryBoolean, QueryInt, Satisfies } from './dto.decorators.js';

const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;
/**
 * Of the values that lists are sorted by, an e-mail address of 254 characters of four bytes is the longest. A cursor has
 * 48 bytes around it, and writes three bytes as four characters.
 */
const MAX_CURSOR = Math.ceil(((254 * 4 + 48) * 4) / 3);
const CURSOR = /^[A-Za-z0-9_-]+$/;

const cursorRule = defineRule({ type: 'string', minLength: 1, maxLength: MAX_CURSOR, pattern: CURSOR.source }, (value) =>
  typeof value === 'string' && value.length <= MAX_CURSOR && CURSOR.test(value)
    ? accept(value)
    : refuse('BAD_FORMAT', 'must be a cursor that a list gave out'),
);

/** The paging part of every list's query. */
export class PageQueryDto {
  @QueryInt({ min: 1, max: MAX_LIMIT, clamp: true, api: { default: DEFAULT_LIMIT } })
  limit?: number;

  @Satisfies(cursorRule, { optional: true })
  cursor?: string;

  @QueryInt({ min: 0, max: 10_000 })
  skip?: number;

  @QueryBoolean()
  include_total?: boolean;
}

export function toPageRequest({ limit = DEFAULT_LIMIT, cursor, skip, include_total: includeTotal = false }: PageQueryDto): PageRequest {
  return { limit, includeTotal, ...(cursor !== undefined && { cursor }), ...(skip !== undefined && { skip }) };
}

/** The wire form of a page. */
export interface PageResponse<R> {
  items: R[];
  next_cursor: string | null;
  total?: number;
}

export function toPageResponse<T, R>(page: Page<T>, toResponse: (item: T) => R): PageResponse<R> {
  return { items: page.items.map(toResponse), next_cursor: page.nextCursor, ...(page.total !== undefined && { total: page.total }) };
}
