import { Injectable } from '@nestjs/common';
import { ChatWindow } from './chat-window.js';
import { MemoryRepository } from './memory.repository.js';
import { MessageRepository } from './message.repository.js';
import { SessionRepository } from './session.repository.js';
import { messageTokens } from './tokens.js';

/** How much is remembered of a customer, counted now. Tokens are estimates. */
export interface MemoryStats {
  shortTerm: { warm: boolean; messages: number; tokens: number; ttlSeconds: number };
  longTerm: { messages: number; sessions: number; notifications: number; facts: number };
  /** How the prompt of the newest reply was made; null before the first. */
  lastAssembly: { tokens: number; ms: number; dropped: number } | null;
}

/** Counts memory; nothing here is kept, every number is asked for. */
@Injectable()
export class MemoryStatsService {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly messages: MessageRepository,
    private readonly memory: MemoryRepository,
    private readonly window: ChatWindow,
  ) {}

  async stats(customerId: string): Promise<MemoryStats> {
    const [shortTerm, messages, notifications, sessions, facts, lastAssembly] = await Promise.all([
      this.shortTerm(customerId),
      this.messages.count({ customerId }),
      this.messages.count({ customerId, role: 'notification' }),
      this.sessions.count(customerId),
      this.memory.countFacts(customerId),
      this.lastAssembly(customerId),
    ]);
    return { shortTerm, longTerm: { messages, sessions, notifications, facts }, lastAssembly };
  }

  private async shortTerm(customerId: string): Promise<MemoryStats['shortTerm']> {
    const [open] = await this.sessions.findOpen([customerId]);
    if (!open) return { warm: false, messages: 0, tokens: 0, ttlSeconds: 0 };
    const { warm, messages, ttlSeconds } = await this.window.state({ customerId, sessionId: open.id });
    return { warm, messages: messages.length, tokens: messages.reduce((sum, { text }) => sum + messageTokens(text), 0), ttlSeconds };
  }

  private async lastAssembly(customerId: string): Promise<MemoryStats['lastAssembly']> {
    const trace = (await this.messages.findLastReply(customerId))?.reply?.trace;
    return trace ? { tokens: trace.tokens, ms: trace.assemblyMs, dropped: trace.dropped.length } : null;
  }
}
