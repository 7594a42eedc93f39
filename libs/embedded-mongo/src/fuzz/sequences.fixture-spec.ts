import * as fc from 'fast-check';
import { badFilters, filters, ranges, sorts, totalSorts } from './filters.fixture-spec.js';
import { directions, indexes } from './indexes.fixture-spec.js';
import type { Operation, Sequence } from './operation.fixture-spec.js';
import { anyUpdate, badUpdates, replacements, updates, upsertFilters } from './updates.fixture-spec.js';
import { documents, painted, palettes } from './values.fixture-spec.js';

const skips = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const limits = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined });

const given = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

/** Ranges on a path, often in its own order: what indexes on paths through arrays are easily wrong about. */
const rangeFinds: fc.Arbitrary<Operation> = fc.oneof(
  ranges.map(({ filter }): Operation => ({ kind: 'find', filter })),
  fc.tuple(ranges, directions).map(([{ path, filter }, own]): Operation => ({ kind: 'find', filter, sort: { [path]: own } })),
  fc
    .tuple(ranges, directions, directions, limits)
    .map(([{ path, filter }, own, byId, limit]): Operation => given({ kind: 'find', filter, sort: { [path]: own, _id: byId }, limit })),
);

const finds: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: filters.map((filter): Operation => ({ kind: 'find', filter })) },
  { weight: 4, arbitrary: rangeFinds },
  {
    weight: 3,
    arbitrary: fc
      .tuple(filters, sorts, fc.option(fc.constantFrom(2, 3), { nil: undefined }))
      .map(([filter, sort, batchSize]): Operation => given({ kind: 'find', filter, sort, batchSize })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(filters, totalSorts, skips, limits)
      .map(([filter, sort, skip, limit]): Operation => given({ kind: 'find', filter, sort, skip, limit })),
  },
);

const writes: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: documents.map((doc): Operation => ({ kind: 'insert', documents: [doc], ordered: true })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(documents, { minLength: 2, maxLength: 6 }), fc.boolean())
      .map(([docs, ordered]): Operation => ({ kind: 'insert', documents: docs, ordered })),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(filters, anyUpdate, fc.boolean())
      .map(([filter, update, multi]): Operation => ({ kind: 'update', filter, update, multi })),
  },
  { weight: 3, arbitrary: fc.tuple(filters, replacements).map(([filter, update]): Operation => ({ kind: 'update', filter, update })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(upsertFilters, fc.oneof({ weight: 3, arbitrary: updates }, { weight: 1, arbitrary: replacements }))
      .map(([filter, update]): Operation => ({ kind: 'update', filter, update, upsert: true })),
  },
  { weight: 2, arbitrary: fc.tuple(filters, fc.boolean()).map(([filter, multi]): Operation => ({ kind: 'delete', filter, multi })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.tuple(filters, fc.constant(false)), fc.tuple(upsertFilters, fc.constant(true))),
        fc.oneof({ weight: 3, arbitrary: anyUpdate }, { weight: 1, arbitrary: replacements }),
        fc.option(sorts, { nil: undefined }),
        fc.boolean(),
      )
      .map(([[filter, upsert], update, sort, after]): Operation => given({ kind: 'modify', filter, update, sort, after, upsert })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(filters, fc.option(sorts, { nil: undefined }))
      .map(([filter, sort]): Operation => given({ kind: 'remove', filter, sort })),
  },
);

const others: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(filters, skips, limits).map(([filter, skip, limit]): Operation => given({ kind: 'count', filter, skip, limit })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'a.x', '_id'), filters)
      .map(([path, filter]): Operation => ({ kind: 'distinct', path, filter })),
  },
  { weight: 3, arbitrary: indexes.map((index): Operation => ({ kind: 'createIndex', index })) },
  { weight: 1, arbitrary: fc.nat(3).map((number): Operation => ({ kind: 'dropIndex', number })) },
  { weight: 1, arbitrary: badFilters.map((filter): Operation => ({ kind: 'badFilter', filter, code: 2 })) },
  { weight: 1, arbitrary: badUpdates.map(({ update, code }): Operation => ({ kind: 'badUpdate', update, code })) },
);

const unpainted = fc.record({
  palette: palettes,
  documents: fc.array(documents, { maxLength: 20, size: 'max' }),
  indexes: fc.array(indexes, { maxLength: 3 }),
  operations: fc.array(fc.oneof({ weight: 5, arbitrary: finds }, { weight: 5, arbitrary: writes }, { weight: 2, arbitrary: others }), {
    minLength: 1,
    maxLength: 100,
    size: 'max',
  }),
});

/** Sequences of operations on a collection that begins with some documents and some indexes over them. */
export const sequences: fc.Arbitrary<Sequence> = unpainted.map(({ palette, ...sequence }) => painted({ ...sequence }, palette) as Sequence);
