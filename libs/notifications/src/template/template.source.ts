import { TemplateRefusal, type TemplatePosition } from './template.errors.js';

const SHORT_FORM = /\{([\p{L}_][\p{L}\p{N}_]*)\}/uy;
const RAW_TAG = /^\{%-?\s*(?:raw|verbatim)\b/;
/** How a tag closes, by how it opens. */
const CLOSING: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}', '{#': '#}' };

/** A template with its short forms written out, and the way back from a place in it to the author's text. */
export interface ExpandedSource {
  text: string;
  /** `line` and `column` from 0, as the parser counts them. */
  originOf(line: number, column: number): TemplatePosition;
  end: TemplatePosition;
}

function positionIn(source: string, offset: number): TemplatePosition {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 };
}

/** The offset after the tag that opens at `start`. Closing marks inside strings do not count. */
function endOfTag(source: string, start: number): number {
  const closing = CLOSING[source.slice(start, start + 2)] ?? '';
  let quote = '';
  for (let offset = start + 2; offset < source.length; offset++) {
    const character = source.charAt(offset);
    if (quote !== '') {
      if (character === '\\') offset++;
      else if (character === quote) quote = '';
    } else if (closing !== '#}' && (character === '"' || character === "'")) {
      quote = character;
    } else if (source.startsWith(closing, offset)) {
      return offset + 2;
    }
  }
  throw new TemplateRefusal('TEMPLATE_TAG_UNCLOSED', positionIn(source, start), `this tag has no closing ${closing}`);
}

/**
 * Writes out the short form: `{name}` becomes `{{ name }}`, `\{` becomes a literal brace. Tags are copied as they are,
 * and so is a brace that opens no short form. Raw blocks are refused: they would hide text from this reading.
 */
export function expandShortForm(source: string): ExpandedSource {
  const pieces: string[] = [];
  const marks: { expanded: number; original: number }[] = [{ expanded: 0, original: 0 }];
  let length = 0;
  let copied = 0;
  const emit = (text: string): void => {
    pieces.push(text);
    length += text.length;
  };
  const replace = (from: number, to: number, text: string): void => {
    emit(source.slice(copied, from));
    marks.push({ expanded: length, original: from });
    emit(text);
    marks.push({ expanded: length, original: to });
    copied = to;
  };

  for (let offset = 0; offset < source.length;) {
    if (source.startsWith('\\{', offset)) {
      replace(offset, offset + 2, '{{ "{" }}');
      offset += 2;
    } else if (CLOSING[source.slice(offset, offset + 2)]) {
      if (RAW_TAG.test(source.slice(offset, offset + 40))) {
        throw new TemplateRefusal(
          'TEMPLATE_NOT_ALLOWED',
          positionIn(source, offset),
          'raw blocks are not part of the template language; write \\{ for a brace',
        );
      }
      offset = endOfTag(source, offset);
    } else {
      SHORT_FORM.lastIndex = offset;
      const short = SHORT_FORM.exec(source);
      if (short) replace(offset, offset + short[0].length, `{{ ${short[1] ?? ''} }}`);
      offset += short?.[0].length ?? 1;
    }
  }
  emit(source.slice(copied));

  const text = pieces.join('');
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return {
    text,
    originOf: (line, column) => {
      const offset = (lineStarts[line] ?? text.length) + column;
      const mark = marks.findLast(({ expanded }) => expanded <= offset) ?? { expanded: 0, original: 0 };
      const next = marks[marks.indexOf(mark) + 1];
      return positionIn(source, Math.min(mark.original + (offset - mark.expanded), next?.original ?? source.length));
    },
    end: positionIn(source, source.length),
  };
}
