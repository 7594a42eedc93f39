import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock, type JsonObject } from '@app/common';
import { duplicatesOf } from '@app/connections';
import { Types, type mongo, type AnyBulkWriteOperation, type Model, type QueryFilter } from 'mongoose';
import type { NotificationType } from '../notification.rules.js';
import {
  statusesBelow,
  UNDER_WAY,
  type DeliveryError,
  type NoticeContent,
  type NotificationStatus,
  type SkipReason,
} from './notification.js';
import { NOTIFICATIONS, type NotificationDocument } from './notification.schema.js';

/** What all lines of one send have in common. */
export interface SendFacts {
  jobId: string;
  configId: string;
  configVersion: number;
  notificationType: NotificationType;
}

/** Why nothing is sent to a recipient. */
export type ClosingVerdict =
  { status: 'failed'; error: DeliveryError } | { status: 'skipped'; skipReason: SkipReason } | { status: 'cancelled' };
/** What is to become of one recipient, before it is written. */
export type Verdict = { status: 'sending'; content: NoticeContent } | ClosingVerdict;

/** One line to be written. */
export interface LedgerEntry {
  id: string;
  customerId: string;
  data: JsonObject;
  verdict: Verdict;
}

/** A line as it is stored, as far as delivery is concerned. */
export interface LedgerRow {
  id: string;
  status: NotificationStatus;
  /** Null for a line that was closed before its text was made. */
  content: NoticeContent | null;
}

/** Where a notice was put. */
export interface Placement {
  sessionId: string;
  messageId: string;
}

const ERASED_AT_ONCE = 500;

/** What an erasure takes out of a line. */
const PERSONAL = { subject: 1, body: 1, fold: 1, terms: 1, slots: 1, data: 1, topicKey: 1, sessionId: 1, messageId: 1 } as const;

/**
 * The writes of delivery to the ledger: one line per job and customer, whose status only rises. Bulk operations go to the
 * driver directly: the documents are made here, field by field, and Mongoose's casting would cost more than the write.
 */
@Injectable()
export class LedgerRepository {
  constructor(
    @InjectModel(NOTIFICATIONS) private readonly model: Model<NotificationDocument>,
    private readonly clock: Clock,
  ) {}

  /** Writes the lines that are not there yet. Returns the ids of those that were. */
  async insert(facts: SendFacts, entries: readonly LedgerEntry[]): Promise<Set<string>> {
    if (entries.length === 0) return new Set();
    const now = this.clock.now();
    const documents = entries.map((entry) => toDocument(facts, entry, now));
    const there = await duplicatesOf(this.model.collection.insertMany(documents, { ordered: false }));
    return new Set([...there].map((index) => entries[index]?.id ?? ''));
  }

  async findRows(ids: readonly string[]): Promise<LedgerRow[]> {
    if (ids.length === 0) return [];
    const found = await this.model.find({ _id: { $in: [...ids] } }).lean<NotificationDocument[]>();
    return found.map((document) => ({ id: document._id.toHexString(), status: document.status, content: contentOf(document) }));
  }

  /** Counts another try. Lines under way are `retrying` from here on; closed ones keep their status until they are sent. */
  async takeUp(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const now = this.clock.now();
    const $in = [...ids];
    await this.model.updateMany({ _id: { $in } }, { $inc: { attempts: 1 }, $set: { updatedAt: now } });
    await this.model.updateMany({ _id: { $in }, status: { $in: UNDER_WAY } }, { $set: { status: 'retrying', 'statusAt.retrying': now } });
  }

  /** Gives their text to lines that were closed before it was made. */
  async fill(entries: readonly { id: string; data: JsonObject; content: NoticeContent }[]): Promise<void> {
    await this.write(
      entries.map(({ id, data, content }) => ({
        updateOne: {
          filter: { _id: new Types.ObjectId(id), body: { $exists: false }, erasedAt: { $exists: false } },
          update: { $set: { data, ...storedContent(content), updatedAt: this.clock.now() } },
        },
      })),
    );
  }

  /** Closes lines that are still under way; the others stay as they are. */
  async close(entries: readonly { id: string; verdict: ClosingVerdict }[]): Promise<void> {
    const now = this.clock.now();
    await this.write(
      entries.map(({ id, verdict }) => ({
        updateOne: {
          filter: { _id: new Types.ObjectId(id), status: { $in: UNDER_WAY } },
          update: { $set: { ...verdict, [`statusAt.${verdict.status}`]: now, updatedAt: now } },
        },
      })),
    );
  }

