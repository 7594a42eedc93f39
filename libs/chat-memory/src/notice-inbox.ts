import { Injectable } from '@nestjs/common';
import { Clock } from '@app/common';
import { ChatWindow } from './chat-window.js';
import { MemoryRepository } from './memory.repository.js';
import { MessageRepository } from './message.repository.js';
import type { Message } from './message.js';
import { toLanes, toNoticeMessage, type NoticeDelivery, type NoticeLane } from './notice-delivery.js';
import { SessionRepository, type SessionProgress } from './session.repository.js';
import { SessionService } from './session.service.js';

/** Sessions may be deleted while notices are being put into them; the notices then go into a new one. */
const MAX_PASSES = 3;

/** Puts notices into customers' chats, each exactly once, whoever tries and however often. */
@Injectable()
export class NoticeInbox {
  constructor(
    private readonly sessions: SessionService,
    private readonly sessionRepository: SessionRepository,
    private readonly messages: MessageRepository,
    private readonly memory: MemoryRepository,
    private readonly window: ChatWindow,
    private readonly clock: Clock,
  ) {}

  /** The message of each notice, by notification id. A notice that is there already stays as it is; what follows from it is still made sure of. */
  async deliver(notices: readonly NoticeDelivery[]): Promise<Map<string, Message>> {
    const delivered = new Map<string, Message>();
    let open = dedupe(notices);
    for (let pass = 1; open.length > 0 && pass <= MAX_PASSES; pass += 1) {
      for (const message of await this.pass(open)) delivered.set(message.notificationId ?? '', message);
      open = open.filter(({ notificationId }) => !delivered.has(notificationId));
    }
    const messages = [...delivered.values()].sort((a, b) => a.seq - b.seq);
    await this.memory.raiseVersions(messages.map(({ customerId }) => customerId));
    await this.window.appendEach(messages.map((message) => ({ key: message, message })));
    return delivered;
  }

  private async pass(notices: readonly NoticeDelivery[]): Promise<Message[]> {
    const there = await this.messages.findByNotification(notices.map(({ notificationId }) => notificationId));
    const known = new Set(there.map(({ notificationId }) => notificationId));
    const missing = notices.filter(({ notificationId }) => !known.has(notificationId));
    const messages = [...there, ...(missing.length > 0 ? await this.store(missing) : [])];

    const gone = new Set(await this.sessionRepository.advance(toProgress(messages), this.clock.now()));
    if (gone.size > 0) await this.messages.deleteOfSessions([...gone]);
    return messages.filter(({ sessionId }) => !gone.has(sessionId));
  }

  private async store(notices: readonly NoticeDelivery[]): Promise<Message[]> {
    const sessions = await this.sessions.ensureOpen(notices.map(({ customerId }) => customerId));
    const stored: Message[] = [];
    let lanes = toLanes(notices, sessions);
    while (lanes.length > 0) {
      stored.push(...(await this.storeHeads(lanes)));
      lanes = lanes.filter(({ waiting }) => waiting.length > 0);
    }
    return stored;
  }

  /**
   * Tries the first notice of every lane, and returns the messages of those that stand in a chat now. A lane whose number
   * was taken goes on to the next number.
   */
  private async storeHeads(lanes: readonly NoticeLane[]): Promise<Message[]> {
    const heads = lanes.flatMap((lane) => lane.waiting.slice(0, 1).map((notice) => ({ lane, notice })));
    const stored = await this.messages.insertMany(
      heads.map(({ lane, notice }) => ({ seq: lane.nextSeq, message: toNoticeMessage(notice, lane.session.id) })),
    );
    const doubtful = heads.filter((_head, index) => stored[index] === null).map(({ notice }) => notice.notificationId);
    const there = doubtful.length > 0 ? await this.messages.findByNotification(doubtful) : [];
    const byNotification = new Map(there.map((message) => [message.notificationId, message]));
    return heads.flatMap(({ lane, notice }, index) => {
      const own = stored[index] ?? null;
      const message = own ?? byNotification.get(notice.notificationId);
      if (message) lane.waiting.shift();
      if (own || !message) lane.nextSeq += 1;
      return message ? [message] : [];
    });
  }
}

const dedupe = (notices: readonly NoticeDelivery[]): NoticeDelivery[] => [
  ...new Map(notices.map((notice) => [notice.notificationId, notice])).values(),
];

function toProgress(messages: readonly Message[]): SessionProgress[] {
  const progress = new Map<string, SessionProgress>();
  for (const { sessionId, seq, createdAt } of messages) {
    const known = progress.get(sessionId);
    progress.set(sessionId, {
      sessionId,
      lastSeq: Math.max(seq, known?.lastSeq ?? 0),
      at: known && known.at > createdAt ? known.at : createdAt,
    });
  }
  return [...progress.values()];
}
