interface Posting {
  document: number;
  count: number;
}

/** An inverted index over documents that are lists of terms; documents are numbered in the order given. */
export interface Bm25Index {
  postings: ReadonlyMap<string, readonly Posting[]>;
  lengths: readonly number[];
  averageLength: number;
}

/** How soon repeating a term stops helping. */
const SATURATION = 1.2;
/** How much a long document is held back; low, as notices are about equally long. */
const LENGTH_PENALTY = 0.4;

export function buildBm25(documents: readonly (readonly string[])[]): Bm25Index {
  const postings = new Map<string, Posting[]>();
  documents.forEach((terms, document) => {
    const counts = new Map<string, number>();
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    for (const [term, count] of counts) {
      const list = postings.get(term);
      if (list === undefined) postings.set(term, [{ document, count }]);
      else list.push({ document, count });
    }
  });
  const lengths = documents.map((terms) => terms.length);
  const averageLength = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  return { postings, lengths, averageLength };
}

/** How telling a term is: near 0 when every document has it. Positive for every term (Robertson and Spärck Jones, plus one). */
function idf({ postings, lengths }: Bm25Index, term: string): number {
  const found = postings.get(term)?.length ?? 0;
  return Math.log(1 + (lengths.length - found + 0.5) / (found + 0.5));
}

/** Okapi BM25 (Robertson and Zaragoza, 2009) of every document that has at least one of the terms, which count by their weights. */
export function bm25(index: Bm25Index, query: ReadonlyMap<string, number>): Map<number, number> {
  const scores = new Map<number, number>();
  for (const [term, weight] of query) {
    const telling = weight * idf(index, term);
    for (const { document, count } of index.postings.get(term) ?? []) {
      const length = (index.lengths[document] ?? 0) / index.averageLength;
      const gain = (count * (SATURATION + 1)) / (count + SATURATION * (1 - LENGTH_PENALTY + LENGTH_PENALTY * length));
      scores.set(document, (scores.get(document) ?? 0) + telling * gain);
    }
  }
  return scores;
}
