import type { Expected, Operation, WriteError } from './operation.fixture-spec.js';
import { collide, indexKeys, indexName, ParallelArrays, type IndexSpec } from './oracle-keys.fixture-spec.js';
import { classOf, type Doc } from './oracle-order.fixture-spec.js';
import { distinctClasses, matching, select, sorted } from './oracle-read.fixture-spec.js';
import { Refusal, Undecided } from './oracle-refusal.fixture-spec.js';
import { applyUpdate, checkUpdate, upsertedDocument } from './oracle-update.fixture-spec.js';

/** What an operation leads to. `sent` is the operation as it must be sent for the outcome to be defined. */
export interface Foreseen {
  sent: Operation;
  expected: Expected;
  after: Oracle;
}

type OperationOf<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

const ID_INDEX: IndexSpec = { key: { _id: 1 }, unique: true };

/** More indexes than this are not made in one run. */
const MAX_INDEXES = 4;

/** What a collection of MongoDB does, as plainly as it can be said: documents in an array, in the order of their insertion. */
export class Oracle {
  constructor(
    readonly documents: readonly Doc[] = [],
    readonly indexes: readonly IndexSpec[] = [],
  ) {}

  /** What the operation leads to; raises {@link Undecided} where MongoDB's manual leaves it open. */
  foresee(operation: Operation): Foreseen {
    const same = (expected: Expected): Foreseen => ({ sent: operation, expected, after: this });
    try {
      switch (operation.kind) {
        case 'insert':
          return this.insert(operation);
        case 'update':
          return this.update(operation);
        case 'delete':
          return this.delete(operation);
        case 'modify':
          return this.modify(operation);
        case 'remove':
          return this.remove(operation);
        case 'find':
          return same({ kind: 'documents', groups: select(this.documents, operation) });
        case 'count':
          return same({ kind: 'number', n: select(this.documents, operation).flat().length });
        case 'distinct':
          return same({ kind: 'values', classes: distinctClasses(this.documents, operation.path, operation.filter) });
        case 'createIndex':
          return { sent: operation, expected: { kind: 'done' }, after: this.withIndex(operation.index) };
        case 'dropIndex':
          return this.dropIndex(operation);
        case 'badFilter':
          return same({ kind: 'refused', codes: [operation.code] });
        case 'badUpdate':
          return same({ kind: 'written', n: 0, modified: 0, errors: [{ index: 0, codes: [operation.code] }] });
      }
    } catch (error) {
      if (error instanceof Refusal) return same({ kind: 'refused', codes: error.codes });
      throw error;
    }
  }

  private matching(filter: Doc): Doc[] {
    return matching(this.documents, filter);
  }

  /** Refuses a document that the indexes do not take beside these others. */
  private admit(doc: Doc, others: readonly Doc[], indexes: readonly IndexSpec[] = [ID_INDEX, ...this.indexes]): void {
    const codes = new Set<number>();
    for (const index of indexes) {
      try {
        const keys = indexKeys(doc, index);
        if (index.unique && others.some((other) => collide(keys, indexKeys(other, index)))) codes.add(11_000);
      } catch (error) {
        if (!(error instanceof ParallelArrays)) throw error;
        codes.add(171);
      }
    }
    // With two reasons, the order of the indexes decides.
    if (codes.size > 0) throw new Refusal([...codes]);
  }

  private insert(operation: OperationOf<'insert'>): Foreseen {
    const documents = [...this.documents];
    const errors: WriteError[] = [];
    for (const [index, doc] of operation.documents.entries()) {
      if (errors.length > 0 && operation.ordered) break;
      try {
        if (['array', 'regex'].includes(classOf(doc['_id']))) throw new Refusal([53]);
        this.admit(doc, documents);
        documents.push(doc);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        errors.push({ index, codes: error.codes });
      }
    }
    const n = documents.length - this.documents.length;
    return { sent: operation, expected: { kind: 'written', n, errors }, after: new Oracle(documents, this.indexes) };
  }

  /** The operation for the first document it matches only, where which one MongoDB takes depends on its plan. */
  private narrowed<T extends OperationOf<'update' | 'delete' | 'modify' | 'remove'>>(operation: T, doc: Doc): T {
    return { ...operation, filter: { $and: [operation.filter, { _id: { $eq: doc['_id'] } }] } };
  }

  private update(operation: OperationOf<'update'>): Foreseen {
    const { filter, update, multi, upsert } = operation;
    try {
      checkUpdate(update);
      const found = this.matching(filter);
      if (found.length === 0) return upsert ? this.upsert(operation) : this.updateOf(operation, []);
      if (found.length === 1) return this.updateOf(operation, found);
      const narrowed = this.narrowed(operation, found[0] as Doc);
      return multi && this.isOrderFree(found, update) ? this.updateOf(operation, found) : this.updateOf(narrowed, found.slice(0, 1));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const errors = [{ index: 0, codes: error.codes }];
      return { sent: operation, expected: { kind: 'written', n: 0, modified: 0, errors }, after: this };
    }
  }

