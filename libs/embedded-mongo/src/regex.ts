import type { BSONRegExp } from 'bson';
import { fail } from './errors.js';

/** What PCRE's class escapes mean: ASCII only, narrower than JavaScript's \s. */
const CLASSES: Readonly<Record<string, string>> = { s: ' \\t\\n\\v\\f\\r', h: ' \\t', d: '0-9', w: '0-9A-Za-z_' };
const POSIX: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: '0-9A-Za-z',
  upper: 'A-Z',
  lower: 'a-z',
  space: CLASSES['s'] ?? '',
  punct: '!-\\/:-@\\[-`{-~',
};

const TOKEN = new RegExp(
  [
    '\\\\Q([^]*?)(?:\\\\E|$)', // quoted text
    '\\\\([px])\\{(\\w+)\\}', // \p{L} and \x{1F600}
    '\\\\([^])',
    '\\[(\\^?)(\\]?(?:\\\\[^]|\\[:[a-z]+:\\]|[^\\]\\\\])*)\\]',
    '(\\(\\?P?<(?=[A-Za-z_]))', // a named group
    '\\(\\?(?::|=|!|<=|<!)',
    '(\\(\\?)', // any other kind of group
    '(?:[*+?]|\\{\\d+(?:,\\d*)?\\})(\\+?)',
    '[.^$\\]{}]',
    '\\s+|#[^\\n]*',
  ].join('|'),
  'gu',
);
const IN_CLASS = /\[:([a-z]+):\]|(-?)\\([sdwh])(-?)|\\([px])\{(\w+)\}|\\([^])|\[/gu;

const refuse = (reason: string): never => fail(51091, `Regular expression is invalid: ${reason}`);
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
const codePoint = (kind: string, name: string): string =>
  kind === 'x' ? `\\u{${name}}` : `\\p{${/^[A-Z][a-z]?$/.test(name) ? '' : 'Script='}${name}}`;

function escape(char: string): string {
  if ('bBDWtnrfv123456789x'.includes(char)) return `\\${char}`;
  return /[0-9A-Za-z]/.test(char) ? refuse(`\\${char} is not supported by the embedded database`) : char === '-' ? char : literal(char);
}

function inClass(body: string): string {
  return body.replace(
    IN_CLASS,
    (_, posix?: string, before?: string, known?: string, after?: string, kind?: string, name?: string, char?: string) => {
      if (posix) return POSIX[posix] ?? refuse('unknown POSIX class name');
      if (known) return `${before ? '\\-' : ''}${CLASSES[known]}${after ? '\\-' : ''}`;
      if (kind && name) return codePoint(kind, name);
      return char === undefined ? '\\[' : char === '-' || char === ']' || char === '^' ? `\\${char}` : escape(char);
    },
  );
}

/** Translates PCRE, as MongoDB reads it in UTF mode, token by token. */
function translate(source: string, flags: ReadonlySet<string>): string {
  return source.replace(
    TOKEN,
    (
      all: string,
      quoted?: string,
      kind?: string,
      name?: string,
      char?: string,
      negated?: string,
      body?: string,
      named?: string,
      group?: string,
      possessive?: string,
    ) => {
      if (quoted !== undefined) return literal(quoted);
      if (kind && name) return codePoint(kind, name);
      if (char) {
        const lower = CLASSES[char.toLowerCase()];
        if (lower) return `[${char === char.toLowerCase() ? '' : '^'}${lower}]`;
        return char === 'A' ? '(?<![^])' : char === 'z' ? '(?![^])' : char === 'Z' ? '(?=\\n?(?![^]))' : escape(char);
      }
      if (body !== undefined) return `[${negated ?? ''}${inClass(body.startsWith(']') ? `\\${body}` : body)}]`;
      if (named) return '(?<';
      if (group || possessive)
        return refuse('atomic groups, inline options and possessive quantifiers are not supported by the embedded database');
      if (all === '.') return flags.has('s') ? '[^]' : '[^\\n]';
      if (all === '^') return flags.has('m') ? '(?<![^\\n])' : '^';
      if (all === '$') return flags.has('m') ? '(?![^\\n])' : '(?=\\n?(?![^]))';
      if (/^[\s#]/.test(all)) return flags.has('x') ? '' : all;
      return /^[\]{}]$/.test(all) ? `\\${all}` : all;
    },
  );
}

const partsOf = (value: BSONRegExp | RegExp | string, options?: string): [source: string, flags: string] =>
  typeof value === 'string'
    ? [value, options ?? '']
    : value instanceof RegExp
      ? [value.source, options ?? value.flags]
      : [value.pattern, options ?? value.options];

/** A regular expression as MongoDB runs it. Raises 51108 for an unknown option, 51091 for what cannot be run the same way. */
export function compileRegex(value: BSONRegExp | RegExp | string, options?: string): RegExp {
  const [source, given] = partsOf(value, options);
  const unknown = /[^imsxu]/.exec(given);
  if (unknown) fail(51108, `invalid flag in regex options: ${unknown[0]}`);
  const [prefix, inline] = /^\(\?([imsx]+)\)/.exec(source) ?? ['', ''];
  const flags = new Set(given + (inline ?? ''));
  try {
    return new RegExp(translate(source.slice(prefix.length), flags), flags.has('i') ? 'iu' : 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(error.message);
    throw error;
  }
}

/** The text every match of an anchored pattern starts with; undefined when an index range cannot stand for it. */
export function literalPrefix(value: BSONRegExp | RegExp | string, options?: string): string | undefined {
  const [source, flags] = partsOf(value, options);
  const text = /[imx]/.test(flags) || source.includes('|') ? null : /^\^((?:[^\\.^$*+?()[\]{}|]|\\[^0-9A-Za-z\s])+)([*?{]?)/u.exec(source);
  const chars = text?.[1]?.match(/\\?[^]/gu) ?? [];
  const certain = text?.[2] ? chars.slice(0, -1) : chars;
  return certain.length > 0 ? certain.map((char) => char.replace(/^\\/, '')).join('') : undefined;
}
