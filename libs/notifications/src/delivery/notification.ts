import type { JsonObject } from '@app/common';
import type { Slot } from '@app/language';
import type { NotificationType } from '../notification.rules.js';

export const NOTIFICATION_STATUSES = [
  'queued',
  'sending',
  'retrying',
  'failed',
  'skipped',
  'cancelled',
  'sent',
  'delivered',
  'read',
] as const;
/** Where a notice stands. "sent" means: the message is committed in the customer's chat. */
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];

/** A notice only ever moves to a status of a higher rank. */
export const STATUS_RANK: Readonly<Record<NotificationStatus, number>> = {
  queued: 0,
  sending: 1,
  retrying: 2,
  failed: 3,
  skipped: 3,
  cancelled: 3,
  sent: 4,
  delivered: 5,
  read: 6,
};

export const statusesBelow = (status: NotificationStatus): NotificationStatus[] =>
  NOTIFICATION_STATUSES.filter((other) => STATUS_RANK[other] < STATUS_RANK[status]);

/** The statuses of notices that have reached their customer. */
export const REACHED: NotificationStatus[] = ['sent', 'delivered', 'read'];
/** The statuses of notices that are still under way. */
export const UNDER_WAY: NotificationStatus[] = ['queued', 'sending', 'retrying'];

/** Why nothing was sent to a recipient. */
export type SkipReason = 'inactive' | 'deleted';

/** Why a recipient could not be reached, for good. */
export interface DeliveryError {
  code: string;
  text: string;
}

/** What a notice says, and what it is found by. */
export interface NoticeContent {
  subject: string | null;
  body: string;
  fold: string;
  terms: string[];
  slots: Slot[];
  topicKey: string;
  lang: string;
}

/** One recipient of a send: the person, and their own data over that of the send. */
export interface Recipient {
  customerId: string;
  data: JsonObject;
}

/** One line of the delivery ledger as the back office sees it. Customer, text and ids of messages are null after an erasure. */
export interface NotificationRecord {
  id: string;
  jobId: string;
  customerId: string | null;
  customerName: string | null;
  configId: string;
  configName: string | null;
  configVersion: number;
  notificationType: NotificationType;
  subject: string | null;
  body: string | null;
  status: NotificationStatus;
  attempts: number;
  error: DeliveryError | null;
  skipReason: SkipReason | null;
  sessionId: string | null;
  messageId: string | null;
  createdAt: Date;
  sentAt: Date | null;
  deliveredAt: Date | null;
  readAt: Date | null;
  repliedAt: Date | null;
}

/** A notice as the assistant knows it. `supersededBy` is the newest notice about the same matter, null for that one itself. */
export interface NoticeRecord {
  id: string;
  customerId: string;
  configId: string;
  subject: string | null;
  body: string;
  fold: string;
  terms: string[];
  slots: Slot[];
  topicKey: string;
  notificationType: NotificationType;
  sentAt: Date;
  supersededBy: string | null;
}

/** A chat message shows the subject as its first line. */
export const noticeText = ({ subject, body }: { subject: string | null; body: string }): string =>
  subject === null ? body : `${subject}\n${body}`;
