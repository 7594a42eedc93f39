import { Injectable } from '@nestjs/common';
import { raise, type Actor, type Page, type PageRequest } from '@app/common';
import {
  MemoryStatsService,
  MessageService,
  SessionClosedError,
  SessionNotFoundError,
  SessionService,
  type CountedSession,
  type HistoryFilter,
  type MemoryStats,
  type Message,
  type Session,
  type SessionFilter,
} from '@app/chat-memory';
import { CustomerService } from '@app/customers';
import { NoticeService, type NoticeRecord } from '@app/notifications';
import { HistoryScopeRequiredError, ReplyTargetRequiredError } from './chat.errors.js';

/** Whose conversation a member of staff answers in. */
export interface ReplyTarget {
  customerId?: string;
  sessionId?: string;
}

/**
 * Conversations as staff see and steer them. Unknown customers raise `CustomerNotFoundError`, unknown sessions, and those
 * of another customer than the one named, {@link SessionNotFoundError}.
 */
@Injectable()
export class ConversationService {
  constructor(
    private readonly customers: CustomerService,
    private readonly sessions: SessionService,
    private readonly messages: MessageService,
    private readonly memory: MemoryStatsService,
    private readonly notices: NoticeService,
  ) {}

  /** Newest page first, oldest message first within a page. Of neither customer nor session: {@link HistoryScopeRequiredError}. */
  async history(filter: HistoryFilter, page: PageRequest): Promise<Page<Message>> {
    const { customerId, sessionId } = filter;
    if (customerId === undefined && sessionId === undefined) throw new HistoryScopeRequiredError();
    if (customerId !== undefined) await this.customers.get(customerId);
    if (sessionId !== undefined) await this.sessionOf(sessionId, customerId);
    return this.messages.history(filter, page);
  }

  async deleteHistory(sessionId: string): Promise<void> {
    await this.messages.deleteHistory(sessionId);
  }

  async listSessions(filter: SessionFilter, page: PageRequest): Promise<Page<CountedSession>> {
    if (filter.customerId !== undefined) await this.customers.get(filter.customerId);
    return this.sessions.list(filter, page);
  }

  async closeSession(sessionId: string): Promise<void> {
    await this.sessions.close(sessionId);
  }

  /** Puts the words of a member of staff into the conversation. A closed session raises {@link SessionClosedError}. */
  async reply(target: ReplyTarget, text: string, author: Actor): Promise<Message> {
    const session = await this.replySession(target);
    const message = await this.messages.addStaffMessage(session, text, author);
    await this.withdrawIfErased(session.customerId);
    return message;
  }

  async memoryStats(customerId: string): Promise<MemoryStats> {
    await this.customers.get(customerId);
    return this.memory.stats(customerId);
  }

  /** The notices the assistant knows of a customer, newest first. */
  async noticeContext(customerId: string): Promise<NoticeRecord[]> {
    await this.customers.get(customerId);
    const notices = await this.notices.forCustomer(customerId);
    return notices.toSorted((a, b) => b.sentAt.getTime() - a.sentAt.getTime());
  }

  private async replySession({ customerId, sessionId }: ReplyTarget): Promise<Session> {
    if (sessionId !== undefined) {
      const session = await this.sessionOf(sessionId, customerId);
      return session.isOpen ? session : raise(new SessionClosedError());
    }
    const { id } = await this.customers.get(customerId ?? raise(new ReplyTargetRequiredError()));
    return (await this.sessions.ensureOpen([id])).get(id) ?? raise(new SessionNotFoundError());
  }

  private async sessionOf(sessionId: string, customerId: string | undefined): Promise<Session> {
    const session = await this.sessions.get(sessionId);
    return customerId === undefined || session.customerId === customerId ? session : raise(new SessionNotFoundError());
  }

  private async withdrawIfErased(customerId: string): Promise<void> {
    await this.messages.withdrawFor(await this.customers.unknownIds([customerId]));
  }
}
