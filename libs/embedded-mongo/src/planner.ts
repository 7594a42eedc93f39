import { boundsOf, boundsOfAny, type Bounds, type KeyRange } from './bounds.js';
import type { Collection } from './collection.js';
import { typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import type { Index } from './index-entry.js';
import { MAX_KEY_BYTES, type KeyField } from './key.js';
import { impliesPartial, type Constraint } from './matcher.js';

export interface IndexPlan {
  stage: 'IXSCAN';
  index: Index;
  ranges: KeyRange[];
  direction: 1 | -1;
  isSorted: boolean;
  /** Each range is one whole key of a unique index, for a single look-up. */
  exact: boolean;
}

export type Plan =
  | { stage: 'EOF' }
  | { stage: 'COLLSCAN'; direction: 1 | -1; isSorted: boolean }
  | IndexPlan
  /** The branches of an `$or`, one after the other. */
  | { stage: 'OR'; branches: IndexPlan[]; isSorted: boolean };

export interface PlanRequest {
  constraints: readonly Constraint[];
  /** Of a filter with an `$or`: the constraints of each branch together with those outside. */
  branches?: readonly (readonly Constraint[])[] | undefined;
  sort?: KeyField[] | undefined;
  /** An index name, a key pattern or `{$natural: ±1}`. */
  hint?: unknown;
}

interface Candidate {
  index: Index;
  bounds: Bounds;
  /** How the index answers the sort: forwards, backwards or not at all. */
  direction: 1 | -1 | undefined;
}

/** Keys counted of every candidate until one has fewer; beyond the last number none is selective. */
const COUNT_LIMITS = [32, 256, 1_000];

/** The cheapest way to the matches of a filter, and whether it yields them in the wanted order. */
export function planQuery(collection: Collection | undefined, request: PlanRequest): Plan {
  if (!collection) return { stage: 'EOF' };
  const natural = naturalDirection(request);
  if (natural) return { stage: 'COLLSCAN', direction: natural, isSorted: true };
  if (request.hint !== undefined) return hinted(collection, request);
  const best = choose(candidatesOf(collection.readyIndexes, request), request);
  if (best) return planOf(best, request);
  return planBranches(collection, request) ?? { stage: 'COLLSCAN', direction: 1, isSorted: !request.sort };
}

/** An index for each branch of an `$or`; undefined when one has none. */
function planBranches(collection: Collection, { branches, sort }: PlanRequest): Plan | undefined {
  const plans = branches?.map((constraints) => planQuery(collection, { constraints }));
  const indexed = plans?.filter((plan) => plan.stage === 'IXSCAN');
  return indexed && indexed.length === plans?.length ? { stage: 'OR', branches: indexed, isSorted: !sort } : undefined;
}

function planOf({ index, bounds, direction }: Candidate, { sort }: PlanRequest): IndexPlan {
  const exact = index.unique && isPoints(index, bounds) && bounds.ranges.every(({ start }) => start.length < MAX_KEY_BYTES);
  return { stage: 'IXSCAN', index, ranges: bounds.ranges, direction: direction ?? 1, isSorted: !sort || direction !== undefined, exact };
}

function isPoints(index: Index, { fields }: Bounds): boolean {
  return fields.length === index.fields.length && !fields.includes('range');
}

function candidatesOf(indexes: Index[], request: PlanRequest): Candidate[] {
  return indexes.filter((index) => isComplete(index, request)).map((index) => candidate(index, request));
}

function candidate(index: Index, { constraints, branches, sort }: PlanRequest): Candidate {
  const outer = boundsOf(index, constraints);
  const bounds = (branches && boundsOfAny(index, outer, branches)) ?? outer;
  return { index, bounds, direction: sort && sortDirection(index, bounds, sort) };
}

/** A sparse or partial index answers only queries whose matches it certainly holds. */
function isComplete(index: Index, { constraints }: PlanRequest): boolean {
  if (index.partialSpec && !impliesPartial(constraints, index.partialSpec)) return false;
  if (!index.sparse) return true;
  return constraints.some((constraint) => index.fields.some(([path]) => path === constraint.path) && excludesMissing(constraint));
}

function excludesMissing({ eq, lower, upper, prefix, exists }: Constraint): boolean {
  const isNull = (value: unknown): boolean => ['null', 'undefined'].includes(typeOf(value));
  if (exists || prefix !== undefined) return true;
  if (eq) return !eq.some(isNull);
  const bound = lower ?? upper;
  return bound !== undefined && !isNull(bound.value) && !['minKey', 'maxKey'].includes(typeOf(bound.value));
}

function choose(candidates: Candidate[], { sort }: PlanRequest): Candidate | undefined {
  const exact = candidates.find(isSinglePoint);
  if (exact) return exact;
  const bounded = candidates.filter(({ bounds, index }) => bounds.fields.length > 0 || index.partialSpec || index.sparse);
  const sorted = candidates.filter(({ direction }) => sort && direction !== undefined);
  if (bounded.length + sorted.length === 0) return undefined;
  if (bounded.length === 0) return sorted[0];
  const useful = new Set([...bounded, ...sorted]);
  if (useful.size === 1) return bounded[0];
  const { counts, isSelective } = countAll([...useful]);
  const rated = [...useful].map((item, i) => ({
    item,
    keys: counts[i] ?? 0,
    depth: item.bounds.fields.length,
    isSorted: sorted.includes(item),
  }));
  rated.sort((a, b) => {
    // With nothing selective, the order saves sorting everything; with something selective, sorting its few is cheaper.
    if (!isSelective && a.isSorted !== b.isSorted) return a.isSorted ? -1 : 1;
    return (
      a.keys - b.keys ||
      Number(b.isSorted) - Number(a.isSorted) ||
      b.depth - a.depth ||
      a.item.index.fields.length - b.item.index.fields.length
    );
  });
  return rated[0]?.item;
}

function isSinglePoint({ index, bounds }: Candidate): boolean {
  return index.unique && isPoints(index, bounds) && bounds.ranges.length <= 1;
}

function countAll(candidates: Candidate[]): { counts: number[]; isSelective: boolean } {
  let counts: number[] = [];
  for (const limit of COUNT_LIMITS) {
    counts = candidates.map((item) => countKeys(item, limit));
    if (counts.some((count) => count < limit)) return { counts, isSelective: true };
  }
  return { counts, isSelective: false };
}

function countKeys({ index, bounds }: Candidate, most: number): number {
  let count = 0;
  for (const { start, end } of bounds.ranges) {
    for (const _ of index.tree.getKeys({ start, ...(end && { end }), limit: most - count })) count++;
    if (count >= most) break;
  }
  return count;
}

/** Whether the keys within the bounds come in the wanted order, fields fixed to one point being free. */
function sortDirection(index: Index, bounds: Bounds, sort: KeyField[]): 1 | -1 | undefined {
  if (index.record.truncated) return undefined;
  const constant = new Set(index.fields.filter((_, i) => bounds.fields[i] === 'point').map(([path]) => path));
  const wanted = sort.filter(([path]) => !constant.has(path) || index.multikey.has(path));
  let direction: 1 | -1 | undefined;
  let next = 0;
  for (const [i, [path, own]] of index.fields.entries()) {
    const field = wanted[next];
    if (!field) break;
    if (field[0] !== path) {
      if (bounds.fields[i] === 'point') continue;
      return undefined;
    }
    if (index.multikey.has(path)) return undefined;
    const turn = field[1] === own ? 1 : -1;
    if (direction !== undefined && direction !== turn) return undefined;
    direction = turn;
    next++;
  }
  return next < wanted.length ? undefined : (direction ?? 1);
}

function naturalDirection({ hint, sort }: PlanRequest): 1 | -1 | undefined {
  const natural =
    sort?.[0]?.[0] === '$natural' ? sort[0][1] : isDocument(hint) && '$natural' in hint ? Number(hint['$natural']) : undefined;
  if (natural === undefined || (sort && sort[0]?.[0] !== '$natural')) return undefined;
  return natural < 0 ? -1 : 1;
}

function hinted(collection: Collection, request: PlanRequest): Plan {
  const { hint } = request;
  if (isDocument(hint) && '$natural' in hint) return { stage: 'COLLSCAN', direction: 1, isSorted: false };
  const index = findByHint(collection.readyIndexes, hint);
  if (!index)
    fail(2, 'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index');
  return planOf(candidate(index, request), request);
}

/** An index by its name or its key pattern, the two forms of `hint` and `dropIndexes`. */
export function findByHint(indexes: readonly Index[], hint: unknown): Index | undefined {
  if (typeof hint === 'string') return indexes.find((index) => index.name === hint);
  if (!isDocument(hint)) fail(9, "'hint' must be a string or an object");
  const wanted = JSON.stringify(Object.entries(hint).map(([path, direction]) => [path, Number(direction)]));
  return indexes.find((index) => {
    const own = Object.entries(index.record.spec['key'] as Document).map(([path, direction]) => [path, Number(direction)]);
    return JSON.stringify(own) === wanted;
  });
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
