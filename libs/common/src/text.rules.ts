import { accept, defineRule, refuse, type Rule } from './rule.js';

/** Limits of a text, in code points after normalisation. */
export interface TextLimits {
  min: number;
  max: number;
  /** Line breaks and tabs are allowed inside. */
  multiline?: boolean;
}

const CONTROL = /[\p{Cc}]/u;
const CONTROL_BUT_LINES = /(?![\n\t])[\p{Cc}]/u;
/** Embedding, override and isolate characters that reorder the text around them (Unicode TR #9). */
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * The base rule of every text: a string, trimmed and NFC-normalised, free of control characters, bidirectional
 * controls and lone surrogates, within the limits. Line ends become `\n` in multiline texts.
 */
export function textRule({ min, max, multiline = false }: TextLimits): Rule<string> {
  const control = multiline ? CONTROL_BUT_LINES : CONTROL;
  return defineRule({ type: 'string', minLength: min, maxLength: max }, (value) => {
    if (typeof value !== 'string') return refuse('WRONG_TYPE', 'must be a string');
    const text = (multiline ? value.replace(/\r\n?/g, '\n') : value).trim().normalize('NFC');
    if (!text.isWellFormed() || control.test(text) || BIDI_CONTROL.test(text)) {
      return refuse('BAD_CHARACTER', 'must not contain control characters, text direction controls or broken surrogates');
    }
    const length = [...text].length;
    if (length === 0 && min > 0) return refuse('REQUIRED', 'must not be empty');
    if (length < min) return refuse('TOO_SHORT', `must have at least ${min} characters`);
    if (length > max) return refuse('TOO_LONG', `must have at most ${max} characters`);
    return accept(text);
  });
}