  /** Whether no document's update fails, and none comes into the way of another's whichever is first. */
  private isOrderFree(found: readonly Doc[], update: Doc): boolean {
    try {
      const results = found.map((doc) => ({ doc, result: applyUpdate(doc, update).doc }));
      for (const { doc, result } of results) {
        const others = results.filter((each) => each.doc !== doc).map((each) => each.result);
        this.admit(result, [...this.documents.filter((each) => each !== doc), ...others], this.indexes);
      }
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  /** An update of documents that are known to match. */
  private updateOf(sent: OperationOf<'update'>, found: readonly Doc[]): Foreseen {
    let documents = this.documents;
    let modified: number | undefined = 0;
    try {
      for (const doc of found) {
        const { doc: result, changed } = applyUpdate(doc, sent.update);
        const others = documents.filter((each) => each !== doc);
        this.admit(result, others);
        documents = documents.map((each) => (each === doc ? result : each));
        if (modified !== undefined) modified = changed === undefined ? undefined : modified + Number(changed);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { sent, expected: { kind: 'written', n: 0, modified: 0, errors: [{ index: 0, codes: error.codes }] }, after: this };
    }
    const expected: Expected = { kind: 'written', n: found.length, modified, errors: [] };
    return { sent, expected, after: new Oracle(documents, this.indexes) };
  }

  private upsert(operation: OperationOf<'update'>): Foreseen {
    const doc = upsertedDocument(operation.filter, operation.update);
    this.admit(doc, this.documents);
    const expected: Expected = { kind: 'written', n: 1, modified: 0, upserted: doc['_id'], errors: [] };
    return { sent: operation, expected, after: new Oracle([...this.documents, doc], this.indexes) };
  }

  private delete(operation: OperationOf<'delete'>): Foreseen {
    const found = this.matching(operation.filter);
    const gone = operation.multi ? found : found.slice(0, 1);
    const sent = gone.length < found.length ? this.narrowed(operation, gone[0] as Doc) : operation;
    return { sent, expected: { kind: 'written', n: gone.length, errors: [] }, after: this.without(gone) };
  }

  private without(gone: readonly Doc[]): Oracle {
    return new Oracle(
      this.documents.filter((doc) => !gone.includes(doc)),
      this.indexes,
    );
  }

  /** The document that a findAndModify takes, and the operation that is sure to take it. */
  private pick<T extends OperationOf<'modify' | 'remove'>>(operation: T): { doc: Doc | undefined; sent: T } {
    const [first = []] = operation.sort ? sorted(this.documents, operation.filter, operation.sort) : [this.matching(operation.filter)];
    const [doc] = first;
    return { doc, sent: doc && first.length > 1 ? this.narrowed(operation, doc) : operation };
  }

  private modify(operation: OperationOf<'modify'>): Foreseen {
    checkUpdate(operation.update);
    const { doc, sent } = this.pick(operation);
    if (doc) return this.modifyOne(doc, sent);
    if (!operation.upsert) return { sent, expected: { kind: 'document', doc: null }, after: this };
    const made = upsertedDocument(operation.filter, operation.update);
    this.admit(made, this.documents);
    const expected: Expected = { kind: 'document', doc: operation.after ? made : null };
    return { sent, expected, after: new Oracle([...this.documents, made], this.indexes) };
  }

  private modifyOne(doc: Doc, sent: OperationOf<'modify'>): Foreseen {
    try {
      const { doc: result } = applyUpdate(doc, sent.update);
      this.admit(
        result,
        this.documents.filter((each) => each !== doc),
      );
      const documents = this.documents.map((each) => (each === doc ? result : each));
      return { sent, expected: { kind: 'document', doc: sent.after ? result : doc }, after: new Oracle(documents, this.indexes) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { sent, expected: { kind: 'refused', codes: error.codes }, after: this };
    }
  }

  private remove(operation: OperationOf<'remove'>): Foreseen {
    const { doc, sent } = this.pick(operation);
    return { sent, expected: { kind: 'document', doc: doc ?? null }, after: this.without(doc ? [doc] : []) };
  }

  private withIndex(index: IndexSpec): Oracle {
    if (this.indexes.length >= MAX_INDEXES) throw new Undecided();
    if (this.indexes.some((each) => indexName(each) === indexName(index))) throw new Undecided();
    const refused = new Set<number>();
    for (const [i, doc] of this.documents.entries()) {
      try {
        this.admit(doc, this.documents.slice(0, i), [index]);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        for (const code of error.codes) refused.add(code);
      }
    }
    if (refused.size > 0) throw new Refusal([...refused]);
    return new Oracle(this.documents, [...this.indexes, index]);
  }

  private dropIndex(operation: OperationOf<'dropIndex'>): Foreseen {
    if (this.indexes.length === 0) throw new Undecided();
    const number = operation.number % this.indexes.length;
    const after = new Oracle(
      this.documents,
      this.indexes.filter((_, i) => i !== number),
    );
    return { sent: { ...operation, number }, expected: { kind: 'done' }, after };
  }
}
