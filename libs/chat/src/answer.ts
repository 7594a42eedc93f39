import {
  knownIds,
  readCitations,
  unsupportedFigures,
  type AnswerLanguage,
  type ModelReply,
  type ModelRequest,
  type PromptRecord,
} from '@app/ai';
import type { AssemblyTrace, Citation, TurnAnswer } from '@app/chat-memory';
import { cleanText } from './prompt.text.js';

/** What is said instead of an answer that states what stands nowhere. */
const CANNOT_CONFIRM: Readonly<Record<AnswerLanguage, string>> = {
  vi: 'Dạ, em chưa có thông tin chắc chắn để trả lời câu này. Anh/chị cho em biết rõ hơn mình đang hỏi về thông báo nào, hoặc để em chuyển cho nhân viên hỗ trợ ạ?',
  en: 'I do not have reliable information to answer this. Could you tell me which notification you mean, or shall I pass you on to a member of our staff?',
};

const QUOTE_LENGTH = 240;
/** Opening hours, not a date. */
const NOT_A_FIGURE = new Set(['24/7']);
const ID_FIELD = { notice: 'notificationId', fact: 'factId', message: 'messageId' } as const;

/** What an answer is judged by, and how it came about. */
export interface AnswerContext {
  request: ModelRequest;
  trace: AssemblyTrace;
  delimiter: string;
  /** What did not work while the prompt was made. */
  degraded: readonly string[];
  latencyMs: number;
}

const cut = (text: string): string => (text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH - 1).toWellFormed()}…` : text);

function toCitation(kind: keyof typeof ID_FIELD, id: string, records: readonly PromptRecord[]): Citation {
  const record = records.find((candidate) => candidate.kind === kind && candidate.id === id);
  return { [ID_FIELD[kind]]: id, quote: cut(record?.text ?? '') };
}

/** What was said earlier in the conversation is a source like the records; the question itself is none. */
const saidBefore = ({ history }: ModelRequest): PromptRecord[] =>
  history.map(({ role, text }, index) => ({
    kind: 'message',
    id: String(index),
    at: null,
    text,
    role: role === 'model' ? 'assistant' : 'user',
  }));

/**
 * What the customer is shown of a model's reply: without control characters and source marks, its sources named, and
 * replaced by a question back when it states an amount, date, time, code, percentage or link that stands in no source of
 * its prompt.
 */
export function toAnswer(reply: ModelReply, context: AnswerContext): TurnAnswer {
  const { request, trace, delimiter, degraded, latencyMs } = context;
  const { lang, records } = request;
  const { text, citations } = readCitations(cleanText(reply.text, delimiter), knownIds(records));
  const sources = { ...request, records: [...records, ...saidBefore(request)] };
  const unsupported = unsupportedFigures(text, sources)
    .map((slot) => slot.text)
    .filter((figure) => !NOT_A_FIGURE.has(figure));
  const isShown = unsupported.length === 0 && text !== '';
  const isAnswer = isShown && reply.finishReason !== 'blocked';
  return {
    text: isShown ? text : CANNOT_CONFIRM[lang],
    kind: isAnswer ? 'chat' : 'fallback',
    status: isShown && reply.finishReason === 'length' ? 'partial' : 'complete',
    lang,
    details: {
      provider: reply.provider,
      model: reply.model,
      finishReason: reply.finishReason,
      usage: reply.usage,
      latencyMs,
      citations: isAnswer ? citations.map(({ kind, id }) => toCitation(kind, id, records)) : [],
      degraded: [...degraded, ...reply.degraded],
      needsHuman: reply.needsHuman || !isShown,
      trace: { ...trace, ...(unsupported.length > 0 && { unsupported }) },
    },
  };
}
