import { Injectable } from '@nestjs/common';
import type { PromptRecord } from '@app/ai';
import { buildIndex, MessageService, search, type Message, type RetrievableRecord, type SearchOptions } from '@app/chat-memory';
import { Config } from '@app/config';
import { extractSlots, fold } from '@app/language';
import { NoticeService, type NoticeRecord } from '@app/notifications';

/** How far back in what was said is searched. */
const SAID_LIMIT = 2_000;
const NOTICE_LIMIT = 10;
/** The newest notices are there for what a question leaves unsaid. */
const NEWEST_NOTICES = 5;

/** What one question brings to mind, best first. */
export interface Recalled {
  notices: PromptRecord[];
  retrieved: PromptRecord[];
}

const toRetrievableNotice = (notice: NoticeRecord): RetrievableRecord => ({
  id: notice.id,
  kind: 'notice',
  at: notice.sentAt,
  text: notice.body,
  subject: notice.subject,
  terms: notice.terms,
  slots: notice.slots,
  topicKey: notice.topicKey,
  supersededBy: notice.supersededBy,
  notificationType: notice.notificationType,
});

const toRetrievableMessage = ({ id, createdAt, text, terms }: Message): RetrievableRecord => ({
  id,
  kind: 'message',
  at: createdAt,
  text,
  subject: null,
  terms,
  // Few of many messages are ever asked for their figures.
  get slots() {
    return extractSlots(text);
  },
  topicKey: null,
  supersededBy: null,
  notificationType: null,
});

const toPromptNotice = ({ id, sentAt, subject, body, supersededBy }: NoticeRecord): PromptRecord => ({
  kind: 'notice',
  id,
  at: sentAt,
  subject,
  text: body,
  supersededBy,
});

function toPromptMessage({ id, createdAt, text, role }: Message): PromptRecord {
  return { kind: 'message', id, at: createdAt, text, ...(role !== 'notification' && { role }) };
}

/** Finds what a customer was told and said that bears on a question. Everything is read by that customer's id. */
@Injectable()
export class RecallService {
  constructor(
    private readonly notices: NoticeService,
    private readonly messages: MessageService,
    private readonly config: Config,
  ) {}

  /** What bears on `question`, a stored message of the customer, which itself is left out. */
  async recall(question: Message, now: Date): Promise<Recalled> {
    const { customerId } = question;
    const [notices, said] = await Promise.all([this.notices.forCustomer(customerId), this.messages.listSaid(customerId, SAID_LIMIT)]);
    const before = said.filter((message) => message.sessionId !== question.sessionId || message.seq < question.seq);
    const options = { now, timeZone: this.config.timezone };
    return { notices: findNotices(notices, question, before, options), retrieved: findSaid(before, question, options) };
  }
}

/** The notices that match, by the question alone or, when it goes on with a subject, together with the one before it; then the newest. */
function findNotices(
  notices: readonly NoticeRecord[],
  question: Message,
  before: readonly Message[],
  options: SearchOptions,
): PromptRecord[] {
  const index = buildIndex(notices.map(toRetrievableNotice));
  const previous = before.find(({ role, sessionId }) => role === 'user' && sessionId === question.sessionId);
  const asked = [question.text, ...(previous ? [`${previous.text} ${question.text}`] : [])];
  const matching = asked.map((text) => search(index, text, { ...options, limit: NOTICE_LIMIT })).find((found) => found.length > 0) ?? [];
  const newest = notices
    .filter(({ supersededBy }) => supersededBy === null)
    .toSorted((a, b) => b.sentAt.getTime() - a.sentAt.getTime())
    .slice(0, NEWEST_NOTICES);
  const ids = new Set([...matching.map(({ record }) => record.id), ...newest.map(({ id }) => id)]);
  const byId = new Map(notices.map((notice) => [notice.id, notice]));
  return [...ids].flatMap((id) => byId.get(id) ?? []).map(toPromptNotice);
}

function findSaid(before: readonly Message[], question: Message, options: SearchOptions): PromptRecord[] {
  const asked = fold(question.text);
  // The same question asked before says nothing.
  const candidates = before.filter((message) => message.fold !== asked);
  const byId = new Map(candidates.map((message) => [message.id, message]));
  const found = search(buildIndex(candidates.map(toRetrievableMessage)), question.text, options);
  return found.flatMap(({ record }) => byId.get(record.id) ?? []).map(toPromptMessage);
}
