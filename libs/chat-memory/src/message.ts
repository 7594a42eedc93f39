export type MessageRole = 'user' | 'assistant' | 'notification' | 'staff';
/** `fallback`: shown to the customer, but never given to a model again. */
export type MessageKind = 'chat' | 'notice' | 'fallback';
/** Only `complete` and `partial` messages are part of the conversation; a `failed` one is the place of a reply that was not made. */
export type MessageStatus = 'pending' | 'complete' | 'partial' | 'failed';

export interface TokenCount {
  promptTokens: number;
  completionTokens: number;
}

/** Where a statement of the assistant comes from: exactly one id, and the words it rests on. */
export interface Citation {
  notificationId?: string;
  factId?: string;
  messageId?: string;
  quote: string;
}

/** What a prompt was made of. Token counts are estimates. */
export interface AssemblyTrace {
  records: { kind: string; id: string; tokens: number }[];
  dropped: { kind: string; id: string; reason: string }[];
  tokens: number;
  assemblyMs: number;
  /** Figures of the model's answer that stood in no source, because of which it was not shown. */
  unsupported?: string[];
}

/** The reply of one turn, as it is stored with the assistant's message. */
export interface ReplyDetails {
  provider: string;
  model: string;
  finishReason: string;
  usage: TokenCount | null;
  latencyMs: number;
  citations: Citation[];
  degraded: string[];
  needsHuman: boolean;
  trace: AssemblyTrace;
}

/** One thing said to or by a customer. `seq` numbers the messages of a session from 1. */
export interface Message {
  id: string;
  sessionId: string;
  customerId: string;
  seq: number;
  role: MessageRole;
  kind: MessageKind;
  text: string;
  fold: string;
  terms: string[];
  lang: string | null;
  status: MessageStatus;
  turnId: string | null;
  notificationId: string | null;
  /** The member of staff who wrote it. */
  authorId: string | null;
  /** Null on all but finished replies of the assistant. */
  reply: ReplyDetails | null;
  createdAt: Date;
}
