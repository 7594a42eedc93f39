import { boundsOf, type Bounds, type KeyRange } from './bounds.js';
import type { Collection } from './collection.js';
import { asDocument, typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import type { KeyField } from './key.js';
import type { Index } from './index-tree.js';
import { canonical, CLASS, compareValues, isNil, MAX_KEY_BYTES } from './key.js';
import { compileFilter, isOperatorDocument, type Constraint } from './matcher.js';

export interface IndexPlan {
  stage: 'IXSCAN';
  index: Index;
  ranges: KeyRange[];
  direction: 1 | -1;
  isSorted: boolean;
  /** Each range is one whole key of a unique index, for a single look-up. */
  isExact: boolean;
}

export type Plan = { stage: 'EOF'; isSorted: true } | { stage: 'COLLSCAN'; direction: 1 | -1; isSorted: boolean } | IndexPlan;

export interface PlanRequest {
  constraints: readonly Constraint[];
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
  if (!collection) return { stage: 'EOF', isSorted: true };
  const { sort, hint } = request;
  const byNatural = sort?.[0]?.[0] === '$natural';
  const natural = byNatural ? sort[0]?.[1] : asDocument(hint)?.['$natural'];
  if (natural !== undefined) return { stage: 'COLLSCAN', direction: Number(natural) < 0 ? -1 : 1, isSorted: !sort || byNatural };
  if (hint !== undefined) return planOf(candidate(hintedIndex(collection, hint), request), request);
  const usable = collection.readyIndexes.filter((index) => isComplete(index, request.constraints));
  const best = single(usable, request) ?? choose(usable.map((index) => candidate(index, request)));
  return best ? planOf(best, request) : { stage: 'COLLSCAN', direction: 1, isSorted: !sort };
}

function candidate(index: Index, { constraints, sort }: PlanRequest): Candidate {
  const bounds = boundsOf(index, constraints);
  return { index, bounds, direction: sort && sortDirection(index, bounds, sort) };
}

function planOf({ index, bounds, direction }: Candidate, { sort }: PlanRequest): IndexPlan {
  const isExact = index.unique && isPoints(index, bounds) && bounds.ranges.every(({ start }) => start.length < MAX_KEY_BYTES);
  return { stage: 'IXSCAN', index, ranges: bounds.ranges, direction: direction ?? 1, isSorted: !sort || direction !== undefined, isExact };
}

function isPoints(index: Index, { fields }: Bounds): boolean {
  return fields.length === index.fields.length && !fields.includes('range');
}

/** A sparse or partial index answers only queries whose matches it certainly holds. */
function isComplete(index: Index, constraints: readonly Constraint[]): boolean {
  const excludesMissing = (constraint: Constraint): boolean =>
    impliesExists(constraint) && index.fields.some(([path]) => path === constraint.path);
  if (index.sparse && !constraints.some(excludesMissing)) return false;
  return !index.partialSpec || implies(constraints, index.partialSpec);
}

/** Whether every match of the constraints is in a partial index: each condition of its filter must follow from them. */
function implies(constraints: readonly Constraint[], partial: Document): boolean {
  return Object.entries(partial).every(([path, operand]) => {
    if (path === '$and') return (operand as Document[]).every((each) => implies(constraints, each));
    const known = constraints.find((each) => each.path === path);
    if (!known) return false;
    const conditions = isOperatorDocument(operand) ? Object.entries(operand) : [['$eq', operand] as const];
    return conditions.every(([name, value]) => {
      if (name === '$exists') return impliesExists(known);
      const condition = compileFilter({ v: { [name]: value } });
      if (known.eq) return known.eq.every((each) => condition.matches({ v: each }));
      const side = name.startsWith('$gt') ? 1 : -1;
      const bound = side > 0 ? known.lower : known.upper;
      if (!/^\$[gl]te?$/.test(name) || !bound || CLASS[typeOf(bound.value)] !== CLASS[typeOf(value)]) return false;
      const order = compareValues(bound.value, value) * side;
      return order > 0 || (order === 0 && (name.endsWith('e') || !bound.inclusive));
    });
  });
}

function impliesExists({ eq, lower, upper, prefix, exists }: Constraint): boolean {
  if (exists || prefix !== undefined) return true;
  if (eq) return !eq.some(isNil);
  const bound = lower ?? upper;
  return bound !== undefined && !isNil(bound.value) && !['minKey', 'maxKey'].includes(typeOf(bound.value));
}

/** The way to at most one document, if there is one: nothing can be cheaper. */
function single(indexes: Index[], request: PlanRequest): Candidate | undefined {
  for (const index of indexes) {
    const way = index.unique ? candidate(index, request) : undefined;
    if (way && isPoints(index, way.bounds) && way.bounds.ranges.length <= 1) return way;
  }
  return undefined;
}

function choose(candidates: Candidate[]): Candidate | undefined {
  const isUseful = ({ index, bounds, direction }: Candidate): boolean =>
    bounds.fields.length > 0 || direction !== undefined || index.sparse || index.partialSpec !== undefined;
  const useful = withoutOutdone(candidates.filter(isUseful));
  if (useful.length < 2) return useful[0];
  const { counts, isSelective } = countAll(useful);
  const rated = useful.map((item, i) => ({ item, keys: counts[i] ?? 0, isSorted: item.direction !== undefined }));
  rated.sort((a, b) => {
    const bySort = Number(b.isSorted) - Number(a.isSorted);
    const byKeys = a.keys - b.keys;
    // With nothing selective, the order saves sorting everything; with something selective, sorting its few is cheaper.
    return (isSelective ? byKeys || bySort : bySort || byKeys) || b.item.bounds.fields.length - a.item.bounds.fields.length;
  });
  return rated[0]?.item;
}

/** Leaves out what another candidate does as well and more: it binds every field that this one binds, and more of them, and is sorted if this one is. */
function withoutOutdone(candidates: Candidate[]): Candidate[] {
  const boundPaths = ({ index, bounds }: Candidate): string[] => bounds.fields.map((_, i) => index.fields[i]?.[0] ?? '');
  const outdoes = (other: Candidate, one: Candidate): boolean => {
    const [more, fewer] = [boundPaths(other), boundPaths(one)];
    const isAsSorted = other.direction !== undefined || one.direction === undefined;
    return fewer.length > 0 && more.length > fewer.length && isAsSorted && fewer.every((path) => more.includes(path));
  };
  return candidates.filter((one) => !candidates.some((other) => outdoes(other, one)));
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
  const constant = new Set(
    index.fields.filter(([path], i) => bounds.fields[i] === 'point' && !index.multikey.has(path)).map(([path]) => path),
  );
  const wanted = sort.filter(([path]) => !constant.has(path));
  let direction: 1 | -1 | undefined;
  let next = 0;
  for (const [i, [path, own]] of index.fields.entries()) {
    const field = wanted[next];
    if (!field) break;
    if (field[0] !== path) {
      if (bounds.fields[i] === 'point') continue;
      return undefined;
    }
    const turn = field[1] === own ? 1 : -1;
    if (index.multikey.has(path) || (direction ?? turn) !== turn) return undefined;
    direction = turn;
    next++;
  }
  return next < wanted.length ? undefined : (direction ?? 1);
}

function hintedIndex(collection: Collection, hint: unknown): Index {
  return (
    findIndex(collection.readyIndexes, hint) ?? fail(2, 'planner returned error: hint provided does not correspond to an existing index')
  );
}

/** An index by its name or its key pattern, the two forms of `hint` and `dropIndexes`. */
export function findIndex(indexes: readonly Index[], wanted: unknown): Index | undefined {
  if (typeof wanted === 'string') return indexes.find((index) => index.name === wanted);
  const pattern = asDocument(wanted) ?? fail(9, 'an index is given by its name or its key pattern');
  return indexes.find((index) => canonical(index.record.spec['key']) === canonical(pattern));
}
