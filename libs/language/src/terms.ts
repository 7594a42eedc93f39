import { conceptMentions } from './concepts.js';
import { extractSlots } from './slots.js';
import { isStopWord } from './stop-words.js';
import { words } from './words.js';

/**
 * What a text is found by, folded: its words but for function words, pairs of neighbouring words (`thanh_toan`), what the
 * vocabulary says it is about (`~pay`, the same from both languages), codes in one form (`#DH1024` and `DH-1024` give
 * `dh1024`) and amounts by value (`=275000`). Repeated terms are repeated.
 */
export function terms(text: string): string[] {
  const list = words(text);
  const found: string[] = [];
  list.forEach((word, at) => {
    const isStop = isStopWord(word);
    if (!isStop) found.push(word.fold);
    const next = list[at + 1];
    if (next !== undefined && !next.afterBreak && !(isStop && isStopWord(next))) found.push(`${word.fold}_${next.fold}`);
  });
  for (const { concept } of conceptMentions(list)) found.push(`~${concept}`);
  for (const { kind, value } of extractSlots(text)) {
    if (kind === 'code' && !found.includes(value)) found.push(value);
    if (kind === 'amount') found.push(`=${value.split(' ')[0] ?? value}`);
  }
  return found;
}
