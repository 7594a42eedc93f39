import { GoogleGenerativeAI, type Content, type GenerativeModel } from '@google/generative-ai';
import type { Clock } from '@app/common';
import { GEMINI, toProviderFailure } from './gemini.errors.js';
import { readReply } from './gemini.reply.js';
import { LanguageModel, type ModelHealth, type ModelReply, type ModelRequest } from './language-model.js';
import { ProviderFailedError } from './language-model.errors.js';
import { BLOCKED_REPLY, takeHandOff } from './policy.js';
import { GUARD_DEFAULTS, ProviderGuard, type GuardSettings } from './provider-guard.js';

export interface GeminiSettings {
  apiKey: string;
  model: string;
  /** Another server that speaks the same API. */
  baseUrl?: string | undefined;
  concurrency: number;
  /** One attempt. A reply that is not streamed arrives whole, so its first byte is nearly its last. */
  firstByteMs?: number;
  guard?: Partial<GuardSettings>;
}

const FIRST_BYTE_MS = 8_000;
/** Thinking is paid from the same limit as the answer: a reply that was all thought gets more room. */
const ROOM_FOR_THOUGHTS = 4;

/** Google's Gemini over `generateContent`. The only place that knows its SDK. */
export class GeminiModel extends LanguageModel {
  readonly name = GEMINI;
  private readonly model: GenerativeModel;
  private readonly guard: ProviderGuard;
  private readonly firstByteMs: number;

  constructor(
    private readonly settings: GeminiSettings,
    clock: Clock,
    random: () => number = Math.random,
  ) {
    super();
    const { apiKey, model, baseUrl, concurrency, guard, firstByteMs = FIRST_BYTE_MS } = settings;
    this.model = new GoogleGenerativeAI(apiKey).getGenerativeModel(
      { model },
      baseUrl === undefined ? {} : { baseUrl: baseUrl.replace(/\/+$/, '') },
    );
    this.guard = new ProviderGuard(GEMINI, { ...GUARD_DEFAULTS, concurrency, ...guard }, clock, random);
    this.firstByteMs = firstByteMs;
  }

  async generate(request: ModelRequest, signal: AbortSignal): Promise<ModelReply> {
    let outputTokens = request.maxOutputTokens;
    return this.guard.run(async (call) => {
      try {
        return await this.attempt(request, outputTokens, call);
      } catch (error) {
        if (error instanceof ProviderFailedError && error.failure === 'empty') outputTokens = request.maxOutputTokens * ROOM_FOR_THOUGHTS;
        throw error;
      }
    }, signal);
  }

  health(): ModelHealth[] {
    const { isOpen } = this.guard;
    return [{ provider: GEMINI, model: this.settings.model, up: !isOpen, reason: isOpen ? 'it kept failing and is given a rest' : null }];
  }

  private async attempt(request: ModelRequest, maxOutputTokens: number, signal: AbortSignal): Promise<ModelReply> {
    const json = await this.call(request, maxOutputTokens, signal);
    const { text, finishReason, usage, modelVersion } = readReply(json);
    const reply = { provider: GEMINI, model: modelVersion ?? this.settings.model, finishReason, usage, degraded: [] };
    if (finishReason === 'blocked') return { ...reply, text: BLOCKED_REPLY[request.lang], needsHuman: true };
    const { text: answer, needsHuman } = takeHandOff(text);
    if (answer === '') throw new ProviderFailedError(GEMINI, 'empty', { retry: { afterMs: null } });
    return { ...reply, text: answer, needsHuman };
  }

  private async call(request: ModelRequest, maxOutputTokens: number, signal: AbortSignal): Promise<unknown> {
    // The SDK ignores a signal that is aborted already, and its own timeout keeps the process alive: hence ours.
    const slow = new AbortController();
    const timer = setTimeout(() => slow.abort(), this.firstByteMs);
    const body = { contents: contentsOf(request), systemInstruction: request.system, generationConfig: { maxOutputTokens } };
    try {
      const { response } = await this.model.generateContent(body, { signal: AbortSignal.any([signal, slow.signal]) });
      return response;
    } catch (error) {
      signal.throwIfAborted();
      throw slow.signal.aborted ? new ProviderFailedError(GEMINI, 'timeout', { cause: error }) : toProviderFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The data block first, then the conversation, the question last: both ends are turns of the user, as the API demands. */
function contentsOf({ dataBlock, history, question }: ModelRequest): Content[] {
  const said = history.map(({ role, text }) => ({ role, parts: [{ text }] }));
  const opening = dataBlock === '' ? [] : [{ role: 'user', parts: [{ text: dataBlock }] }];
  const contents = [...opening, ...said, { role: 'user', parts: [{ text: question }] }];
  return contents.slice(contents.findIndex(({ role }) => role === 'user'));
}
