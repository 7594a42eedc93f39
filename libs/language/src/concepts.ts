import { fold, marksOf } from './fold.js';
import { PHRASES, type Concept } from './vocabulary.js';
import { canBe, type Word } from './words.js';

interface Phrase {
  words: { fold: string; marks: string }[];
  concept: Concept;
}

/** A concept named by the words from `first` up to but not including `last`. */
export interface ConceptMention {
  concept: Concept;
  first: number;
  last: number;
}

const BY_FIRST_WORD: ReadonlyMap<string, readonly Phrase[]> = (() => {
  const index = new Map<string, Phrase[]>();
  for (const [text, concept] of PHRASES) {
    const entries = text.split(' ').map((word) => ({ fold: fold(word), marks: marksOf(word) }));
    const first = entries[0]?.fold ?? '';
    index.set(first, [...(index.get(first) ?? []), { words: entries, concept }]);
  }
  for (const phrases of index.values()) phrases.sort((a, b) => b.words.length - a.words.length);
  return index;
})();

const matchesAt = (list: readonly Word[], at: number, phrase: Phrase): boolean =>
  phrase.words.every((entry, offset) => {
    const word = list[at + offset];
    return word !== undefined && canBe(word, entry) && (offset === 0 || !word.afterBreak);
  });

/** The concepts a text names, in order. At each place the longest phrase wins; a phrase of two concepts names both. */
export function conceptMentions(list: readonly Word[]): ConceptMention[] {
  const found: ConceptMention[] = [];
  for (let at = 0; at < list.length;) {
    const matching = (BY_FIRST_WORD.get(list[at]?.fold ?? '') ?? []).filter((phrase) => matchesAt(list, at, phrase));
    const length = matching[0]?.words.length ?? 0;
    for (const { concept, words } of matching) if (words.length === length) found.push({ concept, first: at, last: at + length });
    at += Math.max(1, length);
  }
  return found;
}
