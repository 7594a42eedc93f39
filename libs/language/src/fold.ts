const MARKS = /\p{M}/gu;
const STROKED = /[đð]/g;
const ASCII = /^[!-~]*$/;

/**
 * The form in which texts are compared: NFC, lower case, without tone and vowel marks, `đ` (also the Icelandic letter that old
 * data have in its place) as `d`.
 * "Hạn thanh toán" and "HAN THANH TOAN" fold to the same.
 */
export function fold(text: string): string {
  return text.normalize('NFD').replace(MARKS, '').toLowerCase().replace(STROKED, 'd').normalize('NFC');
}

/** Folded code units: at most as many as there are. */
const unitFolds = new Map<string, string>();

function foldUnit(unit: string): string {
  const known = unitFolds.get(unit);
  if (known !== undefined) return known;
  const folded = fold(unit);
  const kept = folded.length === 1 ? folded : unit;
  unitFolds.set(unit, kept);
  return kept;
}

/** Like {@link fold}, but unit for unit, so that an offset in the result is the same offset in `text` (which should be NFC). */
export function foldAligned(text: string): string {
  let folded = '';
  for (let at = 0; at < text.length; at++) folded += foldUnit(text.charAt(at));
  return folded;
}

/**
 * The marks of one word, in an order that does not depend on where the tone is written ("hoá" and "hóa" agree). Empty for
 * a word typed without marks, which may stand for any word of the same fold.
 */
export function marksOf(word: string): string {
  if (ASCII.test(word)) return '';
  const marks = word.normalize('NFD').match(MARKS) ?? [];
  const strokes = word.toLowerCase().split('đ').length - 1;
  return [...marks].sort().join('') + 'đ'.repeat(strokes);
}
