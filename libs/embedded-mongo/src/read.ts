import type { Collection } from './collection.js';
import { EMPTY_SOURCE, IterableSource, ScanSource, type DocumentSource } from './cursor.js';
import type { Document, RawDocument } from './document.js';
import { typeOf } from './document.js';
import { keyOf } from './key.js';
import { compileFilter, isOperatorDocument, type Constraint, type Filter } from './matcher.js';
import { runPipeline, type PipelineEnv } from './pipeline/pipeline.js';
import { planQuery, type Plan } from './planner.js';
import { Scan, type Row } from './scan.js';
import { parseSort } from './sort.js';
import type { Storage } from './storage.js';

/** An `$or` with more branches is planned as if it were not there. */
const MOST_BRANCHES = 64;

export interface QueryRequest {
  ns: string;
  filter: Document;
  sort?: Document | undefined;
  skip?: number | undefined;
  limit?: number | undefined;
  hint?: unknown;
  variables?: Document | undefined;
  project?: ((doc: RawDocument) => RawDocument) | undefined;
}

/** A filter, a sort and a range over one collection, planned and ready to be read. */
export class Query {
  readonly plan: Plan;
  readonly scan: Scan | undefined;
  private readonly filter: Filter;

  constructor(
    private readonly storage: Storage,
    private readonly request: QueryRequest,
    filter?: Filter,
  ) {
    this.filter = filter ?? compileFilter(request.filter, { ...(request.variables && { variables: request.variables }) });
    const collection = storage.collection(request.ns);
    const { sort, hint } = request;
    this.plan = planQuery(collection, {
      constraints: this.filter.constraints,
      branches: collection && branchesOf(request.filter),
      sort: sort && parseSort(sort),
      hint,
    });
    if (collection && this.plan.stage !== 'EOF') {
      this.scan = new Scan(collection, this.plan, Object.keys(request.filter).length === 0 ? undefined : this.filter);
    }
  }

  get ns(): string {
    return this.request.ns;
  }

  get sort(): Document | undefined {
    return this.request.sort;
  }

  get filterSpec(): Document {
    return this.request.filter;
  }

  /** The whole collection in any order is asked for. */
  get isWhole(): boolean {
    const { filter, skip, limit } = this.request;
    return Object.keys(filter).length === 0 && !skip && !limit;
  }

  /** Runs the query for its numbers only. */
  async countResults(check: () => void): Promise<number> {
    const { skip = 0, limit = 0 } = this.request;
    const stopsEarly = limit > 0 && (!this.sort || (this.plan.stage !== 'EOF' && this.plan.isSorted));
    const most = limit > 0 ? skip + limit : Infinity;
    let n = 0;
    for await (const docs of this.batches(stopsEarly ? most : undefined)) {
      check();
      n += docs.length;
      if (stopsEarly && n >= most) break;
    }
    return Math.max(Math.min(n, most) - skip, 0);
  }

  source(env: PipelineEnv): DocumentSource {
    const { sort, skip = 0, limit = 0, project } = this.request;
    if (!this.scan || this.plan.stage === 'EOF') return EMPTY_SOURCE;
    if (!sort || this.plan.isSorted) return new ScanSource(this.scan, this.storage.turns, skip, limit, project);
    const stages = [{ $sort: sort }, ...(skip > 0 ? [{ $skip: skip }] : []), ...(limit > 0 ? [{ $limit: limit }] : [])];
    return new IterableSource(runPipeline(this.batches(), stages, env), project);
  }

  /** All matches in the order of the plan, a slice of time at once. */
  async *batches(page = 1_000): AsyncGenerator<RawDocument[]> {
    const { scan } = this;
    const { turns } = this.storage;
    while (scan && !scan.isDone) {
      const rows: Row[] = [];
      scan.read(rows, page, turns);
      if (rows.length > 0) yield rows.map(({ doc }) => doc);
      if (turns.isOver()) await turns.next();
    }
  }
}

/** The constraints of each branch of a top-level `$or`, together with what stands beside it. */
function branchesOf({ $or, ...rest }: Document): Constraint[][] | undefined {
  if (!Array.isArray($or) || $or.length > MOST_BRANCHES) return undefined;
  return ($or as Document[]).map((branch) => compileFilter({ $and: [rest, branch] }).constraints);
}

/** The document with this `_id`, without compiling, planning or decoding anything; undefined when the filter asks for more. */
export function lookUpById(collection: Collection, filter: Document): { doc: RawDocument | undefined } | undefined {
  const names = Object.keys(filter);
  const id = filter['_id'];
  if (names.length !== 1 || id === undefined || isOperatorDocument(id) || ['array', 'regex', 'null', 'undefined'].includes(typeOf(id)))
    return undefined;
  const key = keyOf(id);
  if (key.length > 1_000) return undefined;
  const record = collection.idIndex.tree.get(key);
  return { doc: record && collection.get(record) };
}

/** What pipelines need of the server: other collections, time and a fair share of the event loop. */
export function pipelineEnv(storage: Storage, db: string, now: Date, variables?: Document): PipelineEnv {
  return {
    now,
    ...(variables && { variables }),
    collection: (name: string) => ({
      scan: (filter: Document) => new Query(storage, { ns: `${db}.${name}`, filter, variables }).batches(),
    }),
    yieldTurn: () => storage.turns.next(),
  };
}
