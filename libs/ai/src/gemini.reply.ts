import { z } from 'zod';
import { GEMINI } from './gemini.errors.js';
import { ProviderFailedError } from './language-model.errors.js';
import type { FinishReason, TokenUsage } from './language-model.js';

const count = z.number().int().nonnegative().optional();

/** What we read of a `GenerateContentResponse`; the rest may change. */
const replySchema = z.object({
  candidates: z
    .array(
      z.object({
        content: z
          .object({ parts: z.array(z.object({ text: z.string().optional(), thought: z.boolean().optional() })).optional() })
          .optional(),
        finishReason: z.string().optional(),
      }),
    )
    .optional(),
  promptFeedback: z.object({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z.object({ promptTokenCount: count, candidatesTokenCount: count, thoughtsTokenCount: count }).optional(),
  modelVersion: z.string().optional(),
});

/** The reasons that stand for an answer or a refusal. With any other, or none, the model did not finish. */
const FINISH: Readonly<Partial<Record<string, FinishReason>>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'blocked',
  PROHIBITED_CONTENT: 'blocked',
  BLOCKLIST: 'blocked',
  SPII: 'blocked',
  RECITATION: 'blocked',
};

export interface GeminiReply {
  /** Empty when blocked. */
  text: string;
  finishReason: FinishReason;
  usage: TokenUsage | null;
  modelVersion: string | null;
}

/**
 * Reads a reply by its parts: the SDK's own `text()` throws on blocked prompts and mixes thoughts into the text.
 * Raises {@link ProviderFailedError}: `malformed` when it is no reply, `empty` (may be retried) when there is no text
 * or no sign that the model finished.
 */
export function readReply(json: unknown): GeminiReply {
  const parsed = replySchema.safeParse(json);
  if (!parsed.success) throw new ProviderFailedError(GEMINI, 'malformed', { cause: parsed.error });
  const { candidates, promptFeedback, usageMetadata, modelVersion = null } = parsed.data;
  const usage = usageMetadata && {
    promptTokens: usageMetadata.promptTokenCount ?? 0,
    completionTokens: (usageMetadata.candidatesTokenCount ?? 0) + (usageMetadata.thoughtsTokenCount ?? 0),
  };
  const candidate = candidates?.[0];
  const finishReason = promptFeedback?.blockReason === undefined ? FINISH[candidate?.finishReason ?? ''] : 'blocked';
  const spoken = candidate?.content?.parts?.filter(({ thought }) => thought !== true) ?? [];
  const text = spoken.map((part) => part.text ?? '').join('').trim(); // prettier-ignore
  if (finishReason === 'blocked') return { text: '', finishReason, usage: usage ?? null, modelVersion };
  if (finishReason === undefined || text === '') throw new ProviderFailedError(GEMINI, 'empty', { retry: { afterMs: null } });
  return { text, finishReason, usage: usage ?? null, modelVersion };
}
