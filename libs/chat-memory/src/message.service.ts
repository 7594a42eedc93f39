import { Injectable } from '@nestjs/common';
import { Clock, raise, type Actor, type Page, type PageRequest } from '@app/common';
import { fold, terms } from '@app/language';
import { ChatWindow } from './chat-window.js';
import { SessionNotFoundError } from './memory.errors.js';
import { MemoryRepository } from './memory.repository.js';
import { MessageRepository, type HistoryFilter } from './message.repository.js';
import type { Message } from './message.js';
import type { DeliveredNotice, NoticeDelivery } from './notice-delivery.js';
import { NoticeInbox } from './notice-inbox.js';
import { SessionRepository } from './session.repository.js';
import type { Session } from './session.js';

/** What an erasure removed. `isWindowGone` is false when Redis could not be reached: what is left there expires within the window's time to live. */
export interface ErasedMemory {
  messages: number;
  sessions: number;
  isWindowGone: boolean;
}

const toDelivered = ({ sessionId, id }: Message): DeliveredNotice => ({ sessionId, messageId: id });

/** Everything said to and by customers: delivery of notices, histories, answers of staff, deletion. */
@Injectable()
export class MessageService {
  constructor(
    private readonly repository: MessageRepository,
    private readonly sessions: SessionRepository,
    private readonly memory: MemoryRepository,
    private readonly window: ChatWindow,
    private readonly inbox: NoticeInbox,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts each notice into its customer's open chat, once and for all: safe to repeat and to run concurrently. Returns
   * where each stands, by notification id, also of those that were there before.
   */
  async deliverNotices(notices: readonly NoticeDelivery[]): Promise<Map<string, DeliveredNotice>> {
    const delivered = await this.inbox.deliver(notices);
    return new Map([...delivered].map(([id, message]) => [id, toDelivered(message)]));
  }

  /** Where each of these notices stands; those that were never delivered are absent. */
  async findNoticeMessages(notificationIds: readonly string[]): Promise<Map<string, DeliveredNotice>> {
    const found = await this.repository.findByNotification(notificationIds);
    return new Map(found.map((message) => [message.notificationId ?? '', toDelivered(message)]));
  }

  /** Newest page first, oldest message first within a page. */
  async history(filter: HistoryFilter, page: PageRequest): Promise<Page<Message>> {
    const found = await this.repository.history(filter, page);
    return { ...found, items: found.items.reverse() };
  }

  /** The newest `limit` things said in all conversations with a customer, newest first, without notices and apologies. */
  async listSaid(customerId: string, limit: number): Promise<Message[]> {
    return this.repository.findSaid(customerId, limit);
  }

  /** A member of staff answers in the conversation; the session no longer waits for one. */
  async addStaffMessage(session: Session, text: string, author: Actor): Promise<Message> {
    const now = this.clock.now();
    const place = { sessionId: session.id, customerId: session.customerId };
    const content = { text, fold: fold(text), terms: terms(text) };
    const message = await this.repository.insertFrom(session.lastSeq + 1, {
      ...place,
      ...content,
      role: 'staff',
      kind: 'chat',
      status: 'complete',
      authorId: author.id,
      createdAt: now,
    });
    const gone = await this.sessions.advance([{ sessionId: session.id, lastSeq: message.seq, at: now }], now);
    if (gone.length > 0) {
      await this.repository.deleteOfSessions(gone);
      throw new SessionNotFoundError();
    }
    await this.sessions.setNeedsHuman(session.id, false, now);
    await this.memory.raiseVersions([session.customerId]);
    await this.window.append(place, [message]);
    return message;
  }

  /** Deletes a session with all its messages. Unknown ids, and ids deleted before, raise {@link SessionNotFoundError}. */
  async deleteHistory(sessionId: string): Promise<void> {
    const { customerId } = (await this.sessions.findById(sessionId)) ?? raise(new SessionNotFoundError());
    await this.repository.deleteOfSessions([sessionId]);
    const isDeleted = await this.sessions.deleteById(sessionId);
    // What a writer added in between; from here on writers find no session and withdraw by themselves.
    await this.repository.deleteOfSessions([sessionId]);
    await this.window.forget([{ customerId, sessionId }]);
    await this.memory.raiseVersions([customerId]);
    if (!isDeleted) throw new SessionNotFoundError();
  }

  /** Removes all that is remembered of a customer; a turn under way loses its claim. Safe to repeat. */
  async erase(customerId: string): Promise<ErasedMemory> {
    return this.eraseAll([customerId]);
  }

  /** {@link erase} for customers who turned out to be erased while something was written for them. */
  async withdrawFor(customerIds: readonly string[]): Promise<void> {
    if (customerIds.length > 0) await this.eraseAll(customerIds);
  }

  private async eraseAll(customerIds: readonly string[]): Promise<ErasedMemory> {
    const windows = (await this.sessions.idsOf(customerIds)).map(({ id, customerId }) => ({ sessionId: id, customerId }));
    await this.sessions.revoke(customerIds, this.clock.now());
    const messages = await this.repository.deleteOf(customerIds);
    const sessions = await this.sessions.deleteOf(customerIds);
    // Once more for what was written before the sessions were gone; later writers withdraw by themselves.
    const late = await this.repository.deleteOf(customerIds);
    await this.memory.deleteOf(customerIds);
    const isWindowGone = await this.window.forget(windows);
    return { messages: messages + late, sessions, isWindowGone };
  }
}
