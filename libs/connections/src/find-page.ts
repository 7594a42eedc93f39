import { decodeCursor, encodeCursor, InvalidCursorError, type CursorPosition, type Page, type PageRequest } from '@app/common';
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
  const { field } = query.sort;
  const scope = [query.list, query.filter, query.sort];
  const after = page.cursor === undefined ? undefined : decodeCursor(scope, page.cursor);
  const { skip = 0 } = page;
  const wanted = page.limit + 1;
  const [found, total] = await Promise.all([
    after ? findBeyond(model, query, after, skip + wanted).then((items) => items.slice(skip)) : find(model, query, {}, wanted, skip),
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

/**
 * What comes after a position: first what shares its value, then the rest. Two questions, each a plain range of the
 * index, where one with `$or` would walk over all that share the value: an import gives a thousand customers one moment.
 */
async function findBeyond<T>(
  model: Model<T>,
  query: PageQuery<T>,
  { value, id }: CursorPosition,
  limit: number,
): Promise<(T & Identified)[]> {
  const { field, direction } = query.sort;
  const beyond = direction === 1 ? '$gt' : '$lt';
  const ties = await find(model, query, { [field]: value, _id: { [beyond]: id } }, limit);
  const rest = ties.length < limit ? await find(model, query, { [field]: { [beyond]: value } }, limit - ties.length) : [];
  return [...ties, ...rest];
}

function find<T>(
  model: Model<T>,
  { filter, sort, projection }: PageQuery<T>,
  range: object,
  limit: number,
  skip = 0,
): Promise<(T & Identified)[]> {
  const order: Record<string, SortOrder> = { [sort.field]: sort.direction, _id: sort.direction };
  return model
    .find(Object.keys(range).length > 0 ? { $and: [filter, range] } : filter, projection)
    .sort(order)
    .skip(skip)
    .limit(limit)
    .lean<(T & Identified)[]>()
    .exec();
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
