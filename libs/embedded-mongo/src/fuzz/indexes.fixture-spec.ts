import * as fc from 'fast-check';
import { Int32 } from 'mongodb';
import type { IndexSpec } from './oracle-keys.fixture-spec.js';
import type { Doc } from './oracle-order.fixture-spec.js';

const int = (n: number): Int32 => new Int32(n);

const partials = fc.constantFrom<Doc[]>(
  { a: { $exists: true } },
  { b: { $gt: int(1) } },
  { c: { $type: 'string' } },
  { a: int(1) },
  { b: { $gte: 'a' } },
  { $and: [{ a: { $exists: true } }, { b: { $lt: int(3) } }] },
);

/** Ascending or descending. */
export const directions = fc.constantFrom<1 | -1>(1, -1);

const singlePaths = fc.constantFrom('a', 'b', 'c', 'a.x', 'a.y', 'b.x', 'b.y');

/** Fields of one array stand together in a key only when one element has both. */
const siblings = fc.constantFrom(['a.x', 'a.y'], ['b.y', 'b.x'], ['a', 'a.x'], ['b.x', 'b'], ['a.x', 'b', 'a.y']);

const keys = fc
  .oneof(
    { weight: 3, arbitrary: singlePaths.map((path) => [path]) },
    { weight: 3, arbitrary: fc.uniqueArray(singlePaths, { minLength: 2, maxLength: 3 }) },
    { weight: 2, arbitrary: siblings },
    { weight: 1, arbitrary: singlePaths.map((path) => [path, '_id']) },
  )
  .chain((paths) => fc.tuple(...paths.map((path) => fc.tuple(fc.constant(path), directions))))
  .map((entries): IndexSpec['key'] => Object.fromEntries(entries));

/** Indexes on one to three fields; what makes them multikey is in the data. */
export const indexes: fc.Arbitrary<IndexSpec> = fc
  .tuple(
    keys,
    fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constant({ unique: true }) },
      { weight: 1, arbitrary: fc.constant({ sparse: true }) },
      { weight: 1, arbitrary: fc.constant({ unique: true, sparse: true }) },
      { weight: 1, arbitrary: partials.map((partialFilterExpression) => ({ partialFilterExpression })) },
      { weight: 1, arbitrary: partials.map((partialFilterExpression) => ({ unique: true, partialFilterExpression })) },
    ),
  )
  .map(([key, options]) => ({ key, ...options }));
