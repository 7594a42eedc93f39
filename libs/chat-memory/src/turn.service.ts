import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Clock, raise } from '@app/common';
import { isDuplicateOf } from '@app/connections';
import { fold, terms } from '@app/language';
import { ChatWindow } from './chat-window.js';
import { ClientMessageReusedError, SessionClosedError, SessionNotFoundError, TurnInProgressError, TurnLostError } from './memory.errors.js';
import { MemoryRepository } from './memory.repository.js';
import { MessageRepository, type NewMessage } from './message.repository.js';
import type { Message } from './message.js';
import { SessionRepository, type TurnEnd } from './session.repository.js';
import type { TurnClaim } from './session.schema.js';
import { SessionService } from './session.service.js';
import type { Session } from './session.js';
import type { Turn, TurnAnswer, TurnRequest, TurnStart } from './turn.js';

/** A claim that is not renewed for this long is free again. */
const LEASE_MS = 15_000;
const RENEWAL_MS = 5_000;
/** How long a message waits for the one before it to be answered. */
const WAIT_MS = 30_000;
const POLL_MS = 100;
const RETRY_AFTER_SECONDS = 2;
const SWEEP_LIMIT = 100;

const lastSeqOf = ({ message, reply }: Turn): number => Math.max(message.seq, reply.seq);
const isSettled = ({ status }: Message): boolean => status === 'complete' || status === 'partial';

/**
 * One answer at a time in each conversation. The right to answer is a claim in the session's document, taken by
 * compare-and-set and renewed while the answer is made; the message is stored before anything else happens, and the
 * answer ends in one compare-and-set under the claim that began it.
 */
@Injectable()
export class TurnService {
  private readonly logger = new Logger(TurnService.name);

