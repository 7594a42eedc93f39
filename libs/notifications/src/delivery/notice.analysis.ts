import { extractSlots, fold, guessLanguage, sentences, terms, type Slot } from '@app/language';
import { LruCache } from '../template/lru-cache.js';

/** What a notice is found by. Slot offsets are those of the text. */
export interface NoticeAnalysis {
  fold: string;
  terms: string[];
  slots: Slot[];
  /** Null when nothing tells. */
  lang: string | null;
}

interface SentenceAnalysis {
  terms: readonly string[];
  slots: readonly Slot[];
  lang: string | null;
}

const KEPT_SENTENCES = 2_000;

/** Analyses notices sentence by sentence: those of one send share most of their sentences, and reading one is the dear part. */
export class NoticeAnalyzer {
  private readonly known = new LruCache<SentenceAnalysis>(KEPT_SENTENCES);

  analyze(text: string): NoticeAnalysis {
    const found: NoticeAnalysis = { fold: fold(text), terms: [], slots: [], lang: null };
    const weights = new Map<string, number>();
    for (const sentence of sentences(text)) {
      const part = this.known.getOrMake(sentence.text, () => ({
        terms: terms(sentence.text),
        slots: extractSlots(sentence.text),
        lang: guessLanguage(sentence.text),
      }));
      found.terms.push(...part.terms);
      for (const slot of part.slots) found.slots.push({ ...slot, start: slot.start + sentence.start, end: slot.end + sentence.start });
      if (part.lang !== null) weights.set(part.lang, (weights.get(part.lang) ?? 0) + sentence.text.length);
    }
    found.lang = [...weights].sort(([, first], [, second]) => second - first)[0]?.[0] ?? null;
    return found;
  }
}
