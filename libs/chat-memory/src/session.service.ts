import { Injectable } from '@nestjs/common';
import { Clock, raise, type Page, type PageRequest } from '@app/common';
import { MessageRepository } from './message.repository.js';
import { SessionNotFoundError } from './memory.errors.js';
import { SessionRepository } from './session.repository.js';
import type { Session, SessionFilter } from './session.js';

/** A session nobody wrote in for this long is over. */
const IDLE_MS = 30 * 60_000;

/** A session with the number of its messages. */
export type CountedSession = Session & { messageCount: number };

/** The conversations with customers: at most one is open per customer, and the next message opens a new one. */
@Injectable()
export class SessionService {
  constructor(
    private readonly repository: SessionRepository,
    private readonly messages: MessageRepository,
    private readonly clock: Clock,
  ) {}

  /** Unknown ids raise {@link SessionNotFoundError}. */
  async get(id: string): Promise<Session> {
    return (await this.repository.findById(id)) ?? raise(new SessionNotFoundError());
  }

  async findOpen(customerId: string): Promise<Session | null> {
    return (await this.repository.findOpen([customerId]))[0] ?? null;
  }

  /** The open session of each customer, opened where there is none or where it has been idle too long. */
  async ensureOpen(customerIds: readonly string[]): Promise<Map<string, Session>> {
    const now = this.clock.now();
    const cutoff = new Date(now.getTime() - IDLE_MS);
    const found = await this.repository.findOpen(customerIds);
    const idle = found.filter(({ lastActivityAt }) => lastActivityAt < cutoff).map(({ id }) => id);
    if (idle.length > 0) await this.repository.closeIdle(cutoff, now, idle);

    const open = new Map(found.filter(({ id }) => !idle.includes(id)).map((session) => [session.customerId, session]));
    const missing = [...new Set(customerIds)].filter((id) => !open.has(id));
    if (missing.length === 0) return open;
    await this.repository.insertOpen(missing, now);
    for (const session of await this.repository.findOpen(missing)) open.set(session.customerId, session);
    return open;
  }

  /** Ends a session at once; closing a closed one changes nothing. Unknown ids raise {@link SessionNotFoundError}. */
  async close(id: string): Promise<void> {
    if (!(await this.repository.close(id, this.clock.now()))) throw new SessionNotFoundError();
  }

  /** Ends every session that has been idle for half an hour; safe to run anywhere at any time. Returns how many. */
  async closeIdle(): Promise<number> {
    const now = this.clock.now();
    return this.repository.closeIdle(new Date(now.getTime() - IDLE_MS), now);
  }

  /** Sessions with the latest activity first. */
  async list(filter: SessionFilter, page: PageRequest): Promise<Page<CountedSession>> {
    const found = await this.repository.list(filter, page);
    const counts = await this.messages.countBySession(found.items.map(({ id }) => id));
    return { ...found, items: found.items.map((session) => ({ ...session, messageCount: counts.get(session.id) ?? 0 })) };
  }
}
