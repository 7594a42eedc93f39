import { SystemClock } from '@app/common';
import { FakeGemini, geminiScenarios as say, type Scenario } from '@app/testing';
import { GeminiModel, type GeminiSettings } from './gemini.model.js';
import { ProviderFailedError, type ModelFailure } from './language-model.errors.js';
import type { ModelRequest } from './language-model.js';
import { BLOCKED_REPLY } from './policy.js';

const MODEL = 'gemini-3.5-flash-lite';
const REQUEST: ModelRequest = {
  system: 'Be kind.',
  dataBlock: '<<<\n{"kind":"notice","id":"n1","text":"Hạn thanh toán: 25/11/2026."}\n>>>',
  records: [],
  history: [
    { role: 'user', text: 'Chào em' },
    { role: 'model', text: 'Dạ, em chào chị.' },
  ],
  question: 'Khi nào tôi phải thanh toán?',
  lang: 'vi',
  now: new Date('2026-11-22T03:00:00Z'),
  timeZone: 'Asia/Ho_Chi_Minh',
  maxOutputTokens: 500,
};
const never = new AbortController().signal;

describe(GeminiModel.name, () => {
  let fake: FakeGemini;
  beforeAll(async () => {
    fake = await FakeGemini.start();
  });
  afterEach(() => fake.reset());
  afterAll(() => fake.stop());

  const make = ({ guard, ...settings }: Partial<GeminiSettings> = {}): GeminiModel =>
    new GeminiModel(
      {
        apiKey: fake.apiKey,
        model: MODEL,
        baseUrl: fake.baseUrl,
        concurrency: 16,
        firstByteMs: 2_000,
        guard: { retryWaitMs: [1, 2], totalMs: 5_000, openMs: 60_000, ...guard },
        ...settings,
      },
      new SystemClock(),
      () => 0.5,
    );
  const generate = (sut: GeminiModel, signal = never): ReturnType<GeminiModel['generate']> => sut.generate(REQUEST, signal);
  const failureOf = async (answer: Promise<unknown>): Promise<ModelFailure | 'none'> =>
    answer.then(
      () => 'none' as const,
      (error: unknown) => {
        if (error instanceof ProviderFailedError) return error.failure;
        throw error;
      },
    );

  it('should send policy, records, conversation and question, and nothing that tunes the model', async () => {
    await generate(make());
    expect(fake.calls[0]).toMatchObject({
      model: MODEL,
      body: {
        systemInstruction: { parts: [{ text: 'Be kind.' }] },
        contents: [
          { role: 'user', parts: [{ text: REQUEST.dataBlock }] },
          { role: 'user', parts: [{ text: 'Chào em' }] },
          { role: 'model', parts: [{ text: 'Dạ, em chào chị.' }] },
          { role: 'user', parts: [{ text: REQUEST.question }] },
        ],
      },
    });
    expect(fake.calls[0]?.body?.generationConfig).toEqual({ maxOutputTokens: 500 });
  });

  it('should return the answer with its usage', async () => {
    fake.next(say.reader());
    await expect(generate(make())).resolves.toEqual({
      text: 'Hạn thanh toán: 25/11/2026. [[N:n1]]',
      provider: 'gemini',
      model: MODEL,
      finishReason: 'stop',
      usage: { promptTokens: expect.any(Number), completionTokens: 9 },
      needsHuman: false,
      degraded: [],
    });
  });

  it.each<[string, Scenario, object]>([
    ['joins two parts once', say.twoParts('Dạ, ', 'em nghe.'), { text: 'Dạ, em nghe.', finishReason: 'stop' }],
    ['leaves thoughts out', say.thoughtPart('Dạ.'), { text: 'Dạ.', finishReason: 'stop' }],
    ['takes the hand-off mark', say.ok('Em chưa có thông tin. [[HUMAN]]'), { text: 'Em chưa có thông tin.', needsHuman: true }],
    ['keeps what the output limit left', say.truncated('Dạ, theo thông'), { text: 'Dạ, theo thông', finishReason: 'length' }],
    ['replaces a refused prompt', say.promptBlocked(), { text: BLOCKED_REPLY.vi, finishReason: 'blocked', needsHuman: true }],
    ...['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII', 'RECITATION'].map((reason): [string, Scenario, object] => [
      `replaces ${reason}`,
      say.finished(reason),
      { text: BLOCKED_REPLY.vi, finishReason: 'blocked' },
    ]),
  ])('should finish well when it %s, in one call', async (_, scenario, expected) => {
    fake.next(scenario);
    await expect(generate(make())).resolves.toMatchObject(expected);
    expect(fake.calls).toHaveLength(1);
  });

  it.each<[string, Scenario[], number]>([
    ['503 twice', [say.error(503, 'UNAVAILABLE'), say.error(503, 'UNAVAILABLE')], 3],
    ['500', [say.error(500, 'INTERNAL')], 2],
    ['504', [say.error(504, 'DEADLINE_EXCEEDED')], 2],
    ['an HTML 502', [say.html502()], 2],
    ['a cut socket', [say.cut()], 2],
    ['429 that asks for a short wait', [say.exhaustedForMinute('0.01s')], 2],
    ['an empty STOP', [say.emptyStop()], 2],
    ['no finish reason', [say.noFinishReason()], 2],
    ['an unknown finish reason', [say.finished('OTHER')], 2],
    ['nothing but thoughts', [say.thoughtsOnly()], 2],
  ])('should try again after %s', async (_, scenarios, calls) => {
    fake.next(...scenarios, say.ok('Dạ.'));
    await expect(generate(make())).resolves.toMatchObject({ text: 'Dạ.' });
    expect(fake.calls).toHaveLength(calls);
  });

  it('should leave more room when thoughts took it all', async () => {
    fake.next(say.thoughtsOnly());
    await generate(make());
    expect(fake.calls.map(({ body }) => body?.generationConfig?.maxOutputTokens)).toEqual([500, 2_000]);
  });

  it.each<[string, Scenario, ModelFailure, number]>([
    ['503 for good', say.error(503, 'UNAVAILABLE'), 'overloaded', 3],
    ['empty replies', say.emptyStop(), 'empty', 2],
    ['429 that asks for a long wait', say.exhaustedForMinute('36s'), 'overloaded', 1],
    ['a day’s quota used up', say.exhaustedForDay(), 'quota', 1],
    ['400', say.error(400, 'INVALID_ARGUMENT'), 'rejected', 1],
    ['403', say.error(403, 'PERMISSION_DENIED'), 'refused', 1],
    ['404', say.error(404, 'NOT_FOUND'), 'refused', 1],
    ['a body cut half-way', say.cutBody(), 'network', 1],
  ])('should fail on %s', async (_, scenario, failure, calls) => {
    fake.always(scenario);
    await expect(failureOf(generate(make()))).resolves.toBe(failure);
    expect(fake.calls).toHaveLength(calls);
  });

  it('should fail when the key is not valid', async () => {
    await expect(failureOf(generate(make({ apiKey: 'other' })))).resolves.toBe('refused');
    expect(fake.calls).toHaveLength(1);
  });

  it('should fail when nobody listens', async () => {
    await expect(failureOf(generate(make({ baseUrl: 'http://127.0.0.1:1' })))).resolves.toBe('network');
  });

  it.each<[string, Scenario]>([
    ['the first byte does not come', say.slow(3_000)],
    ['the body stalls', say.stall()],
  ])('should give up once when %s', async (_, scenario) => {
    fake.always(scenario);
    await expect(failureOf(generate(make({ firstByteMs: 60 })))).resolves.toBe('timeout');
    expect(fake.calls).toHaveLength(1);
  });

  it('should give up when all of it takes too long', async () => {
    fake.always(say.slow(3_000));
    await expect(failureOf(generate(make({ guard: { totalMs: 60 } })))).resolves.toBe('timeout');
  });

  it('should end with the reason of its caller when aborted, before and during a call', async () => {
    const early = AbortSignal.abort(new Error('gone'));
    await expect(generate(make(), early)).rejects.toThrow('gone');
    expect(fake.calls).toHaveLength(0);

    fake.always(say.slow(3_000));
    const caller = new AbortController();
    const answer = generate(make(), caller.signal);
    setTimeout(() => caller.abort(new Error('left')), 30);
    await expect(answer).rejects.toThrow('left');
  });

  it('should not ask a provider that keeps failing, and say so', async () => {
    const sut = make({ guard: { retries: 0 } });
    fake.always(say.error(503, 'UNAVAILABLE'));
    for (let n = 0; n < 5; n++) await expect(failureOf(generate(sut))).resolves.toBe('overloaded');
    await expect(failureOf(generate(sut))).resolves.toBe('open');
    expect(fake.calls).toHaveLength(5);
    expect(sut.health()).toEqual([{ provider: 'gemini', model: MODEL, up: false, reason: expect.any(String) }]);
  });

  it('should count each try, and stop trying when that opens the circuit', async () => {
    const sut = make();
    fake.always(say.error(503, 'UNAVAILABLE'));
    await expect(failureOf(generate(sut))).resolves.toBe('overloaded');
    await expect(failureOf(generate(sut))).resolves.toBe('open');
    expect(fake.calls).toHaveLength(5);
  });

  it('should not hold a bad request against the provider', async () => {
    const sut = make();
    fake.always(say.error(400, 'INVALID_ARGUMENT'));
    for (let n = 0; n < 8; n++) await expect(failureOf(generate(sut))).resolves.toBe('rejected');
    expect(sut.health()[0]?.up).toBe(true);
  });

  it('should let one call try after a rest, and go on when it succeeds', async () => {
    const sut = make({ guard: { retries: 0, openMs: 20 } });
    fake.always(say.error(503, 'UNAVAILABLE'));
    for (let n = 0; n < 5; n++) await failureOf(generate(sut));
    await new Promise((resolve) => setTimeout(resolve, 40));
    fake.reset();
    fake.next(say.slow(50, say.ok('Dạ.')));
    const probe = generate(sut);
    await expect(failureOf(generate(sut))).resolves.toBe('open');
    await expect(probe).resolves.toMatchObject({ text: 'Dạ.' });
    await expect(generate(sut)).resolves.toMatchObject({ finishReason: 'stop' });
    expect(sut.health()[0]).toMatchObject({ up: true, reason: null });
  });

  it('should rest at once, and longer, when the quota of the day is used up', async () => {
    const sut = make({ guard: { openMs: 1, quotaOpenMs: 60_000 } });
    fake.next(say.exhaustedForDay());
    await expect(failureOf(generate(sut))).resolves.toBe('quota');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(failureOf(generate(sut))).resolves.toBe('open');
    expect(fake.calls).toHaveLength(1);
  });

  it('should keep the number of calls under way', async () => {
    let current = 0;
    let most = 0;
    fake.always(async (call) => {
      most = Math.max(most, ++current);
      await say.slow(20, say.ok('Dạ.'))(call);
      current -= 1;
    });
    const sut = make({ concurrency: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => generate(sut)));
    expect(answers).toHaveLength(12);
    expect(most).toBe(3);
  });
});
