import type { MessageDocument } from './message.schema.js';
import type { Message, ReplyDetails } from './message.js';

function toReply(document: MessageDocument): ReplyDetails | null {
  const { provider, model, finishReason, trace } = document;
  if (provider === undefined || model === undefined || finishReason === undefined || trace === undefined) return null;
  return {
    provider,
    model,
    finishReason,
    usage: document.usage ?? null,
    latencyMs: document.latencyMs ?? 0,
    citations: document.citations ?? [],
    degraded: document.degraded ?? [],
    needsHuman: document.needsHuman ?? false,
    trace,
  };
}

export function toMessage(document: MessageDocument): Message {
  return {
    id: document._id.toHexString(),
    sessionId: document.sessionId.toHexString(),
    customerId: document.customerId.toHexString(),
    seq: document.seq,
    role: document.role,
    kind: document.kind,
    text: document.text,
    fold: document.fold,
    terms: document.terms,
    lang: document.lang ?? null,
    status: document.status,
    turnId: document.turnId ?? null,
    notificationId: document.notificationId?.toHexString() ?? null,
    authorId: document.authorId ?? null,
    reply: toReply(document),
    createdAt: document.createdAt,
  };
}
