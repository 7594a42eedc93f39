import { accept, defineRule, refuse, type Checked, type Rule } from './rule.js';

/** Limits of a text, in code points after normalisation. */
export interface TextLimits {
  min: number;
  max: number;
  /** Line breaks and tabs are allowed inside. */
  multiline?: boolean;
  /** {@link REPLACEMENT} is refused. */
  lossless?: boolean;
}

/** What stands in the place of a character that some program could not read. */
export const REPLACEMENT = '\ufffd';

const CONTROL = /[\p{Cc}]/u;
const CONTROL_BUT_LINES = /(?![\n\t])[\p{Cc}]/u;
/** Embedding, override and isolate characters that reorder the text around them (Unicode TR #9). */
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
/** A character of NFC stands for at most four others (Unicode Standard Annex #15), each of at most two UTF-16 units. */
const MOST_UNITS = 8;
/** No language writes more marks in a row than 30 (Unicode Standard Annex #15, Stream-Safe Text Format). Looked for once a run. */
const HEAP_OF_MARKS = /(?<!\p{M})\p{M}{31}/u;
const hasHeapOfMarks = (text: string): boolean => text.length > 30 && HEAP_OF_MARKS.test(text);

const TOO_MANY_MARKS = refuse('BAD_CHARACTER', 'must not contain more than 30 combining marks in a row');
const tooLong = (max: number): Checked<never> => refuse('TOO_LONG', `must have at most ${max} characters`);

/**
 * A text in NFC. Refused are texts that cannot come to `max` code points or fewer, and more than 30 marks in a row:
 * putting half a million of them in order takes minutes.
 */
export function composeText(text: string, max: number): Checked<string> {
  if (text.length > MOST_UNITS * max) return tooLong(max);
  if (hasHeapOfMarks(text)) return TOO_MANY_MARKS;
  const composed = text.normalize('NFC');
  // Some marks come apart into two for good.
  return hasHeapOfMarks(composed) ? TOO_MANY_MARKS : accept(composed);
}

/**
 * The base rule of every text: a string, trimmed and NFC-normalised, free of control characters, bidirectional
 * controls, lone surrogates and heaps of marks, within the limits. Line ends become `\n` in multiline texts.
 */
export function textRule({ min, max, multiline = false, lossless = false }: TextLimits): Rule<string> {
  const control = multiline ? CONTROL_BUT_LINES : CONTROL;
  return defineRule({ type: 'string', minLength: min, maxLength: max }, (value) => {
    if (typeof value !== 'string') return refuse('WRONG_TYPE', 'must be a string');
    const trimmed = value.trim();
    const composed = composeText(multiline ? trimmed.replace(/\r\n?/g, '\n') : trimmed, max);
    if (!composed.ok) return composed;
    const text = composed.value;
    if (!text.isWellFormed() || control.test(text) || BIDI_CONTROL.test(text)) {
      return refuse('BAD_CHARACTER', 'must not contain control characters, text direction controls or broken surrogates');
    }
    if (lossless && text.includes(REPLACEMENT)) return refuse('BAD_CHARACTER', 'has a character that was lost before');
    const length = [...text].length;
    if (length === 0 && min > 0) return refuse('REQUIRED', 'must not be empty');
    if (length < min) return refuse('TOO_SHORT', `must have at least ${min} characters`);
    return length > max ? tooLong(max) : composed;
  });
}
