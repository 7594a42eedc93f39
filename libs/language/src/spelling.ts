import { conceptMentions } from './concepts.js';
import { withinOneEdit } from './one-edit.js';
import { isNeutralWord } from './stop-words.js';
import { words, type Word } from './words.js';

/** The terms that some texts are found by, arranged for finding a misspelt one. */
export interface Vocabulary {
  has(term: string): boolean;
  /** Terms of that length whose words begin with the same letters as `term`'s. */
  similar(term: string, length: number): readonly string[];
}

/** Shorter words, and pairs of shorter syllables, have too many neighbours one edit away. */
const CORRECTABLE_WORD = 5;
const CORRECTABLE_PAIR = 9;

const shapeOf = (term: string, length: number): string => {
  const second = term.indexOf('_') + 1;
  return `${term.charAt(0)}${second > 0 ? `_${term.charAt(second)}` : ''}${length}`;
};

/** Of terms as `terms` makes them; only words and pairs matter. */
export function vocabularyOf(terms: Iterable<string>): Vocabulary {
  const all = new Set(terms);
  const byShape = new Map<string, string[]>();
  for (const term of all) {
    const shape = shapeOf(term, term.length);
    const list = byShape.get(shape);
    if (list === undefined) byShape.set(shape, [term]);
    else list.push(term);
  }
  return { has: (term) => all.has(term), similar: (term, length) => byShape.get(shapeOf(term, length)) ?? [] };
}

/** The term one edit away; typing errors rarely hit the first letter of a word, which keeps "giá vàng" from "giá hàng". */
const nearest = (term: string, vocabulary: Vocabulary): string | undefined =>
  [0, 1, -1].flatMap((step) => vocabulary.similar(term, term.length + step)).find((other) => withinOneEdit(term, other));

function correctionOf(word: Word, before: Word | undefined, after: Word | undefined, vocabulary: Vocabulary): string | undefined {
  const asPair = (first: Word | undefined, second: Word | undefined, side: 0 | 1): string | undefined => {
    const pair = first && second && `${first.fold}_${second.fold}`;
    return pair !== undefined && pair.length >= CORRECTABLE_PAIR ? nearest(pair, vocabulary)?.split('_')[side] : undefined;
  };
  const alone = word.fold.length >= CORRECTABLE_WORD ? nearest(word.fold, vocabulary) : undefined;
  return asPair(before, word, 1) ?? asPair(word, after, 0) ?? alone;
}

/** A question with each word that the vocabulary lacks replaced by the one of the vocabulary that it is one slip away from. */
export function correctSpelling(question: string, vocabulary: Vocabulary): string {
  const source = question.normalize('NFC');
  const list = words(source);
  const isNamed = new Set(conceptMentions(list).flatMap(({ first, last }) => list.slice(first, last)));
  let corrected = source;
  for (const [at, word] of [...list.entries()].reverse()) {
    if (vocabulary.has(word.fold) || isNamed.has(word) || isNeutralWord(word) || /\d/.test(word.fold)) continue;
    const better = correctionOf(word, list[at - 1], list[at + 1], vocabulary);
    if (better !== undefined) corrected = corrected.slice(0, word.start) + better + corrected.slice(word.end);
  }
  return corrected;
}
