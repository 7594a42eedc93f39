/** One sentence of a text, trimmed, with its offsets. */
export interface Sentence {
  text: string;
  start: number;
  end: number;
}

/** A line end, or closing punctuation before a space. A dot inside a number, a code or a link has no space after it. */
const BOUNDARY = /\n+|(?<=[.!?…][)"”’]?)\s+/gu;
/** A dot that does not close a sentence: titles, places, numbering. */
const ABBREVIATION = /(?:^|[\s(])(?:[Tt][PpXxTt]|[PQ]|St|Mr|Mrs|Ms|Dr|ThS|TS|PGS|GS|BS|No|VD|Co|Ltd)\.$|^\s*\d{1,2}\.$/u;

/** Splits a text into sentences; every character but surrounding spaces is in one of them. */
export function sentences(text: string): Sentence[] {
  const found: Sentence[] = [];
  let start = 0;
  const close = (end: number): void => {
    const raw = text.slice(start, end);
    const trimmed = raw.trim();
    const from = start + raw.indexOf(trimmed);
    if (trimmed !== '') found.push({ text: trimmed, start: from, end: from + trimmed.length });
    start = end;
  };
  for (const match of text.matchAll(BOUNDARY)) {
    if (match[0].includes('\n') || !ABBREVIATION.test(text.slice(start, match.index))) close(match.index + match[0].length);
  }
  close(text.length);
  return found;
}
