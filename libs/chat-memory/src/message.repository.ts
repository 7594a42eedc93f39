import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '@app/common';
import { duplicatesOf, findPage, insertOne, isDuplicateOf } from '@app/connections';
import { Types, type Model, type QueryFilter } from 'mongoose';
import { MESSAGES, type MessageDocument } from './message.schema.js';
import { toMessage } from './message.mapper.js';
import type { Message, MessageStatus } from './message.js';

/** A message before it has a place in its session. */
export type NewMessage = Omit<MessageDocument, '_id' | 'seq' | 'sessionId' | 'customerId' | 'notificationId' | 'updatedAt'> & {
  sessionId: string;
  customerId: string;
  notificationId?: string;
};

/** Which messages a history shows: of a customer, of a session, or of both. */
export interface HistoryFilter {
  customerId?: string;
  sessionId?: string;
  isNotice?: boolean;
}

/** What the end of a reply changes in its message. */
export type MessageOutcome = Pick<MessageDocument, 'text' | 'fold' | 'terms' | 'kind'> &
  Partial<MessageDocument> & { status: MessageStatus };

const SESSION_HISTORY = 'messages.session';
const SETTLED: MessageStatus[] = ['complete', 'partial'];

const toDocument = ({ notificationId, ...message }: NewMessage, seq: number): Omit<MessageDocument, '_id'> => ({
  ...message,
  seq,
  sessionId: new Types.ObjectId(message.sessionId),
  customerId: new Types.ObjectId(message.customerId),
  ...(notificationId !== undefined && { notificationId: new Types.ObjectId(notificationId) }),
  updatedAt: message.createdAt,
});

@Injectable()
export class MessageRepository {
  constructor(@InjectModel(MESSAGES) private readonly model: Model<MessageDocument>) {}

  /**
   * Stores a message at `seq`, or at the next number that is free. A refusal by another unique index than that of the
   * number is thrown as it is.
   */
  async insertFrom(seq: number, message: NewMessage): Promise<Message> {
    for (let next = seq; ; next += 1) {
      try {
        return toMessage(await insertOne(this.model, toDocument(message, next)));
      } catch (error) {
        if (!isDuplicateOf(error, 'seq')) throw error;
      }
    }
  }

  /**
   * Stores messages at their numbers, each by itself. Returns for each position the stored message, or null where a
   * unique index refused it. Goes to the driver directly: the documents are made here, and casting them would cost more
   * than the write.
   */
  async insertMany(messages: readonly { seq: number; message: NewMessage }[]): Promise<(Message | null)[]> {
    const documents = messages.map(({ seq, message }) => ({ _id: new Types.ObjectId(), ...toDocument(message, seq) }));
    const refused = await duplicatesOf(this.model.collection.insertMany(documents, { ordered: false }));
    return documents.map((document, index) => (refused.has(index) ? null : toMessage(document)));
  }

  async findByClientId(customerId: string, clientMessageId: string): Promise<Message | null> {
    return this.findOne({ customerId, clientMessageId });
  }

  async findReply(turnId: string): Promise<Message | null> {
    return this.findOne({ turnId, role: 'assistant' });
  }

  async findByNotification(notificationIds: readonly string[]): Promise<Message[]> {
    const found = await this.model.find({ notificationId: { $in: [...notificationIds] } }).lean<MessageDocument[]>();
    return found.map(toMessage);
  }

  /** The newest `limit` settled messages of a session below number `before`, oldest first. */
  async findRecent(sessionId: string, before: number, limit: number): Promise<Message[]> {
    const found = await this.model
      .find({ sessionId, seq: { $lt: before }, status: { $in: SETTLED } })
      .sort({ seq: -1 })
      .limit(limit)
      .lean<MessageDocument[]>();
    return found.reverse().map(toMessage);
  }

