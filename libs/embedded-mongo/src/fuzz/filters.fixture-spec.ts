import * as fc from 'fast-check';
import { Int32 } from 'mongodb';
import type { SortSpec } from './oracle-keys.fixture-spec.js';
import type { Doc } from './oracle-order.fixture-spec.js';
import { ids, literals, regexes, scalars } from './values.fixture-spec.js';

const only = (name: string, operand: fc.Arbitrary<unknown>): fc.Arbitrary<Doc> => operand.map((value) => ({ [name]: value }));

const listed = (elements: fc.Arbitrary<unknown>, minLength = 0): fc.Arbitrary<unknown[]> => fc.array(elements, { minLength, maxLength: 4 });

const members = fc.oneof({ weight: 10, arbitrary: literals }, { weight: 1, arbitrary: regexes });

const comparison = fc
  .tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), fc.oneof({ weight: 6, arbitrary: scalars }, { weight: 1, arbitrary: literals }))
  .map(([name, operand]): Doc => ({ [name]: operand }));

const between = fc
  .tuple(fc.constantFrom('$gt', '$gte'), scalars, fc.constantFrom('$lt', '$lte'), scalars)
  .map(([from, low, to, high]): Doc => ({ [from]: low, [to]: high }));

const typeNames = [
  'int',
  'double',
  'long',
  'decimal',
  'number',
  'string',
  'object',
  'array',
  'binData',
  'objectId',
  'bool',
  'date',
  'null',
];

const types = fc.oneof(
  fc.constantFrom<unknown>(...typeNames, 'regex', 'timestamp', 'minKey', 'maxKey', new Int32(2), new Int32(16), new Int32(-1)),
  fc.uniqueArray(fc.constantFrom<unknown>(...typeNames), { minLength: 1, maxLength: 3 }),
);

/** Operators that look at single values: these go into `$elemMatch` too. */
const onValues: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 4, arbitrary: comparison },
  { weight: 2, arbitrary: between },
  { weight: 1, arbitrary: only('$eq', members) },
  { weight: 1, arbitrary: only('$ne', literals) },
  { weight: 2, arbitrary: only('$in', listed(members)) },
  { weight: 1, arbitrary: only('$nin', listed(members)) },
  { weight: 1, arbitrary: only('$type', types) },
);

const onFields: fc.Arbitrary<Doc> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('x', 'y'), fc.oneof(literals, onValues)), {
    selector: ([path]) => path,
    minLength: 1,
    maxLength: 2,
  })
  .map((entries) => Object.fromEntries(entries));

const elemMatch = only('$elemMatch', fc.oneof(onValues, onFields));

const all = only(
  '$all',
  fc.oneof({ weight: 4, arbitrary: listed(members) }, { weight: 1, arbitrary: fc.array(elemMatch, { minLength: 1, maxLength: 2 }) }),
);

const sizes = fc.nat(3).map((n) => new Int32(n));

const operators: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 8, arbitrary: onValues },
  { weight: 2, arbitrary: only('$exists', fc.boolean()) },
  { weight: 1, arbitrary: only('$size', sizes) },
  { weight: 1, arbitrary: all },
  { weight: 2, arbitrary: elemMatch },
  { weight: 1, arbitrary: only('$not', fc.oneof(onValues, elemMatch, regexes)) },
  { weight: 1, arbitrary: fc.tuple(onValues, only('$exists', fc.boolean())).map(([a, b]) => ({ ...a, ...b })) },
);

const fieldPaths = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c') },
  { weight: 4, arbitrary: fc.constantFrom('a.x', 'b.x', 'a.y') },
  { weight: 1, arbitrary: fc.constantFrom('a.x.y', 'a.0', 'a.0.x', 'a.1') },
);

const clauses: fc.Arbitrary<Doc> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(
        fieldPaths,
        fc.oneof({ weight: 3, arbitrary: literals }, { weight: 6, arbitrary: operators }, { weight: 1, arbitrary: regexes }),
      )
      .map(([path, condition]) => ({ [path]: condition })),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof(
        ids,
        only('$in', listed(ids)),
        fc.tuple(fc.constantFrom('$gt', '$lte', '$ne'), ids).map(([name, id]) => ({ [name]: id })),
      )
      .map((condition) => ({ _id: condition })),
  },
);

/** Two conditions on fields of one document or of one array of documents. */
const twins = fc
  .tuple(fc.constantFrom('a', 'b'), ...['x', 'y'].map(() => fc.oneof(scalars, comparison)))
  .map(([root, x, y]): Doc => ({ [`${root as string}.x`]: x, [`${root as string}.y`]: y }));

const conjunctions: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 8, arbitrary: clauses },
  { weight: 2, arbitrary: fc.tuple(clauses, clauses).map(([a, b]) => ({ ...a, ...b })) },
  { weight: 1, arbitrary: twins },
);

const indexable = fc.constantFrom('a', 'b', 'c', 'a.x', 'b.x', 'a.y');

/** Filters that an index can answer by one range or a few, with the path of the range. */
export const ranges: fc.Arbitrary<{ path: string; filter: Doc }> = fc
  .tuple(
    indexable,
    fc.oneof(
      { weight: 3, arbitrary: between },
      { weight: 2, arbitrary: comparison },
      { weight: 1, arbitrary: only('$in', listed(scalars)) },
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 2, arbitrary: fc.tuple(indexable, scalars).map(([path, value]): Doc => ({ [path]: value })) },
      { weight: 1, arbitrary: clauses },
      { weight: 1, arbitrary: twins },
    ),
  )
  .map(([path, range, more]) => ({ path, filter: Object.keys(more).includes(path) ? more : { ...more, [path]: range } }));

const logical: fc.Arbitrary<Doc> = fc
  .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(conjunctions, { minLength: 1, maxLength: 3 }))
  .map(([name, branches]) => ({ [name]: branches }));

/** Filters that MongoDB takes. */
export const filters: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 10, arbitrary: conjunctions },
  { weight: 2, arbitrary: logical },
  { weight: 1, arbitrary: fc.tuple(conjunctions, logical).map(([a, b]) => ({ ...a, ...b })) },
  { weight: 1, arbitrary: fc.constant({}) },
);

const int = (n: number): Int32 => new Int32(n);

/** Filters that MongoDB refuses with BadValue. */
export const badFilters: fc.Arbitrary<Doc> = fc.constantFrom<Doc[]>(
  { $or: [] },
  { $and: int(1) },
  { $nor: [int(1)] },
  { $nonsense: [{}] },
  { a: { $in: int(1) } },
  { a: { $nin: { x: int(1) } } },
  { a: { $nonsense: int(1) } },
  { a: { $gt: int(1), nonsense: int(1) } },
  { a: { $all: int(1) } },
  { a: { $elemMatch: int(1) } },
  { a: { $size: int(-1) } },
  { a: { $size: 'a' } },
  { a: { $type: 'nonsense' } },
  { a: { $not: int(1) } },
  { a: { $not: {} } },
);

/** Sorts by one to three fields, `_id` among them at times. */
export const sorts: fc.Arbitrary<SortSpec> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'a.x', 'b.x', '_id'), fc.constantFrom<1 | -1>(1, -1)), {
    selector: ([path]) => path,
    minLength: 1,
    maxLength: 3,
  })
  .map((entries) => Object.fromEntries(entries));

/** A sort that leaves no two documents equal. */
export const totalSorts: fc.Arbitrary<SortSpec> = sorts.map((sort) => ({ ...sort, _id: sort['_id'] ?? 1 }));
