import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { REACHED, type NoticeRecord } from './notification.js';
import { NOTIFICATIONS, type NotificationDocument } from './notification.schema.js';

const KEPT_IN_MIND = 500;

/** The ledger by customer, as chat reads it. */
@Injectable()
export class NoticeRepository {
  constructor(@InjectModel(NOTIFICATIONS) private readonly model: Model<NotificationDocument>) {}

  /** What a customer has received, newest first. */
  async findReached(customerId: string): Promise<Omit<NoticeRecord, 'supersededBy'>[]> {
    const found = await this.model
      .find({ customerId, status: { $in: REACHED } }, { data: 0 })
      .sort({ createdAt: -1, _id: -1 })
      .limit(KEPT_IN_MIND)
      .lean<NotificationDocument[]>();
    return found.map((document) => ({
      id: document._id.toHexString(),
      customerId,
      configId: document.configId.toHexString(),
      subject: document.subject ?? null,
      body: document.body ?? '',
      fold: document.fold ?? '',
      terms: document.terms ?? [],
      slots: document.slots ?? [],
      topicKey: document.topicKey ?? '',
      notificationType: document.notificationType,
      sentAt: document.statusAt.sent ?? document.createdAt,
    }));
  }

  async recordReply(customerId: string, at: Date): Promise<void> {
    const newest = await this.model
      .findOne({ customerId, createdAt: { $lte: at }, status: { $in: REACHED } }, { _id: 1 })
      .sort({ createdAt: -1, _id: -1 })
      .lean<Pick<NotificationDocument, '_id'>>();
    if (!newest) return;
    await this.model.updateOne(
      { _id: newest._id, 'statusAt.replied': { $exists: false } },
      { $set: { 'statusAt.replied': at, updatedAt: at } },
    );
  }
}