  /** Records that notices stand in their customers' chats; lines that say so already stay as they are. */
  async markSent(placements: ReadonlyMap<string, Placement>): Promise<void> {
    const now = this.clock.now();
    const below = statusesBelow('sent');
    await this.write(
      [...placements].map(([id, { sessionId, messageId }]) => ({
        updateOne: {
          filter: { _id: new Types.ObjectId(id), status: { $in: below }, erasedAt: { $exists: false } },
          update: {
            $set: {
              status: 'sent',
              'statusAt.sent': now,
              sessionId: new Types.ObjectId(sessionId),
              messageId: new Types.ObjectId(messageId),
              updatedAt: now,
            },
            $unset: { error: 1, skipReason: 1 },
          },
        },
      })),
    );
  }

  /** Takes the person out of these lines, whose notices were withdrawn: skipped, whatever they were. */
  async withdraw(ids: readonly string[]): Promise<void> {
    const now = this.clock.now();
    await this.write(ids.map((id) => anonymising({ _id: new Types.ObjectId(id) }, { ...skippedAt(now), ...erasedAt(now) })));
  }

  /** Takes a person out of the ledger: text and data go, the line and its status stay; one under way is skipped. Returns how many lines. */
  async eraseCustomer(customerId: string): Promise<number> {
    let erased = 0;
    for (;;) {
      const rows = await this.model.find({ customerId }, { _id: 1 }).limit(ERASED_AT_ONCE).lean<Pick<NotificationDocument, '_id'>[]>();
      if (rows.length === 0) return erased;
      const now = this.clock.now();
      await this.write(
        rows.flatMap(({ _id }) => [
          anonymising({ _id, status: { $in: UNDER_WAY } }, { ...skippedAt(now), ...erasedAt(now) }),
          anonymising({ _id }, erasedAt(now)),
        ]),
      );
      erased += rows.length;
    }
  }

  async countByStatus(jobId: string): Promise<Map<NotificationStatus, number>> {
    const groups = await this.model.aggregate<{ _id: NotificationStatus; count: number }>([
      { $match: { jobId } },
      { $group: { _id: '$status', count: { $sum: 1 } } },
    ]);
    return new Map(groups.map(({ _id, count }) => [_id, count]));
  }

  /** The first failed lines of a job, by id. */
  async findFailed(jobId: string, limit: number): Promise<{ customerId: string | null; error: DeliveryError }[]> {
    const found = await this.model
      .find({ jobId, status: 'failed' }, { customerId: 1, error: 1, erasedAt: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<NotificationDocument[]>();
    return found.map(({ customerId, error, erasedAt }) => ({
      customerId: erasedAt ? null : customerId.toHexString(),
      error: error ?? { code: 'UNKNOWN', text: '' },
    }));
  }

  private async write(operations: AnyBulkWriteOperation<NotificationDocument>[]): Promise<void> {
    if (operations.length > 0) await this.model.collection.bulkWrite(operations as mongo.AnyBulkWriteOperation[], { ordered: false });
  }
}

function toDocument(facts: SendFacts, { id, customerId, data, verdict }: LedgerEntry, now: Date): NotificationDocument {
  const isDeleted = verdict.status === 'skipped' && verdict.skipReason === 'deleted';
  return {
    _id: new Types.ObjectId(id),
    jobId: facts.jobId,
    customerId: isDeleted ? new Types.ObjectId() : new Types.ObjectId(customerId),
    configId: new Types.ObjectId(facts.configId),
    configVersion: facts.configVersion,
    notificationType: facts.notificationType,
    ...(isDeleted ? { erasedAt: now } : { data }),
    ...(verdict.status === 'sending' ? { status: verdict.status, ...storedContent(verdict.content) } : verdict),
    statusAt: { queued: now, [verdict.status]: now },
    attempts: 1,
    createdAt: now,
    updatedAt: now,
  };
}

const erasedAt = (now: Date): Partial<NotificationDocument> => ({ customerId: new Types.ObjectId(), erasedAt: now, updatedAt: now });
const skippedAt = (now: Date): object => ({ status: 'skipped', skipReason: 'deleted', 'statusAt.skipped': now });

const anonymising = (filter: QueryFilter<NotificationDocument>, $set: object): AnyBulkWriteOperation<NotificationDocument> => ({
  updateOne: { filter: { ...filter, erasedAt: { $exists: false } }, update: { $set, $unset: PERSONAL } },
});

const storedContent = ({ subject, ...content }: NoticeContent): Partial<NotificationDocument> => ({
  ...content,
  ...(subject !== null && { subject }),
});

function contentOf(document: NotificationDocument): NoticeContent | null {
  const { subject = null, body, fold, terms, slots, topicKey, lang } = document;
  if (
    body === undefined ||
    fold === undefined ||
    terms === undefined ||
    slots === undefined ||
    topicKey === undefined ||
    lang === undefined
  )
    return null;
  return { subject, body, fold, terms, slots, topicKey, lang };
}
