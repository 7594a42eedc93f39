import { templateDataRule, topicVariablesRule } from './notification.rules.js';

describe('templateDataRule', () => {
  it('should normalise texts at every depth and be idempotent', () => {
    const once = templateDataRule({ name: ' Vũ '.normalize('NFD'), list: [1, true, null, { a: 'x\r\ny' }] });
    expect(once).toEqual({ ok: true, value: { name: 'Vũ', list: [1, true, null, { a: 'x\ny' }] } });
    expect(once.ok && templateDataRule(once.value)).toEqual(once);
  });

  it.each([
    [[], 'WRONG_TYPE'],
    [null, 'WRONG_TYPE'],
    ['x', 'WRONG_TYPE'],
    [{ a: Number.POSITIVE_INFINITY }, 'WRONG_TYPE'],
    [{ a: 'x\u0000' }, 'BAD_CHARACTER'],
    [{ a: '\u202e' }, 'BAD_CHARACTER'],
    [{ a: { $gt: 1 } }, 'BAD_KEY'],
    [{ 'a.b': 1 }, 'BAD_KEY'],
    [{ constructor: 1 }, 'BAD_KEY'],
    [JSON.parse('{"a": {"__proto__": 1}}'), 'BAD_KEY'],
    [{ '': 1 }, 'REQUIRED'],
    [{ a: Array.from({ length: 101 }, () => 1) }, 'TOO_LONG'],
    [{ a: { b: { c: { d: { e: { f: 1 } } } } } }, 'TOO_DEEP'],
    [Object.fromEntries(Array.from({ length: 5 }, (_, key) => [`k${key}`, 'x'.repeat(4_000)])), 'TOO_LONG'],
  ])('T3 N4 should refuse %j with %s', (value, code) => {
    expect(templateDataRule(value)).toMatchObject({ ok: false, code });
  });
});

describe('topicVariablesRule', () => {
  it('should take names and paths, each once', () => {
    expect(topicVariablesRule(['mã_đơn', 'order.code', 'mã_đơn'])).toEqual({ ok: true, value: ['mã_đơn', 'order.code'] });
  });

  it.each([[['a b']], [['a..b']], [[1]], ['a'], [Array.from({ length: 21 }, (_, n) => `v${n}`)]])('should refuse %j', (value) => {
    expect(topicVariablesRule(value).ok).toBe(false);
  });
});
