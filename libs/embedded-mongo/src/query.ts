import type { Collection } from './collection.js';
import type { Document, RawDocument } from './document.js';
import { typeOf } from './document.js';
import type { Index } from './index-tree.js';
import type { KeyField } from './key.js';
import { keyOf } from './key.js';
import { compileFilter, isOperatorDocument, type Filter } from './matcher.js';
import type { PipelineEnv, Source } from './pipeline/stages.js';
import { planQuery, type Plan } from './planner.js';
import { scan, type Examined, type Row } from './scan.js';
import { parseSort, sortBatches, sortKey } from './sort.js';
import type { Storage } from './storage.js';
import type { Steps } from './turns.js';

/** Keys near the store's limit are cut; up to here they are whole. */
const LONGEST_PLAIN_KEY = 1_000;

export interface QueryRequest {
  ns: string;
  filter: Document;
  sort?: Document | undefined;
  skip?: number | undefined;
  /** 0 or absent: none. */
  limit?: number | undefined;
  hint?: unknown;
  /** Values of `$$name`. */
  variables?: Document | undefined;
}

/** A filter, a sort and a window over one collection, planned and ready to be read. */
export class Query {
  readonly filter: Filter;
  readonly plan: Plan;
  readonly examined: Examined = { keys: 0, docs: 0 };
  readonly collection: Collection | undefined;
  private readonly sort: KeyField[] | undefined;

  constructor(
    storage: Storage,
    readonly request: QueryRequest,
  ) {
    const { ns, filter, sort, hint, variables } = request;
    this.filter = compileFilter(filter, { ...(variables && { variables }) });
    this.sort = sort && Object.keys(sort).length > 0 ? parseSort(sort) : undefined;
    this.collection = storage.collection(ns);
    this.plan = planQuery(this.collection, { constraints: this.filter.constraints, sort: this.sort, hint });
  }

  /** The matches in their order, within skip and limit. */
  docs(): Source {
    const { skip = 0, limit = 0 } = this.request;
    const end = limit > 0 ? skip + limit : Infinity;
    if (!this.sort || this.plan.isSorted) return window(documents(this.rows(end)), skip, end);
    return window(sortBatches(documents(this.rows()), this.sort, end), skip, end);
  }

  /** The first match in the wanted order, as it is at the end of the last step. */
  *first(): Steps<Row | undefined> {
    const sort = this.plan.isSorted ? undefined : this.sort;
    for (;;) {
      let best: { row: Row; key: string } | undefined;
      for (const rows of this.rows(sort ? Infinity : 1)) {
        for (const row of rows) {
          const key = sort ? sortKey(row.doc, sort) : '';
          if (!best || key < best.key) best = { row, key };
        }
        if (best && !sort) return best.row;
        yield;
      }
      // Another write may have changed it between two steps: then the search starts again.
      const now = best && this.collection?.get(best.row.id);
      if (!best || now?.bytes.equals(best.row.doc.bytes)) return best?.row;
    }
  }

  /** The record ids of all matches: gathered before the first change, so that no document is met again where a change has moved it. */
  *ids(): Steps<Buffer[]> {
    const ids: Buffer[] = [];
    for (const rows of this.rows()) {
      for (const { id } of rows) ids.push(id);
      yield;
    }
    return ids;
  }

  private rows(wanted = Infinity): Iterable<Row[]> {
    const { collection, plan, examined } = this;
    if (!collection || plan.stage === 'EOF') return [];
    const filter = Object.keys(this.request.filter).length > 0 ? this.filter : undefined;
    return scan(collection, plan, { filter, wanted, examined });
  }
}

function* documents(rows: Iterable<Row[]>): Generator<RawDocument[]> {
  for (const page of rows) yield page.map(({ doc }) => doc);
}

function* window(source: Source, skip: number, end: number): Generator<RawDocument[]> {
  let at = 0;
  for (const batch of source) {
    yield batch.slice(Math.max(0, skip - at), end - at);
    at += batch.length;
    if (at >= end) return;
  }
}

/** What the stages of a pipeline need: the time, the variables, and the other collections of the database. */
export function pipelineEnv(storage: Storage, db: string, variables: Document | undefined): PipelineEnv {
  return {
    now: new Date(),
    ...(variables && { variables }),
    scan: (collection, filter) => new Query(storage, { ns: `${db}.${collection}`, filter, variables }).docs(),
  };
}

/**
 * The document with this value of `_id` or of another field that is unique by itself, without compiling, planning or
 * decoding anything; undefined when the filter asks for more.
 */
export function lookUpByKey(collection: Collection, filter: Document): { doc: RawDocument | undefined } | undefined {
  const [[path, value] = ['', undefined], ...others] = Object.entries(filter);
  if (others.length > 0 || isOperatorDocument(value)) return undefined;
  if (['array', 'regex', 'null', 'undefined'].includes(typeOf(value))) return undefined;
  const index = collection.readyIndexes.find((each) => isKeyOf(each, path));
  const key = index && keyOf(value);
  if (!key || key.length > LONGEST_PLAIN_KEY) return undefined;
  const record = index.tree.get(key);
  return { doc: record && collection.get(record) };
}

/** Whether this index alone tells the one document with a value at the path. */
function isKeyOf({ unique, fields: [first, ...others], multikey, partialSpec }: Index, path: string): boolean {
  return unique && first?.[0] === path && first[1] === 1 && others.length === 0 && multikey.size === 0 && !partialSpec;
}
