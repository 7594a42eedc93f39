import type { Document, RawDocument } from '../document.js';

/** Documents in batches of at most about 1,000; an empty batch is a moment at which the reader may pause. */
export type Source = Iterable<RawDocument[]>;

/** What the stages of a pipeline may use beside their input. */
export interface PipelineEnv {
  now: Date;
  /** Values of `$$name`. */
  variables?: Document;
  /** The matches in a collection of the same database; one that does not exist is empty. */
  scan(collection: string, filter: Document): Source;
}

export type Stage = (source: Source) => Source;

/** Items as batches of documents, the last of which may be empty. */
export function* inBatches<T>(items: Iterable<T>, toDocument: (item: T) => RawDocument): Source {
  let batch: RawDocument[] = [];
  for (const item of items) {
    if (batch.push(toDocument(item)) < 100) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** All documents of a source, with a pause for each of its batches. */
export function* gather(source: Source): Generator<RawDocument[], RawDocument[]> {
  const docs: RawDocument[] = [];
  for (const batch of source) {
    docs.push(...batch);
    yield [];
  }
  return docs;
}

/** A stage that makes any number of documents out of each. */
export function eachDocument(change: (doc: RawDocument) => Iterable<RawDocument>): Stage {
  function* changed(batch: RawDocument[]): Generator<RawDocument> {
    for (const doc of batch) yield* change(doc);
  }
  return function* (source) {
    for (const batch of source) yield* inBatches(changed(batch), (doc) => doc);
  };
}
