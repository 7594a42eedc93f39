import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock, type Page, type PageRequest } from '@app/common';
import { findPage } from '@app/connections';
import { Types, type Model, type QueryFilter } from 'mongoose';
import type { NotificationType } from '../notification.rules.js';
import { REACHED, statusesBelow, type NotificationRecord, type NotificationStatus } from './notification.js';
import { NOTIFICATIONS, type NotificationDocument } from './notification.schema.js';

/** Which lines of the ledger are meant; `from` inclusive, `to` exclusive. */
export interface HistoryFilter {
  customerId?: string;
  jobId?: string;
  configId?: string;
  status?: NotificationStatus;
  notificationType?: NotificationType;
  from?: Date;
  to?: Date;
}

/** A line without the names of its customer and config. */
export type BareRecord = Omit<NotificationRecord, 'customerName' | 'configName'>;

export type ReceiptEvent = 'delivered' | 'read';

/** Lines of one day, type and status, counted. */
export interface LedgerGroup {
  date: string;
  notificationType: NotificationType;
  status: NotificationStatus;
  count: number;
  replied: number;
}

const NOT_SHOWN = { data: 0, fold: 0, terms: 0, slots: 0 } as const;

/** The ledger as the back office reads it. */
@Injectable()
export class HistoryRepository {
  constructor(
    @InjectModel(NOTIFICATIONS) private readonly model: Model<NotificationDocument>,
    private readonly clock: Clock,
  ) {}

  async list(filter: HistoryFilter, page: PageRequest): Promise<Page<BareRecord>> {
    const found = await findPage(
      this.model,
      { list: NOTIFICATIONS, filter: toQuery(filter), sort: { field: 'createdAt', direction: -1 }, projection: NOT_SHOWN },
      page,
    );
    return { ...found, items: found.items.map(toRecord) };
  }

  async findById(id: string): Promise<BareRecord | null> {
    const found = await this.model.findById(id, NOT_SHOWN).lean<NotificationDocument>();
    return found && toRecord(found);
  }

  /** Records a receipt where the notice has reached its customer; the status rises or stays. The first time of each event is kept. */
  async recordReceipt(id: string, event: ReceiptEvent, at: Date): Promise<BareRecord | null> {
    const updatedAt = this.clock.now();
    await this.model.updateOne(
      { _id: id, status: { $in: REACHED }, erasedAt: { $exists: false }, [`statusAt.${event}`]: { $exists: false } },
      { $set: { [`statusAt.${event}`]: at, updatedAt } },
    );
    const lower = REACHED.filter((status) => statusesBelow(event).includes(status));
    await this.model.updateOne({ _id: id, status: { $in: lower }, erasedAt: { $exists: false } }, { $set: { status: event, updatedAt } });
    return this.findById(id);
  }

  /** Counts by day (of `timezone`), type and status. */
  async groups(filter: HistoryFilter, timezone: string): Promise<LedgerGroup[]> {
    const groups = await this.model.aggregate<
      Omit<LedgerGroup, 'date' | 'notificationType' | 'status'> & { _id: Pick<LedgerGroup, 'date' | 'notificationType' | 'status'> }
    >([
      { $match: toQuery(filter) },
      {
        $group: {
          _id: {
            date: { $dateToString: { date: '$createdAt', format: '%Y-%m-%d', timezone } },
            notificationType: '$notificationType',
            status: '$status',
          },
          count: { $sum: 1 },
          replied: { $sum: { $cond: [{ $gt: ['$statusAt.replied', null] }, 1, 0] } },
        },
      },
    ]);
    return groups.map(({ _id, count, replied }) => ({ ..._id, count, replied }));
  }
}

function toQuery({ customerId, configId, from, to, ...equal }: HistoryFilter): QueryFilter<NotificationDocument> {
  const plain = Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined));
  return {
    ...plain,
    ...(customerId !== undefined && { customerId: new Types.ObjectId(customerId) }),
    ...(configId !== undefined && { configId: new Types.ObjectId(configId) }),
    ...((from ?? to) && { createdAt: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
  };
}

function toRecord(document: NotificationDocument): BareRecord {
  const { statusAt } = document;
  return {
    id: document._id.toHexString(),
    jobId: document.jobId,
    customerId: document.erasedAt ? null : document.customerId.toHexString(),
    configId: document.configId.toHexString(),
    configVersion: document.configVersion,
    notificationType: document.notificationType,
    subject: document.subject ?? null,
    body: document.body ?? null,
    status: document.status,
    attempts: document.attempts,
    error: document.error ?? null,
    skipReason: document.skipReason ?? null,
    sessionId: document.sessionId?.toHexString() ?? null,
    messageId: document.messageId?.toHexString() ?? null,
    createdAt: document.createdAt,
    sentAt: statusAt.sent ?? null,
    deliveredAt: statusAt.delivered ?? null,
    readAt: statusAt.read ?? null,
    repliedAt: statusAt.replied ?? null,
  };
}
