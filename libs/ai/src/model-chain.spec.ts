import { Logger } from '@nestjs/common';
import { SystemClock } from '@app/common';
import { parseConfig, type Config } from '@app/config';
import { makeModelChain } from './ai.module.js';
import { ModelUnavailableError, ProviderFailedError } from './language-model.errors.js';
import { LanguageModel, type ModelHealth, type ModelReply, type ModelRequest } from './language-model.js';
import { ModelChain } from './model-chain.js';

const REQUEST: ModelRequest = {
  system: '',
  dataBlock: '',
  records: [],
  history: [],
  question: 'Xin chào',
  lang: 'vi',
  now: new Date('2026-11-22T03:00:00Z'),
  timeZone: 'Asia/Ho_Chi_Minh',
  maxOutputTokens: 100,
};
const never = new AbortController().signal;

class FakeModel extends LanguageModel {
  constructor(
    readonly name: string,
    private readonly answer: () => Partial<ModelReply>,
  ) {
    super();
  }

  async generate(): Promise<ModelReply> {
    const reply = this.answer();
    return { text: 'x', provider: this.name, model: 'm', finishReason: 'stop', usage: null, needsHuman: false, degraded: [], ...reply };
  }

  health(): ModelHealth[] {
    return [{ provider: this.name, model: 'm', up: true, reason: null }];
  }
}

const failing = (name: string): FakeModel =>
  new FakeModel(name, () => {
    throw new ProviderFailedError(name, 'network');
  });
const answering = (name: string): FakeModel => new FakeModel(name, () => ({}));

describe(ModelChain.name, () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));

  it('should let the first provider answer', async () => {
    await expect(new ModelChain([answering('a'), failing('b')]).generate(REQUEST, never)).resolves.toMatchObject({
      provider: 'a',
      degraded: [],
    });
  });

  it('should name who failed before the one that answered', async () => {
    const sut = new ModelChain([failing('a'), failing('b'), answering('c')]);
    await expect(sut.generate(REQUEST, never)).resolves.toMatchObject({ provider: 'c', degraded: ['a', 'b'] });
  });

  it('should raise when nobody answered', async () => {
    await expect(new ModelChain([failing('a')]).generate(REQUEST, never)).rejects.toThrow(ModelUnavailableError);
  });

  it('should not take a fault of ours for a provider that is down', async () => {
    const broken = new FakeModel('a', () => {
      throw new TypeError('a bug');
    });
    await expect(new ModelChain([broken, answering('b')]).generate(REQUEST, never)).rejects.toThrow(TypeError);
  });

  it('should end with the reason of its caller', async () => {
    const signal = AbortSignal.abort(new Error('left'));
    await expect(new ModelChain([failing('a'), answering('b')]).generate(REQUEST, signal)).rejects.toThrow('left');
  });
});

describe(makeModelChain.name, () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));

  const config = (env: Record<string, string>): Config =>
    parseConfig({
      SECRET_KEY: 'a-secret-of-more-than-thirty-two-characters',
      MONGODB_URL: 'mongodb://127.0.0.1:1',
      REDIS_URL: 'redis://127.0.0.1:1',
      ...env,
    });

  it('should answer offline, and say so, without a key', async () => {
    const sut = makeModelChain(config({}), new SystemClock());
    await expect(sut.generate(REQUEST, never)).resolves.toMatchObject({ provider: 'offline', degraded: ['gemini'] });
    expect(sut.health().map(({ provider, up }) => [provider, up])).toEqual([
      ['gemini', false],
      ['offline', true],
    ]);
  });

  it('should answer offline when only a provider without a key is wanted', async () => {
    const sut = makeModelChain(config({ LLM_PROVIDERS: 'gemini' }), new SystemClock());
    await expect(sut.generate(REQUEST, never)).resolves.toMatchObject({ provider: 'offline', degraded: ['gemini'] });
  });

  it('should use the providers that are set up, in order', () => {
    const sut = makeModelChain(config({ GOOGLE_API_KEY: 'k', LLM_PROVIDERS: 'gemini,offline' }), new SystemClock());
    expect(sut.health().map(({ provider, up }) => [provider, up])).toEqual([
      ['gemini', true],
      ['offline', true],
    ]);
    expect(makeModelChain(config({ LLM_PROVIDERS: 'offline' }), new SystemClock()).health()).toHaveLength(1);
  });
});