  constructor(
    private readonly sessions: SessionService,
    private readonly sessionRepository: SessionRepository,
    private readonly messages: MessageRepository,
    private readonly memory: MemoryRepository,
    private readonly window: ChatWindow,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the message and claims the turn; waits for a turn under way for half a minute, then raises
   * {@link TurnInProgressError} with nothing stored. A `clientMessageId` seen before is that turn again: answered, its
   * reply; being answered, {@link TurnInProgressError}; failed, taken up again; with other content
   * {@link ClientMessageReusedError}. An unknown or foreign session raises {@link SessionNotFoundError}, an ended one
   * {@link SessionClosedError}.
   */
  async begin(request: TurnRequest): Promise<TurnStart> {
    const deadline = this.clock.now().getTime() + WAIT_MS;
    for (;;) {
      const known = await this.findKnown(request);
      if (known?.isAnswered) return known;
      const turn = known ? await this.resume(known.message) : await this.start(request);
      if (turn) return { isAnswered: false, turn };
      if (this.clock.now().getTime() >= deadline) throw new TurnInProgressError(RETRY_AFTER_SECONDS);
      await this.clock.sleep(POLL_MS);
    }
  }

  /** Has the turn answered by `work` and stores the answer. When it throws the message stays and the turn counts as failed. The signal is aborted when the claim is lost. */
  async run(turn: Turn, work: (signal: AbortSignal) => Promise<TurnAnswer>): Promise<Message> {
    const lost = new AbortController();
    const timer = setInterval(() => void this.renew(turn, lost), RENEWAL_MS);
    try {
      return await this.complete(turn, await work(lost.signal));
    } catch (error) {
      await this.fail(turn).catch((cause: unknown) => this.logger.warn({ err: cause }, 'a failed turn could not be given up'));
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Gives up the claims of processes that are gone, so that nothing stays pending for ever. Returns how many. */
  async failAbandoned(): Promise<number> {
    const now = this.clock.now();
    const abandoned = await this.sessionRepository.findAbandoned(now, SWEEP_LIMIT);
    for (const { id, turn, lastSeq, lastActivityAt } of abandoned) {
      if (turn === null) continue;
      await this.messages.settle(turn.turnId, turn.token, { status: 'failed' }, now);
      await this.sessionRepository.release(id, turn.token, { lastSeq, at: lastActivityAt });
    }
    return abandoned.length;
  }

  private async findKnown({
    customerId,
    clientMessageId,
    content,
  }: TurnRequest): Promise<{ isAnswered: false; message: Message } | (TurnStart & { isAnswered: true }) | null> {
    if (clientMessageId === undefined) return null;
    const message = await this.messages.findByClientId(customerId, clientMessageId);
    if (!message?.turnId) return null;
    if (message.text !== content) throw new ClientMessageReusedError();
    const reply = await this.messages.findReply(message.turnId);
    if (reply && isSettled(reply)) return { isAnswered: true, message, reply };
    const session = await this.sessionRepository.findById(message.sessionId);
    const isRunning = session?.turn?.turnId === message.turnId && session.turn.until > this.clock.now();
    if (isRunning) throw new TurnInProgressError(RETRY_AFTER_SECONDS);
    return { isAnswered: false, message };
  }

  private async start(request: TurnRequest): Promise<Turn | null> {
    const { id } = await this.sessionFor(request);
    const claim = this.newClaim(randomUUID());
    const session = await this.claim(id, claim, false);
    if (!session) return null;
    try {
      const message = await this.messages.insertFrom(session.lastSeq + 1, this.toUserMessage(request, session, claim.turnId));
      const reply = await this.messages.insertFrom(message.seq + 1, this.toPendingReply(message, await this.hold(session.id, claim)));
      return { turnId: claim.turnId, token: claim.token, session, message, reply, isResumed: false };
    } catch (error) {
      await this.release(session.id, claim.token, { lastSeq: session.lastSeq });
      // The same message came in twice at once: the next look finds the other one.
      if (isDuplicateOf(error, 'clientMessageId')) return null;
      throw error;
    }
  }

  /** Takes up a turn that was not answered. Null when someone else is writing, or has answered it meanwhile. */
  private async resume(message: Message): Promise<Turn | null> {
    const turnId = message.turnId ?? raise(new SessionNotFoundError());
    const claim = this.newClaim(turnId);
    const session = await this.claim(message.sessionId, claim, true);
    if (!session) return null;
    const isOpenAgain = await this.messages.reopen(turnId, claim.token, this.clock.now());
    const reply =
      (await this.messages.findReply(turnId)) ??
      (await this.messages.insertFrom(Math.max(session.lastSeq, message.seq) + 1, this.toPendingReply(message, claim)));
    if (isOpenAgain || !isSettled(reply)) return { turnId, token: claim.token, session, message, reply, isResumed: true };
    await this.release(session.id, claim.token, { lastSeq: session.lastSeq });
    return null;
  }

  private async sessionFor({ customerId, sessionId }: TurnRequest): Promise<Session> {
    if (sessionId === undefined) return (await this.sessions.ensureOpen([customerId])).get(customerId) ?? raise(new SessionNotFoundError());
    const session = await this.sessions.get(sessionId);
    if (session.customerId !== customerId) throw new SessionNotFoundError();
    return session.isOpen ? session : raise(new SessionClosedError());
  }

  private async claim(sessionId: string, claim: TurnClaim, evenClosed: boolean): Promise<Session | null> {
    const now = this.clock.now();
    const session = await this.sessionRepository.claim(sessionId, claim, now, evenClosed);
    // Whoever held the claim before did not end the turn: its reply must not appear after ours has begun.
    if (session?.turn) await this.messages.settle(session.turn.turnId, session.turn.token, { status: 'failed' }, now);
    return session;
  }

  private async complete(turn: Turn, { text, kind, status, lang, details }: TurnAnswer): Promise<Message> {
    const { turnId, token, session, message } = turn;
    await this.hold(session.id, turn);
    const now = this.clock.now();
    const { usage, ...rest } = details;
    const content = { text, kind, status, lang, fold: fold(text), terms: terms(text) };
    const isStored = await this.messages.settle(turnId, token, { ...content, ...rest, ...(usage && { usage }) }, now);
    if (!isStored) throw new TurnLostError();
    const reply: Message = { ...turn.reply, ...content, reply: details };
    await this.release(session.id, token, { lastSeq: lastSeqOf(turn), lang, ...(details.needsHuman && { needsHuman: true }) });
    await this.memory.raiseVersions([session.customerId]);
    const key = { customerId: session.customerId, sessionId: session.id };
    // The numbers of a turn taken up again may lie behind what the window holds.
    await (turn.isResumed ? this.window.forget([key]) : this.window.append(key, [message, reply]));
    return reply;
  }

  private async fail(turn: Turn): Promise<void> {
    await this.messages.settle(turn.turnId, turn.token, { status: 'failed' }, this.clock.now());
    await this.release(turn.session.id, turn.token, { lastSeq: lastSeqOf(turn) });
  }

  /** Gives up the claim; a conversation that was deleted meanwhile takes with it what this turn wrote. */
  private async release(sessionId: string, token: string, end: Omit<TurnEnd, 'at'>): Promise<void> {
    const isReleased = await this.sessionRepository.release(sessionId, token, { at: this.clock.now(), ...end });
    if (!isReleased && !(await this.sessionRepository.exists(sessionId))) await this.messages.deleteOfSessions([sessionId]);
  }

  /** Makes sure that the claim is still ours. */
  private async hold<T extends { token: string }>(sessionId: string, claim: T): Promise<T> {
    const isHeld = await this.sessionRepository.renew(sessionId, claim.token, this.leaseEnd());
    return isHeld ? claim : raise(new TurnLostError());
  }

  private async renew(turn: Turn, lost: AbortController): Promise<void> {
    await this.hold(turn.session.id, turn).catch((error: unknown) => {
      if (error instanceof TurnLostError) lost.abort(error);
      else this.logger.warn({ err: error }, 'a claim could not be renewed');
    });
  }

  private newClaim(turnId: string): TurnClaim {
    return { turnId, token: randomUUID(), until: this.leaseEnd() };
  }

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + LEASE_MS);
  }

  private toUserMessage({ customerId, content, lang, clientMessageId }: TurnRequest, session: Session, turnId: string): NewMessage {
    return {
      sessionId: session.id,
      customerId,
      turnId,
      role: 'user',
      kind: 'chat',
      status: 'complete',
      text: content,
      fold: fold(content),
      terms: terms(content),
      createdAt: this.clock.now(),
      ...(lang !== null && { lang }),
      ...(clientMessageId !== undefined && { clientMessageId }),
    };
  }

  private toPendingReply({ sessionId, customerId }: Message, { turnId, token }: TurnClaim): NewMessage {
    const place = { sessionId, customerId, turnId, token, role: 'assistant', kind: 'chat', status: 'pending' } as const;
    return { ...place, text: '', fold: '', terms: [], createdAt: this.clock.now() };
  }
}
