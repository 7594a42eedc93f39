import nunjucks from 'nunjucks';
import type { JsonObject } from '@app/common';
import { RenderError, TemplateInvalidError } from './template.errors.js';
import { TemplateRenderer } from './template.renderer.js';
import type { TemplateCustomer } from './template.scope.js';

const AN: TemplateCustomer = {
  fullName: 'Nguyễn Văn An',
  email: 'an@example.vn',
  phone: '0912345678',
  company: null,
  position: null,
  address: null,
  city: 'Huế',
  country: null,
  language: 'vi',
  tags: ['vip', 'hue'],
  metadata: { amount: '275000', plan: 'Giga' },
};

describe(TemplateRenderer.name, () => {
  const sut = new TemplateRenderer();
  const render = (bodyTemplate: string, data: JsonObject = {}, customer: TemplateCustomer | null = AN, strict = false): string =>
    sut.compile({ subject: null, bodyTemplate }).render({ customer, data, language: 'vi', timezone: 'Asia/Ho_Chi_Minh' }, strict).body;
  const codeOf = (work: () => unknown): string | undefined => {
    try {
      work();
    } catch (error) {
      if (error instanceof RenderError) return error.code;
      throw error;
    }
    return undefined;
  };

  it('should fill in customer variables, data and metadata, in this order', () => {
    const data = { customer_name: 'Kẻ Giả Danh', city: 'X', plan: 'từ dữ liệu', code: 'DH1' };
    expect(render('{customer_name}|{city}|{plan}|{amount}|{code}|{{ customer.metadata.plan }}|{tags}', data)).toBe(
      'Nguyễn Văn An|Huế|từ dữ liệu|275000|DH1|Giga|vip, hue',
    );
  });

  it('T1 should never render values again', () => {
    const injected = { ...AN, fullName: '{{7*7}} {customer_email} {% for a in b %}' };
    expect(render('Chào {customer_name}', {}, injected)).toBe('Chào {{7*7}} {customer_email} {% for a in b %}');
  });

  it('T2 should not reach what a value does not own', () => {
    const data = JSON.parse('{"x": {"a": 1}, "list": [1]}') as JsonObject;
    expect(render('[{{ x.toString }}{{ x.hasOwnProperty }}{{ list.map }}{toString}{hasOwnProperty}{valueOf}]', data)).toBe('[]');
  });

  it('T3 should stop output, lists and work at their limits', () => {
    const list = (length: number): string[] => Array.from({ length }, () => 'x');
    const square = '{% for a in x %}{% for b in x %}{{ a }}{{ b }}{% endfor %}{% endfor %}';
    expect(render(square, { x: list(100) })).toHaveLength(20_000);
    expect(codeOf(() => render(square + '.', { x: list(100) }))).toBe('TEMPLATE_OUTPUT_TOO_LONG');
    expect(codeOf(() => render(square, { x: list(101) }))).toBe('TEMPLATE_VALUE_INVALID');
    const silent = `{% for a in x %}{% for b in x %}${'{none}'.repeat(100)}{% endfor %}{% endfor %}`;
    expect(codeOf(() => render(silent, { x: list(100) }))).toBe('TEMPLATE_TOO_MUCH_WORK');
  });

  it('T4 should render unknown and missing values empty, list them, and escape nothing', () => {
    const compiled = sut.compile({ subject: 'S {a}', bodyTemplate: '[{b}{{ c.d | upper }}{company}{{ e | default("-") }}] {html}' });
    const scope = { customer: AN, data: { html: '<script>&"' }, language: 'vi', timezone: 'UTC' };
    expect(compiled.render(scope)).toEqual({ subject: 'S', body: '[-] <script>&"', missing: ['a', 'b', 'c.d', 'company'] });
    expect(() => compiled.render(scope, true)).toThrow('a, b, c.d, company');
  });

  it('should ask only for what is printed when strict', () => {
    expect(render('{% if coupon %}{coupon}{% endif %}ok{{ x | default(plan) }}', {}, AN, true)).toBe('okGiga');
    expect(codeOf(() => render('{nothing}x', { nothing: null }, AN, true))).toBe('TEMPLATE_VARIABLES_MISSING');
  });

  it('should name the variable, not its value, when a value does not fit', () => {
    expect(() => render('{{ amount | currency }}', { amount: 'rất nhiều' })).toThrow(/^amount is not an amount \(filter currency\)\.$/);
    expect(() => render('{{ order }}', { order: { a: 1 } })).toThrow('order is an object, not a text.');
    expect(() => render('{% for a in plan %}{% endfor %}x')).toThrow('plan is not a list.');
    expect(codeOf(() => render('{nothing}'))).toBe('TEMPLATE_OUTPUT_EMPTY');
  });

  it('should keep literal braces and text around them', () => {
    expect(render('\\{customer_name} { x } {"a": 1} }} {{ "{plan}" }}')).toBe('{customer_name} { x } {"a": 1} }} {plan}');
  });

  it('should name field, line and column of every faulty template', () => {
    const template = { subject: '{{ x', bodyTemplate: 'ok\n{{ y() }}' };
    expect(() => sut.check(template, { '/email_template': '{% set a = 1 %}' })).toThrow(
      expect.objectContaining({
        violations: [
          { pointer: '/subject', code: 'TEMPLATE_TAG_UNCLOSED', detail: expect.stringMatching(/^line 1, column 1: /) },
          { pointer: '/body_template', code: 'TEMPLATE_NOT_ALLOWED', detail: expect.stringMatching(/^line 2, column \d+: a call /) },
          { pointer: '/email_template', code: 'TEMPLATE_NOT_ALLOWED', detail: expect.stringMatching(/^line 1, column 4: set /) },
        ],
      }) as TemplateInvalidError,
    );
  });

  it.each([
    '{{ a }} {{ s | upper }} {{ s | title }} {{ list | join("-") }} {{ list | length }}',
    '{% if a > 1 and s == "xin chào" %}y{% else %}n{% endif %}',
    '{% for x in list %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %},{% endif %}{% endfor %}',
    '{% for k, v in o %}{{ k }}={{ v }};{% endfor %}{% for x in none_such %}a{% else %}empty{% endfor %}',
    '{{ o.b }} {{ o["c"] }} {{ list[1] }} {{ list[9] }} {{ o.x.y }} {{ s | truncate(6) }} {{ n | round(1) }} {{ n | round }}',
    '{{ a if b else s }} {{ b or s }} {{ a and s }} {{ 1 in list }} {{ "à" in s }} {{ missing | default("d") }}',
    'a {%- if a -%}  b  {%- endif -%}  c {{- a -}} d {# x #}e',
  ])('should give what nunjucks gives: %s', (source) => {
    const data = { a: 3, b: false, s: 'xin chào', n: 2.25, list: [1, 2, 3], o: { b: 'B', c: 'C' } };
    const reference = new nunjucks.Environment(null, { autoescape: false }).renderString(source, data);
    expect(render(source, data)).toBe(reference.trim());
  });
});
