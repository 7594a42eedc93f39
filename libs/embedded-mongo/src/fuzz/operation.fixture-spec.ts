import type { IndexSpec, SortSpec } from './oracle-keys.fixture-spec.js';
import type { Doc } from './oracle-order.fixture-spec.js';

/** The documents that a `find` or a `count` asks for. */
export interface Selection {
  filter: Doc;
  sort?: SortSpec;
  skip?: number;
  limit?: number;
  batchSize?: number;
}

/** One thing that a client asks of a collection. */
export type Operation =
  | { kind: 'insert'; documents: Doc[]; ordered: boolean }
  | { kind: 'update'; filter: Doc; update: Doc; multi?: boolean; upsert?: boolean }
  | { kind: 'delete'; filter: Doc; multi: boolean }
  | { kind: 'modify'; filter: Doc; update: Doc; sort?: SortSpec; after: boolean; upsert?: boolean }
  | { kind: 'remove'; filter: Doc; sort?: SortSpec }
  | ({ kind: 'find' } & Selection)
  | ({ kind: 'count' } & Selection)
  | { kind: 'distinct'; path: string; filter: Doc }
  | { kind: 'createIndex'; index: IndexSpec }
  /** Of the indexes there are then, the one with this number. */
  | { kind: 'dropIndex'; number: number }
  /** What MongoDB refuses as it reads it, whatever the documents are. */
  | { kind: 'badFilter'; filter: Doc; code: number }
  | { kind: 'badUpdate'; update: Doc; code: number };

/** One of these codes, for the statement of this number in a batch. */
export interface WriteError {
  index: number;
  codes: readonly number[];
}

/** What MongoDB answers. */
export type Expected =
  | { kind: 'refused'; codes: readonly number[] }
  /** `modified` is undefined where both counts are right. */
  | { kind: 'written'; n: number; modified?: number | undefined; upserted?: unknown; errors: WriteError[] }
  | { kind: 'document'; doc: Doc | null }
  /** In this order; within a group in any. */
  | { kind: 'documents'; groups: Doc[][] }
  | { kind: 'number'; n: number }
  /** One value of each class; a class holds the forms that compare equal. */
  | { kind: 'values'; classes: unknown[][] }
  | { kind: 'done' };

/** A run from an empty collection on. */
export interface Sequence {
  documents: Doc[];
  indexes: IndexSpec[];
  operations: Operation[];
}
