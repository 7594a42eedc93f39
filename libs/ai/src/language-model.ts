/** Where a {@link PromptRecord} comes from. */
export type PromptRecordKind = 'profile' | 'fact' | 'summary' | 'notice' | 'message';

/**
 * One thing known to the assistant in this turn: the same record the data block shows to a model, so that an adapter
 * without a network needs no store.
 */
export interface PromptRecord {
  kind: PromptRecordKind;
  /** Unique within its kind; what `[[N:id]]`, `[[F:id]]` and `[[M:id]]` in an answer refer to. */
  id: string;
  /** When it was sent or said; null when it has no moment (the profile). */
  at: Date | null;
  /** The text as the customer saw it. A profile holds one `name: value` per line, names as on the wire (`full_name`, `email`, `phone`…). */
  text: string;
  subject?: string | null;
  /** Id of the notice that replaced this one: quoted only as replaced. */
  supersededBy?: string | null;
  /** Who said a `message`; absent elsewhere. */
  role?: 'user' | 'assistant' | 'staff';
}

/** One earlier message of the conversation, oldest first. */
export interface ModelMessage {
  role: 'user' | 'model';
  text: string;
}

export type AnswerLanguage = 'vi' | 'en';

/** Everything one answer is made from. `system` is static policy; whatever people wrote is in the other fields. */
export interface ModelRequest {
  system: string;
  /** The records as text for a model, already delimited and capped by the assembler. Empty when there are none. */
  dataBlock: string;
  records: readonly PromptRecord[];
  history: readonly ModelMessage[];
  question: string;
  lang: AnswerLanguage;
  now: Date;
  /** IANA name of the zone in which dates are read and written. */
  timeZone: string;
  maxOutputTokens: number;
}

/** `stop`: complete; `length`: cut at the output limit; `blocked`: the provider refused, the text is our polite template. */
export type FinishReason = 'stop' | 'length' | 'blocked';

export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
}

export interface ModelReply {
  /** Never empty. Sources are marked `[[N:id]]`, `[[F:id]]`, `[[M:id]]`: see `readCitations`. */
  text: string;
  provider: string;
  model: string;
  finishReason: FinishReason;
  /** Null when the provider counts no tokens. */
  usage: TokenUsage | null;
  /** A person should look at this conversation. */
  needsHuman: boolean;
  /** Providers that were tried, or skipped as down, before this one answered. */
  degraded: string[];
}

/** What is known of a provider without calling it. */
export interface ModelHealth {
  provider: string;
  model: string;
  up: boolean;
  /** Why it is not up, in a few words without secrets. */
  reason: string | null;
}

/**
 * Answers a question from records. Also the injection token of the configured chain of providers.
 * Raises {@link ModelUnavailableError} when no answer could be had, and the signal's reason when aborted; an error
 * is never returned as an answer.
 */
export abstract class LanguageModel {
  abstract readonly name: string;
  abstract generate(request: ModelRequest, signal: AbortSignal): Promise<ModelReply>;
  /** In order of preference; one entry per provider. Never does I/O. */
  abstract health(): ModelHealth[];
}
