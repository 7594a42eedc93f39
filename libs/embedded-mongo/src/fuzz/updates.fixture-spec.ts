import * as fc from 'fast-check';
import { Double, Int32, Long } from 'mongodb';
import type { Doc } from './oracle-order.fixture-spec.js';
import { fields, ids, literals, regexes, scalars, values } from './values.fixture-spec.js';

const int = (n: number): Int32 => new Int32(n);

const updatePaths = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') },
  { weight: 2, arbitrary: fc.constantFrom('a.x', 'b.x', 'a.y', 'c.x.y') },
);

const amounts = fc.constantFrom<unknown>(int(1), int(-2), int(2_147_483_647), Long.fromNumber(3), new Double(1.5), Long.MAX_VALUE);

const pulled: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: literals },
  { weight: 1, arbitrary: regexes },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('$gt', '$lte', '$ne'), scalars).map(([name, value]) => ({ [name]: value })) },
  { weight: 1, arbitrary: fc.array(scalars, { maxLength: 3 }).map((list) => ({ $in: list })) },
);

const pushed: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: values },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          $each: fc.array(values, { maxLength: 3 }),
          $position: fc.integer({ min: -2, max: 3 }).map(int),
          $slice: fc.integer({ min: -3, max: 3 }).map(int),
          $sort: fc.constantFrom(int(1), int(-1)),
        },
        { requiredKeys: ['$each'], noNullPrototype: true },
      )
      .map((push) => ({ ...push })),
  },
);

const added = fc.oneof(
  { weight: 3, arbitrary: values },
  { weight: 1, arbitrary: fc.array(values, { maxLength: 3 }).map((each) => ({ $each: each })) },
);

const on = (operator: string, operand: fc.Arbitrary<unknown>): fc.Arbitrary<[string, string, unknown]> =>
  fc.tuple(fc.constant(operator), updatePaths, operand);

const renames = fc
  .tuple(fc.constantFrom('a', 'b', 'a.x'), fc.constantFrom('b', 'c', 'c.x', 'b.y'))
  .filter(([from, to]) => !`${to}.`.startsWith(`${from}.`) && !`${from}.`.startsWith(`${to}.`))
  .map(([from, to]): [string, string, unknown] => ['$rename', from, to]);

const steps = fc.oneof(
  { weight: 6, arbitrary: on('$set', values) },
  { weight: 2, arbitrary: on('$unset', fc.constant('')) },
  { weight: 3, arbitrary: on('$inc', amounts) },
  { weight: 1, arbitrary: on('$mul', amounts) },
  { weight: 1, arbitrary: on('$min', literals) },
  { weight: 1, arbitrary: on('$max', literals) },
  { weight: 3, arbitrary: on('$push', pushed) },
  { weight: 1, arbitrary: on('$pull', pulled) },
  { weight: 2, arbitrary: on('$addToSet', added) },
  { weight: 1, arbitrary: on('$setOnInsert', values) },
  { weight: 1, arbitrary: renames },
);

const asUpdate = (list: readonly [string, string, unknown][]): Doc => {
  const update: Record<string, Doc> = {};
  for (const [operator, path, operand] of list) (update[operator] ??= {})[path] = operand;
  return update;
};

/** Updates by operators, one to three paths each; some take two ways to one field and are refused. */
export const updates: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 12, arbitrary: fc.uniqueArray(steps, { selector: ([, path]) => path[0], minLength: 1, maxLength: 3 }).map(asUpdate) },
  { weight: 1, arbitrary: fc.array(steps, { minLength: 2, maxLength: 3 }).map(asUpdate) },
);

const idChanges: fc.Arbitrary<Doc> = fc.oneof(
  ids.map((_id) => ({ $set: { _id } })),
  fc.constant({ $unset: { _id: '' } }),
);

/** Whole documents to be put in the place of others. */
export const replacements: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 4, arbitrary: fields },
  { weight: 1, arbitrary: fc.tuple(ids, fields).map(([_id, rest]) => ({ _id, ...rest })) },
);

/** Updates by operators; some are of `_id`. */
export const anyUpdate = fc.oneof({ weight: 12, arbitrary: updates }, { weight: 1, arbitrary: idChanges });

/** The filter of an upsert: it says which `_id` the document is to have. */
export const upsertFilters: fc.Arbitrary<Doc> = fc
  .tuple(
    ids,
    fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('c', 'b', 'a', 'b.x', 'a.x'),
        fc.oneof(
          literals,
          literals.map(($eq) => ({ $eq })),
          scalars.map(($gt) => ({ $gt })),
        ),
      ),
      { selector: ([path]) => path[0], maxLength: 2 },
    ),
  )
  .map(([_id, conditions]) => Object.fromEntries([...conditions, ['_id', _id] as [string, unknown]]));

/** Updates that MongoDB refuses with this code as it reads them. */
export const badUpdates = fc.constantFrom<{ update: Doc; code: number }[]>(
  { update: { $inc: { a: 'x' } }, code: 14 },
  { update: { $mul: { a: null } }, code: 14 },
  { update: { $nonsense: { a: int(1) } }, code: 9 },
  { update: { $set: int(1) }, code: 9 },
  { update: { $push: { a: { $each: int(1) } } }, code: 2 },
  { update: { $push: { a: { $each: [], $nonsense: int(1) } } }, code: 2 },
  { update: { $rename: { a: int(1) } }, code: 2 },
  { update: { $rename: { a: 'a' } }, code: 2 },
  { update: { $set: { a: int(1), 'a.x': int(1) } }, code: 40 },
  { update: { $set: { a: int(1) }, $unset: { a: '' } }, code: 40 },
);
