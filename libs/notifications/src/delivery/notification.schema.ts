import type { JsonObject } from '@app/common';
import type { Slot } from '@app/language';
import { Schema, type Types } from 'mongoose';
import type { NotificationType } from '../notification.rules.js';
import type { DeliveryError, NotificationStatus, SkipReason } from './notification.js';

export const NOTIFICATIONS = 'notifications';

/** When a notice reached each status, and when its customer first answered after it. */
type StatusTimes = Partial<Record<NotificationStatus | 'replied', Date>>;

/** One line of the ledger. Optional fields are absent, never null. */
export interface NotificationDocument {
  _id: Types.ObjectId;
  jobId: string;
  /** A random id once the customer was erased. */
  customerId: Types.ObjectId;
  configId: Types.ObjectId;
  configVersion: number;
  notificationType: NotificationType;
  data?: JsonObject;
  subject?: string;
  body?: string;
  fold?: string;
  terms?: string[];
  slots?: Slot[];
  topicKey?: string;
  lang?: string;
  status: NotificationStatus;
  statusAt: StatusTimes;
  attempts: number;
  error?: DeliveryError;
  skipReason?: SkipReason;
  sessionId?: Types.ObjectId;
  messageId?: Types.ObjectId;
  erasedAt?: Date;
  createdAt: Date;
  updatedAt: Date;
}

const mixed = Schema.Types.Mixed;
const id = Schema.Types.ObjectId;
/** Without it Mongoose would store an empty list where there is none. */
const absent = { default: undefined };

export const notificationSchema = new Schema<NotificationDocument>(
  {
    jobId: { type: String, required: true },
    customerId: { type: id, required: true },
    configId: { type: id, required: true },
    configVersion: { type: Number, required: true },
    notificationType: { type: String, required: true },
    data: mixed,
    subject: String,
    body: String,
    fold: String,
    terms: { type: [String], ...absent },
    slots: { type: [mixed], ...absent },
    topicKey: String,
    lang: String,
    status: { type: String, required: true },
    statusAt: { type: mixed, required: true },
    attempts: { type: Number, required: true },
    error: mixed,
    skipReason: String,
    sessionId: id,
    messageId: id,
    erasedAt: Date,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: NOTIFICATIONS, versionKey: false, minimize: false },
);

notificationSchema.index({ jobId: 1, customerId: 1 }, { unique: true });
notificationSchema.index({ createdAt: 1, _id: 1 });
notificationSchema.index({ customerId: 1, createdAt: 1, _id: 1 });
notificationSchema.index({ jobId: 1, createdAt: 1, _id: 1 });
notificationSchema.index({ jobId: 1, status: 1, _id: 1 });
notificationSchema.index({ configId: 1, createdAt: 1, _id: 1 });
notificationSchema.index({ status: 1, createdAt: 1, _id: 1 });
notificationSchema.index({ notificationType: 1, createdAt: 1, _id: 1 });
notificationSchema.index({ customerId: 1, topicKey: 1, createdAt: 1 });
