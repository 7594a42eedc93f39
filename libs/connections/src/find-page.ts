import { decodeCursor, encodeCursor, InvalidCursorError, type Page, type PageRequest } from '@app/common';
import { Error as MongooseError, type Model, type ProjectionType, type QueryFilter, type SortOrder } from 'mongoose';

/** A listing: which documents, in which order. `list` names it, so that a cursor of one list does not fit another. */
export interface PageQuery<T> {
  list: string;
  filter: QueryFilter<T>;
  sort: { field: string; direction: 1 | -1 };
  projection?: ProjectionType<T>;
}

interface Identified {
  _id: { toString(): string };
}

/**
 * One page in the order of `sort.field` with `_id` as the tie-breaker, as plain objects. Walks by key, not by offset:
 * what others insert meanwhile neither repeats nor hides an item. The order needs an index on `{field, _id}` behind the
 * filter's equalities. Raises `InvalidCursorError` for a cursor of another list, filter or order.
 */
export async function findPage<T>(model: Model<T>, query: PageQuery<T>, page: PageRequest): Promise<Page<T & Identified>> {
  const { field, direction } = query.sort;
  const scope = [query.list, query.filter, query.sort];
  const after = page.cursor === undefined ? undefined : decodeCursor(scope, page.cursor);
  const beyond = direction === 1 ? '$gt' : '$lt';
  const range = after && {
    [field]: { [`${beyond}e`]: after.value },
    $or: [{ [field]: { [beyond]: after.value } }, { _id: { [beyond]: after.id } }],
  };
  const filter = (range ? { $and: [query.filter, range] } : query.filter) as QueryFilter<T>;
  const order: Record<string, SortOrder> = field === '_id' ? { _id: direction } : { [field]: direction, _id: direction };

  const [found, total] = await Promise.all([
    model
      .find(filter, query.projection)
      .sort(order)
      .skip(page.skip ?? 0)
      .limit(page.limit + 1)
      .lean<(T & Identified)[]>(),
    page.includeTotal ? countAll(model, query.filter) : undefined,
  ]).catch(asCursorFault(after !== undefined));
  const items = found.slice(0, page.limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > page.limit && last
      ? encodeCursor(scope, { value: (last as Record<string, unknown>)[field], id: last._id.toString() })
      : null;
  return { items, nextCursor, ...(total === undefined ? {} : { total }) };
}

/** Without a filter there is no index to choose: the entries of `_id` are counted instead of the documents. */
function countAll<T>(model: Model<T>, filter: QueryFilter<T>): Promise<number> {
  const isEmpty = Object.keys(filter).length === 0;
  return model.countDocuments(filter, isEmpty ? { hint: { _id: 1 } } : undefined).exec();
}

/** A position that the fields cannot have was not given out by us. */
const asCursorFault =
  (hasCursor: boolean) =>
  (error: unknown): never => {
    throw hasCursor && error instanceof MongooseError.CastError ? new InvalidCursorError() : error;
  };
