import type { BSONRegExp } from 'bson';
import { fail } from './errors.js';

type Pattern = BSONRegExp | RegExp | string;

/** What PCRE and JavaScript may read differently: escapes, classes, rarer groups, anchors, and what the `x` option drops. */
const TOKEN = /\\([^])|\[(\^?(?:\\[^]|[^\]\\])*)\]|\(\?(?![:=!])|[.^$]|[ \t-\r]+|#[^\n]*/gu;

/** Letters that mean the same after a backslash in both. The others JavaScript reads otherwise (`\v`, `\1`) or PCRE not at all (`\u`). */
const SAME_ESCAPES = 'bBdDwWtnrfx';
const BLANKS = ' \\t-\\r';

const refuse = (reason: string): never => fail(51091, `Regular expression is invalid: ${reason} in the embedded database`);

function escape(char: string): string {
  if (/[0-9A-Za-z]/.test(char)) return SAME_ESCAPES.includes(char) ? `\\${char}` : refuse(`\\${char} is not supported`);
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

function characterClass(body: string): string {
  if (/^\^?$|\[[:.=]/.test(body)) refuse(`[${body}: a POSIX class or a leading ] is not supported`);
  // PCRE takes no range from or to a class of characters.
  if (/[^^]-\\s|\\s-./.test(body)) refuse(`[${body}] is not supported`);
  const translated = body.replace(/\\([^])/gu, (_, char: string) => (char === 's' ? BLANKS : char === '-' ? '\\-' : escape(char)));
  return `[${translated}]`;
}

function translate(source: string, flags: ReadonlySet<string>): string {
  const meanings: Readonly<Record<string, string>> = {
    '.': flags.has('s') ? '[^]' : '[^\\n]',
    '^': flags.has('m') ? '(?:^|(?<=\\n)(?=[^]))' : '^',
    $: flags.has('m') ? '(?=\\n|$)' : '(?=\\n?$)',
    '\\s': `[${BLANKS}]`,
    '\\S': `[^${BLANKS}]`,
  };
  return source.replace(TOKEN, (text: string, escaped?: string, body?: string) => {
    if (body !== undefined) return characterClass(body);
    const meaning = meanings[text] ?? (escaped && escape(escaped));
    if (meaning) return meaning;
    if (text === '(?') return refuse('a group of this kind, or options that are not at the start');
    return flags.has('x') ? '' : text;
  });
}

export function sourceAndFlags(value: Pattern, options?: string): [source: string, flags: string] {
  if (typeof value === 'string') return [value, options ?? ''];
  return value instanceof RegExp ? [value.source, options ?? value.flags] : [value.pattern, options ?? value.options];
}

/** A regular expression as MongoDB (PCRE) runs it. Raises 51108 for an unknown option, 51091 for what cannot be run the same way. */
export function compileRegex(value: Pattern, options?: string): RegExp {
  const [source, given] = sourceAndFlags(value, options);
  const unknown = /[^imsxu]/.exec(given);
  if (unknown) fail(51108, `invalid flag in regex options: ${unknown[0]}`);
  const [prefix, inline] = /^\(\?([imsx]+)\)/.exec(source) ?? ['', ''];
  const flags = new Set(given + inline);
  const translated = translate(source.slice(prefix.length), flags);
  try {
    return new RegExp(translated, flags.has('i') ? 'iu' : 'u');
  } catch (error) {
    return refuse((error as SyntaxError).message);
  }
}

/** The text every match of an anchored pattern starts with; undefined when an index range cannot stand for it. */
export function literalPrefix(value: Pattern, options?: string): string | undefined {
  const [source, flags] = sourceAndFlags(value, options);
  if (/[imx]/.test(flags) || source.includes('|')) return undefined;
  const anchored = /^\^((?:[^\\.^$*+?()[\]{}|]|\\[^0-9A-Za-z\s])+)([*?{]?)/u.exec(source);
  const chars = anchored?.[1]?.match(/\\?[^]/gu) ?? [];
  // The last character may be there no times at all.
  const certain = anchored?.[2] ? chars.slice(0, -1) : chars;
  return certain.map((char) => char.replace(/^\\/, '')).join('') || undefined;
}
