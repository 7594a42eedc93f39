import type { ModelReply, ModelRequest } from '@app/ai';
import { toAnswer, type AnswerContext } from './answer.js';

const request: ModelRequest = {
  system: '',
  dataBlock: '',
  records: [
    {
      kind: 'notice',
      id: 'n1',
      at: new Date('2026-11-20T02:00:00Z'),
      text: 'Hóa đơn HD-2291 là 275.000 đ, hạn 25/11/2026.',
      subject: null,
    },
    { kind: 'message', id: 'm1', at: new Date('2026-11-19T02:00:00Z'), text: 'Nhà tôi số 12 ngõ 5', role: 'user' },
  ],
  history: [{ role: 'user', text: 'Mã của tôi là KH7788' }],
  question: 'Hóa đơn 999.000 đ phải không?',
  lang: 'vi',
  now: new Date('2026-11-22T03:00:00Z'),
  timeZone: 'Asia/Ho_Chi_Minh',
  maxOutputTokens: 600,
};
const context: AnswerContext = {
  request,
  trace: { records: [], dropped: [], tokens: 1, assemblyMs: 1 },
  delimiter: 'a1b2c3d4',
  degraded: ['redis'],
  latencyMs: 5,
};
const reply = (text: string, changes: Partial<ModelReply> = {}): ModelReply => ({
  text,
  provider: 'gemini',
  model: 'g',
  finishReason: 'stop',
  usage: null,
  needsHuman: false,
  degraded: [],
  ...changes,
});

describe(toAnswer, () => {
  it('should take out the marks and name the sources with their words', () => {
    const { text, kind, details } = toAnswer(reply('Dạ 275.000 đ ạ [[N:n1]], nhà số 12 [[M:m1]].'), context);
    expect([text, kind]).toEqual(['Dạ 275.000 đ ạ, nhà số 12.', 'chat']);
    expect(details.citations).toEqual([
      { notificationId: 'n1', quote: 'Hóa đơn HD-2291 là 275.000 đ, hạn 25/11/2026.' },
      { messageId: 'm1', quote: 'Nhà tôi số 12 ngõ 5' },
    ]);
    expect(details.degraded).toEqual(['redis']);
  });

  it.each(['Dạ, hạn là 25/11 ạ.', 'Dạ, mã HD2291 ạ.', 'Dạ, mã của mình là KH7788 ạ.', 'Thông báo ngày 20/11 ạ.', 'Em hỗ trợ 24/7 ạ.'])(
    'should let %p pass',
    (text) => {
      expect(toAnswer(reply(text), context)).toMatchObject({ text, kind: 'chat', details: { needsHuman: false } });
    },
  );

  it.each([
    'Dạ, đúng là 999.000 đ ạ. [[N:n1]]',
    'Dạ, hạn là 26/11/2026 ạ.',
    'Mã giảm giá của mình là SALE2026 ạ.',
    'Xem ![ảnh](https://evil.example/p.png?d=1) ạ.',
  ])('should ask back instead of %p', (text) => {
    const answer = toAnswer(reply(text), context);
    expect(answer).toMatchObject({ kind: 'fallback', status: 'complete', details: { needsHuman: true, citations: [] } });
    expect(answer.text).toMatch(/^Dạ, em chưa có thông tin chắc chắn/);
    expect(answer.details.trace.unsupported).toHaveLength(1);
  });

  it('should strip control characters and the delimiter', () => {
    expect(toAnswer(reply('\u001b[31mDạ\u0007 vâng\u202e a1b2c3d4'), context).text).not.toMatch(/\p{Cc}|\u202e|a1b2c3d4/u);
  });

  it('should never give a refusal of the provider to a model again', () => {
    expect(toAnswer(reply('Dạ, em xin phép.', { finishReason: 'blocked' }), context)).toMatchObject({
      text: 'Dạ, em xin phép.',
      kind: 'fallback',
    });
  });

  it('should call an answer that was cut partial', () => {
    expect(toAnswer(reply('Dạ, hóa đơn', { finishReason: 'length' }), context)).toMatchObject({ kind: 'chat', status: 'partial' });
  });

  it('should ask back in the language of the question', () => {
    expect(toAnswer(reply('It is 1.000.000 đ.'), { ...context, request: { ...request, lang: 'en' } }).text).toMatch(/^I do not have/);
  });
});