  /** The newest `limit` things said in all conversations with a customer, notices and apologies left out, newest first. */
  async findSaid(customerId: string, limit: number): Promise<Message[]> {
    const found = await this.model
      .find({ customerId, kind: 'chat', status: { $in: SETTLED } }, { trace: 0, citations: 0, usage: 0 })
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit)
      .lean<MessageDocument[]>();
    return found.map(toMessage);
  }

  /** The newest finished reply of the assistant to a customer. */
  async findLastReply(customerId: string): Promise<Message | null> {
    const found = await this.model
      .findOne({ customerId, role: 'assistant', status: { $in: SETTLED } })
      .sort({ createdAt: -1, _id: -1 })
      .lean<MessageDocument>();
    return found && toMessage(found);
  }

  /** Makes a reply that was not made pending again, under a new claim. Returns false when it has been made meanwhile. */
  async reopen(turnId: string, token: string, now: Date): Promise<boolean> {
    const result = await this.model.updateOne(
      { turnId, role: 'assistant', status: { $in: ['pending', 'failed'] } },
      { $set: { status: 'pending', token, updatedAt: now } },
    );
    return result.matchedCount > 0;
  }

  /** The one way a pending reply ends: under the claim that began it. Returns false when that claim is no longer its owner. */
  async settle(turnId: string, token: string, outcome: Partial<MessageOutcome> & { status: MessageStatus }, now: Date): Promise<boolean> {
    const result = await this.model.updateOne(
      { turnId, role: 'assistant', token, status: 'pending' },
      { $set: { ...outcome, updatedAt: now }, $unset: { token: 1 } },
    );
    return result.matchedCount > 0;
  }

  /** Newest first: of one session by number, else by time. */
  async history({ customerId, sessionId, isNotice }: HistoryFilter, page: PageRequest): Promise<Page<Message>> {
    const query: QueryFilter<MessageDocument> = {
      ...(customerId !== undefined && { customerId }),
      ...(sessionId !== undefined && { sessionId }),
      ...(isNotice !== undefined && { kind: isNotice ? 'notice' : { $ne: 'notice' } }),
    };
    if (sessionId !== undefined) return this.sessionHistory(query, page);
    const found = await findPage(this.model, { list: MESSAGES, filter: query, sort: { field: 'createdAt', direction: -1 } }, page);
    return { ...found, items: found.items.map(toMessage) };
  }

  async count(filter: { customerId: string; role?: 'notification' }): Promise<number> {
    return this.model.countDocuments(filter);
  }

  /** Stored messages of each of these sessions; a session without any is absent. */
  async countBySession(sessionIds: readonly string[]): Promise<Map<string, number>> {
    const counts = await this.model.aggregate<{ _id: Types.ObjectId; n: number }>([
      { $match: { sessionId: { $in: sessionIds.map((id) => new Types.ObjectId(id)) } } },
      { $group: { _id: '$sessionId', n: { $sum: 1 } } },
    ]);
    return new Map(counts.map(({ _id, n }) => [_id.toHexString(), n]));
  }

  async deleteOfSessions(sessionIds: readonly string[]): Promise<number> {
    return (await this.model.deleteMany({ sessionId: { $in: [...sessionIds] } })).deletedCount;
  }

  async deleteOf(customerIds: readonly string[]): Promise<number> {
    return (await this.model.deleteMany({ customerId: { $in: [...customerIds] } })).deletedCount;
  }

  /** A number occurs once in a session, so it needs no tie-breaker, and the walk is the index's own. */
  private async sessionHistory(
    query: QueryFilter<MessageDocument>,
    { limit, cursor, skip = 0, includeTotal }: PageRequest,
  ): Promise<Page<Message>> {
    const scope = [SESSION_HISTORY, query];
    const position = cursor === undefined ? undefined : decodeCursor(scope, cursor);
    const filter = position ? { ...query, seq: { $lt: Number(position.value) } } : query;
    const [found, total] = await Promise.all([
      this.model
        .find(filter)
        .sort({ seq: -1 })
        .skip(skip)
        .limit(limit + 1)
        .lean<MessageDocument[]>(),
      includeTotal ? this.model.countDocuments(query) : undefined,
    ]);
    const items = found.slice(0, limit).map(toMessage);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last ? encodeCursor(scope, { value: last.seq, id: last.id }) : null;
    return { items, nextCursor, ...(total !== undefined && { total }) };
  }

  private async findOne(filter: QueryFilter<MessageDocument>): Promise<Message | null> {
    const found = await this.model.findOne(filter).lean<MessageDocument>();
    return found && toMessage(found);
  }
}
