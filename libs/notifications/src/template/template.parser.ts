import nunjucks from 'nunjucks';
import { checkTemplate, type ParsedNode } from './template.checker.js';
import { TemplateRefusal, type TemplatePosition } from './template.errors.js';
import { expandShortForm, type ExpandedSource } from './template.source.js';
import type { Statement } from './template.tree.js';

// The typings of nunjucks leave its parser out.
const { parser } = nunjucks as unknown as { parser: { parse(source: string, extensions: [], options: object): ParsedNode } };

const placeOf = (error: object, expanded: ExpandedSource): TemplatePosition => {
  const { lineno, colno } = error as { lineno?: unknown; colno?: unknown };
  return typeof lineno === 'number' && typeof colno === 'number' ? expanded.originOf(lineno - 1, colno - 1) : expanded.end;
};

/** The parser's sentence without the name of its function and its class. */
const explain = (error: Error): string => error.message.replace(/^parse\w+: /, '').slice(0, 160);

/**
 * Reads a template: the short form, then the grammar of nunjucks (Jinja2), then the allow-list. What comes back holds
 * nothing but the allowed language. Raises {@link TemplateRefusal} with line, column and reason.
 */
export function parseTemplate(source: string): readonly Statement[] {
  const expanded = expandShortForm(source);
  try {
    return checkTemplate(parser.parse(expanded.text, [], {}), (line, column) => expanded.originOf(line, column));
  } catch (error) {
    if (error instanceof TemplateRefusal || !(error instanceof Error)) throw error;
    if (error instanceof RangeError)
      throw new TemplateRefusal('TEMPLATE_TOO_COMPLEX', { line: 1, column: 1 }, 'the template is nested too deeply');
    throw new TemplateRefusal('TEMPLATE_SYNTAX', placeOf(error, expanded), explain(error));
  }
}
