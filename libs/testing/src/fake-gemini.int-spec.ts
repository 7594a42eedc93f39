import { FakeGemini, geminiScenarios } from './fake-gemini.js';

interface Answer {
  candidates: { content: { parts: { text: string }[] } }[];
  error: { code: number; status: string; details: { reason: string }[] };
}

describe(FakeGemini.name, () => {
  let sut: FakeGemini;
  beforeAll(async () => {
    sut = await FakeGemini.start();
  });
  afterEach(() => sut.reset());
  afterAll(() => sut.stop());

  const user = { role: 'user', parts: [{ text: 'Xin chào' }] };
  const post = (body: unknown, { key = sut.apiKey, model = 'gemini-3.5-flash-lite' } = {}): Promise<Response> =>
    fetch(`${sut.baseUrl}/v1beta/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': key },
      body: JSON.stringify(body),
    });

  const json = async (response: Promise<Response>): Promise<Answer> => (await (await response).json()) as Answer;

  it('should answer as told, in order, and then ok, and remember what was asked', async () => {
    sut.next(geminiScenarios.echo(), geminiScenarios.error(503, 'UNAVAILABLE'));
    expect((await json(post({ contents: [user] }))).candidates[0]?.content.parts).toEqual([{ text: 'Xin chào' }]);
    expect((await post({ contents: [user] })).status).toBe(503);
    expect((await post({ contents: [user] })).status).toBe(200);
    expect(sut.calls.map(({ body }) => body)).toEqual([{ contents: [user] }, { contents: [user] }, { contents: [user] }]);
  });

  it.each([
    ['an unknown field', { contents: [user], temperature: 1 }],
    ['a bad role', { contents: [{ role: 'system', parts: [{ text: 'x' }] }] }],
    ['a last turn of the model', { contents: [user, { role: 'model', parts: [{ text: 'x' }] }] }],
    ['no contents', { contents: [] }],
    ['an empty text', { contents: [{ role: 'user', parts: [{ text: '' }] }] }],
  ])('should refuse %s', async (_, body) => {
    expect((await json(post(body))).error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  });

  it('should refuse a bad key and a retired model', async () => {
    expect((await json(post({ contents: [user] }, { key: 'other' }))).error.details[0]?.reason).toBe('API_KEY_INVALID');
    expect((await post({ contents: [user] }, { model: 'gemini-1.5-flash' })).status).toBe(404);
  });

  it('should answer as a reader only from the records of the prompt', async () => {
    const block = { role: 'user', parts: [{ text: '<<<\n{"kind":"notice","id":"n1","text":"Hạn thanh toán: 25/11/2026."}\n>>>' }] };
    const ask = (question: string): object => ({ contents: [block, { role: 'user', parts: [{ text: question }] }] });
    sut.always(geminiScenarios.reader());
    expect((await json(post(ask('Khi nào tôi phải thanh toán?')))).candidates[0]?.content.parts[0]?.text).toBe(
      'Hạn thanh toán: 25/11/2026. [[N:n1]]',
    );
    expect((await json(post(ask('Giá vàng?')))).candidates[0]?.content.parts[0]?.text).toContain('[[HUMAN]]');
  });
});
