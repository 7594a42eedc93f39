import { TemplateRefusal } from './template.errors.js';
import { parseTemplate } from './template.parser.js';
import { listVariables } from './template.variables.js';

const refusalOf = (source: string): TemplateRefusal => {
  try {
    parseTemplate(source);
  } catch (error) {
    if (error instanceof TemplateRefusal) return error;
    throw error;
  }
  throw new Error(`not refused: ${source}`);
};

describe(parseTemplate.name, () => {
  it('should take the whole of the language', () => {
    const source = `{customer_name} \\{literal} {{ order.code | upper }} {{ items[0]["name"] }}
      {% if total >= 100 and not paid or city in ["Huế", "Hà Nội"] %}a{% elif x == -1 %}b{% else %}c{% endif %}
      {% for item in items %}{% for k, v in item %}{{ loop.index }}{{ k }}={{ v }}{% endfor %}{% else %}none{% endfor %}
      {{ (a or b) | default("-", true) }} {{ "x" if a else "y" }} {# a comment #} { not a tag } }}`;
    expect(() => parseTemplate(source)).not.toThrow();
  });

  it.each([
    '{% set x = 1 %}',
    '{% include "a" %}',
    '{% extends "a" %}',
    '{% import "a" as b %}',
    '{% from "a" import b %}',
    '{% macro m() %}{% endmacro %}',
    '{% block b %}{% endblock %}',
    '{% call m() %}{% endcall %}',
    '{% filter upper %}x{% endfilter %}',
    '{% switch x %}{% case 1 %}a{% endswitch %}',
    '{% asyncEach x in y %}{% endeach %}',
    '{% asyncAll x in y %}{% endall %}',
    '{% ifAsync x %}a{% endif %}',
    '{% raw %}{{ x }}{% endraw %}',
    '{%- verbatim %}{{ x }}{% endverbatim %}',
    '{{ x() }}',
    '{{ x.y() }}',
    '{{ x[y] }}',
    '{{ 7 * 7 }}',
    '{{ a + b }}',
    '{{ a ~ b }}',
    '{{ {a: 1} }}',
    '{{ [a] }}',
    '{{ x | truncate(length=5) }}',
    '{{ x is defined }}',
    '{{ r/a/g }}',
    '{{ customer }}',
    '{{ a < b < c }}',
    '{% for a, b, c in d %}{% endfor %}',
  ])('T4 should refuse %s', (source) => {
    expect(refusalOf(`xin chào\n  ${source}`)).toMatchObject({ reason: 'TEMPLATE_NOT_ALLOWED', position: { line: 2 } });
  });

  it.each([
    `{{ range.constructor('return process')() }}`,
    `{{ ''.constructor.constructor('return process')() }}`,
    `{{ cycler('a') }}`,
    `{{ x.constructor }}`,
    `{{ x["__proto__"] }}`,
    `{{ x.prototype }}`,
    `{constructor}`,
    `{{ (x).constructor }}`,
    `{{ x | default(range(9)) }}`,
    `{% if x.constructor("a") %}{% endif %}`,
    `{% for a in "".constructor %}{% endfor %}`,
    `{% for a, b(c) in x %}{% endfor %}`,
  ])('T2 should refuse %s', (source) => {
    expect(refusalOf(source).reason).toMatch(/^TEMPLATE_(NAME_)?NOT_ALLOWED$/);
  });

  it('T3 should refuse loops nested three deep and take loops side by side', () => {
    const loops = (depth: number): string => '{% for a in x %}'.repeat(depth) + '{% endfor %}'.repeat(depth);
    expect(() => parseTemplate(loops(2) + loops(2))).not.toThrow();
    expect(refusalOf(loops(3)).reason).toBe('TEMPLATE_LOOPS_TOO_DEEP');
    expect(refusalOf(`{% for a in x %}{% if b %}${loops(2)}{% endif %}{% endfor %}`).reason).toBe('TEMPLATE_LOOPS_TOO_DEEP');
  });

  it.each(['customer_name', 'customer', 'loop', 'tags'])('should refuse a loop over the name %s', (name) => {
    expect(refusalOf(`{% for ${name} in x %}{% endfor %}`).reason).toBe('TEMPLATE_NAME_NOT_ALLOWED');
  });

  it.each([
    ['{{ x', 'TEMPLATE_TAG_UNCLOSED', 1, 1],
    ['ab {% if "%} {{ x }}', 'TEMPLATE_TAG_UNCLOSED', 1, 4],
    ['a\nb {# c', 'TEMPLATE_TAG_UNCLOSED', 2, 3],
    ['{{ }}', 'TEMPLATE_SYNTAX', 1, 4],
    ['{% if a %}b', 'TEMPLATE_SYNTAX', 1, 12],
    ['{% endif %}', 'TEMPLATE_SYNTAX', 1, 4],
    ['{% wat %}', 'TEMPLATE_SYNTAX', 1, 4],
    ['{{ a b }}', 'TEMPLATE_SYNTAX', 1, 6],
    ['{{ a | nope }}', 'TEMPLATE_FILTER_UNKNOWN', 1, 8],
    ['{{ a | upper("x") }}', 'TEMPLATE_FILTER_ARGUMENTS', 1, 8],
    ['{{ a | default }}', 'TEMPLATE_FILTER_ARGUMENTS', 1, 8],
    // The short form is written out before parsing; places are those of the author's text.
    ['{customer_name} \\{x} {{ a | nope }}', 'TEMPLATE_FILTER_UNKNOWN', 1, 29],
    ['Chào {tên}\n{x} {y}{{ z() }}', 'TEMPLATE_NOT_ALLOWED', 2, 12],
  ])('should say where and why: %s', (source, reason, line, column) => {
    expect(refusalOf(source)).toMatchObject({ reason, position: { line, column } });
  });

  it.each([
    `{{ ${'('.repeat(4_000)}a${')'.repeat(4_000)} }}`,
    `{{ ${'not '.repeat(2_000)}a }}`,
    '{% if a %}'.repeat(800) + '{% endif %}'.repeat(800),
  ])('should refuse nesting that would exhaust the stack', (source) => {
    expect(refusalOf(source).reason).toBe('TEMPLATE_TOO_COMPLEX');
  });
});

describe(listVariables.name, () => {
  it('should tell names, sources and which are required', () => {
    const source = `{customer_name} {{ order.code }} {{ note | default("-") }} {% if coupon %}{coupon}{% endif %}
      {% for item in items %}{{ item.name }}{{ loop.index }}{% endfor %} {{ customer.metadata.plan }} {{ a if b else c }} {note}`;
    expect(listVariables(parseTemplate(source))).toEqual([
      { name: 'customer_name', required: true, source: 'customer' },
      { name: 'order', required: true, source: 'data' },
      { name: 'note', required: true, source: 'data' },
      { name: 'coupon', required: false, source: 'data' },
      { name: 'items', required: true, source: 'data' },
      { name: 'customer.metadata.plan', required: true, source: 'customer' },
      { name: 'b', required: false, source: 'data' },
      { name: 'a', required: true, source: 'data' },
      { name: 'c', required: true, source: 'data' },
    ]);
  });
});
