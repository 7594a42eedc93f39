import { foldAligned, marksOf } from './fold.js';

/** One word of a text: folded, with its marks apart, and where it stands. */
export interface Word {
  fold: string;
  /** See {@link marksOf}. */
  marks: string;
  start: number;
  end: number;
  /** Punctuation stands between this word and the one before. */
  afterBreak: boolean;
}

const WORD = /[\p{L}\p{N}]+/gu;

/** The runs of letters and digits of a text. Vietnamese writes one syllable per run, so a Vietnamese "word" here is a syllable. */
export function words(text: string): Word[] {
  const source = text.normalize('NFC');
  const folded = foldAligned(source);
  const found: Word[] = [];
  let last = 0;
  for (const match of folded.matchAll(WORD)) {
    const end = match.index + match[0].length;
    found.push({
      fold: match[0],
      marks: marksOf(source.slice(match.index, end)),
      start: match.index,
      end,
      afterBreak: folded.slice(last, match.index).trim() !== '',
    });
    last = end;
  }
  return found;
}

/** Whether a word as typed can be the word `entry`: the same marks, or none typed. */
export const canBe = (word: Word, entry: { fold: string; marks: string }): boolean =>
  word.fold === entry.fold && (word.marks === '' || word.marks === entry.marks);
