import { matches } from './oracle-filter.fixture-spec.js';
import { compare, EMPTY, isDocument, type Doc } from './oracle-order.fixture-spec.js';

/** An index as the operations ask for it. */
export interface IndexSpec {
  key: Record<string, 1 | -1>;
  unique?: boolean;
  sparse?: boolean;
  partialFilterExpression?: Doc;
}

/** The name tells an index's fields only: the oracle never has two on the same fields. */
export const indexName = ({ key }: IndexSpec): string => Object.entries(key).flat().join('_');

/** Two arrays side by side in one document, under one index or sort. */
export class ParallelArrays extends Error {}

/** One component of a key on the way to its value. */
interface Slot {
  path: readonly string[];
  /** What of the path is still to go; undefined once `value` is known. */
  rest: readonly string[] | undefined;
  value: unknown;
  missing: boolean;
}

/** Walks to the end of the path, or to the first array on it. */
function advance(root: Doc, slot: Slot): Slot {
  if (!slot.rest) return slot;
  let value: unknown = root;
  for (const [i, part] of slot.rest.entries()) {
    value = isDocument(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    if (Array.isArray(value)) return { ...slot, rest: slot.rest.slice(i + 1), value };
  }
  return { ...slot, rest: undefined, value: value === undefined ? null : value, missing: value === undefined };
}

function expand(root: Doc, slots: readonly Slot[]): Slot[][] {
  const advanced = slots.map((slot) => advance(root, slot));
  const open = advanced.filter(({ rest }) => rest !== undefined);
  const [first] = open;
  if (!first) return [advanced];
  const placeOf = ({ path, rest = [] }: Slot): string => path.slice(0, path.length - rest.length).join('.');
  if (open.some((slot) => placeOf(slot) !== placeOf(first))) throw new ParallelArrays();
  const elements = first.value as unknown[];
  return (elements.length > 0 ? elements : [EMPTY]).flatMap((element) =>
    expand(
      isDocument(element) ? element : {},
      advanced.map((slot) => (slot.rest?.length === 0 ? { ...slot, rest: undefined, value: element } : slot)),
    ),
  );
}

const start = (paths: readonly string[]): Slot[] =>
  paths.map((path) => ({ path: path.split('.'), rest: path.split('.'), value: undefined, missing: false }));

const keysOfDocuments = new WeakMap<IndexSpec, WeakMap<Doc, unknown[][]>>();

/** The keys of a document in an index: one for each element of an array, none where the index leaves the document out. */
export function indexKeys(doc: Doc, spec: IndexSpec): unknown[][] {
  const known = keysOfDocuments.get(spec) ?? new WeakMap<Doc, unknown[][]>();
  const keys = known.get(doc) ?? makeKeys(doc, spec);
  keysOfDocuments.set(spec, known.set(doc, keys));
  return keys;
}

function makeKeys(doc: Doc, spec: IndexSpec): unknown[][] {
  if (spec.partialFilterExpression && !matches(doc, spec.partialFilterExpression)) return [];
  return expand(doc, start(Object.keys(spec.key)))
    .filter((slots) => !spec.sparse || slots.some(({ missing }) => !missing))
    .map((slots) => slots.map(({ value }) => value));
}

const sameKey = (a: readonly unknown[], b: readonly unknown[]): boolean => a.every((value, i) => compare(value, b[i]) === 0);

/** Whether two documents have a key in common. */
export const collide = (a: readonly unknown[][], b: readonly unknown[][]): boolean =>
  a.some((key) => b.some((other) => sameKey(key, other)));

/** A sort as an ordered list of paths and directions. */
export type SortSpec = Record<string, 1 | -1>;

function compareTuples(a: readonly unknown[], b: readonly unknown[], directions: readonly number[]): number {
  for (const [i, direction] of directions.entries()) {
    const order = compare(a[i], b[i]) * direction;
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * The documents in order, as groups of equals. A document stands where the lowest of its keys does: the lowest element of an
 * array ascending, the highest descending.
 */
export function sortIntoGroups(docs: readonly Doc[], sort: SortSpec): Doc[][] {
  const directions = Object.values(sort);
  const keyed = docs.map((doc) => {
    const tuples = expand(doc, start(Object.keys(sort))).map((slots) => slots.map(({ value }) => value));
    return { doc, key: tuples.reduce((least, each) => (compareTuples(each, least, directions) < 0 ? each : least)) };
  });
  const groups: { doc: Doc; key: unknown[] }[][] = [];
  for (const each of keyed.sort((a, b) => compareTuples(a.key, b.key, directions))) {
    const last = groups.at(-1);
    if (last?.[0] && compareTuples(last[0].key, each.key, directions) === 0) last.push(each);
    else groups.push([each]);
  }
  return groups.map((group) => group.map(({ doc }) => doc));
}
