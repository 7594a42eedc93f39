import type { Selection } from './operation.fixture-spec.js';
import { distinctValues, matches } from './oracle-filter.fixture-spec.js';
import { ParallelArrays, sortIntoGroups, type SortSpec } from './oracle-keys.fixture-spec.js';
import { compare, type Doc } from './oracle-order.fixture-spec.js';
import { Refusal, Undecided } from './oracle-refusal.fixture-spec.js';

/** The documents that match, in the order of their insertion. */
export const matching = (documents: readonly Doc[], filter: Doc): Doc[] => documents.filter((doc) => matches(doc, filter));

/** The documents that match, in order, as groups of equals; parallel arrays are refused. */
export function sorted(documents: readonly Doc[], filter: Doc, sort: SortSpec): Doc[][] {
  const found = matching(documents, filter);
  try {
    return sortIntoGroups(found, sort);
  } catch (error) {
    if (!(error instanceof ParallelArrays)) throw error;
    // A single document may be found by its _id, and then nothing is sorted.
    if (found.length < 2) throw new Undecided();
    throw new Refusal([2]);
  }
}

/** What `find` returns: groups in order, any order within a group. */
export function select(documents: readonly Doc[], { filter, sort, skip = 0, limit = Infinity }: Selection): Doc[][] {
  const groups = sort ? sorted(documents, filter, sort) : [matching(documents, filter)];
  if (skip === 0 && limit === Infinity) return groups;
  const docs = groups.flat().slice(skip, skip + limit);
  return sort ? docs.map((doc) => [doc]) : [docs];
}

/** The values of a path, those that compare equal together. */
export function distinctClasses(documents: readonly Doc[], path: string, filter: Doc): unknown[][] {
  const classes: unknown[][] = [];
  for (const value of matching(documents, filter).flatMap((doc) => distinctValues(doc, path))) {
    const known = classes.find(([first]) => compare(first, value) === 0);
    if (known) known.push(value);
    else classes.push([value]);
  }
  return classes;
}
