import { ApiProperty } from '@nestjs/swagger';
import { accept, defineRule, refuse, type JsonObject } from '@app/common';
import {
  bodyTemplateRule,
  NOTIFICATION_STATUSES,
  NOTIFICATION_TYPES,
  subjectTemplateRule,
  templateDataRule,
  type DeliveryStats,
  type HistoryFilter,
  type NotificationRecord,
  type NotificationStatus,
  type NotificationType,
  type Preview,
  type PreviewRequest,
  type ReceiptEvent,
  type StatsFilter,
} from '@app/notifications';
import { QueryInstant, Satisfies } from '../http/dto.decorators.js';
import { instantRule, objectIdRule, oneOf } from '../http/dto.rules.js';
import { PageQueryDto } from '../http/page.dto.js';
import { notificationType, TemplateVariableResponse, toVariableResponse } from './notification-configs.dto.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const jobIdRule = defineRule({ type: 'string', format: 'uuid' }, (value) =>
  typeof value === 'string' && UUID.test(value) ? accept(value) : refuse('BAD_ID', 'must be a UUID in lower case'),
);

const notificationStatus = { enumName: 'NotificationStatus' } as const;

export class PreviewNotificationDto {
  @Satisfies(objectIdRule, { optional: true })
  notification_config_id?: string;

  @Satisfies(subjectTemplateRule, { optional: true, nullable: true })
  subject?: string | null;

  @Satisfies(bodyTemplateRule, { optional: true })
  body_template?: string;

  @Satisfies(objectIdRule, { optional: true })
  customer_id?: string;

  @Satisfies(templateDataRule, { optional: true })
  data?: JsonObject;
}

export class PreviewResponse {
  subject: string | null;
  body: string;
  variables: TemplateVariableResponse[];
  /** What had no value and no default. */
  missing: string[];
}

export class ListHistoryQueryDto extends PageQueryDto {
  @Satisfies(objectIdRule, { optional: true })
  customer_id?: string;

  @Satisfies(jobIdRule, { optional: true })
  job_id?: string;

  @Satisfies(objectIdRule, { optional: true })
  notification_config_id?: string;

  @Satisfies(oneOf(NOTIFICATION_STATUSES), { optional: true, api: notificationStatus })
  status?: NotificationStatus;

  @Satisfies(oneOf(NOTIFICATION_TYPES), { optional: true, api: notificationType })
  notification_type?: NotificationType;

  @QueryInstant()
  from?: Date;

  @QueryInstant()
  to?: Date;
}

export class NotificationStatsQueryDto {
  /** Left out: 30 days before `to`. */
  @QueryInstant()
  from?: Date;

  @QueryInstant()
  to?: Date;

  @Satisfies(objectIdRule, { optional: true })
  notification_config_id?: string;

  @Satisfies(jobIdRule, { optional: true })
  job_id?: string;
}

export class ReceiptDto {
  @Satisfies(oneOf(['delivered', 'read'] as const))
  event: ReceiptEvent;

  /** Left out: now. */
  @Satisfies(instantRule, { optional: true })
  at?: Date;
}

export class DeliveryErrorResponse {
  code: string;
  message: string;
}

/** One line of the delivery ledger. */
export class NotificationResponse {
  @ApiProperty({ pattern: '^[0-9a-f]{24}$' })
  id: string;
  /** Null once the customer was erased. */
  customer_id: string | null;
  customer_name: string | null;
  notification_config_id: string;
  /** Null once the config was deleted. */
  config_name: string | null;
  @ApiProperty({ type: 'integer', minimum: 1 })
  config_version: number;
  job_id: string;
  @ApiProperty({ enum: NOTIFICATION_TYPES, ...notificationType })
  notification_type: NotificationType;
  subject: string | null;
  body: string | null;
  @ApiProperty({ enum: NOTIFICATION_STATUSES, ...notificationStatus })
  status: NotificationStatus;
  @ApiProperty({ type: 'integer', minimum: 1 })
  attempts: number;
  error: DeliveryErrorResponse | null;
  @ApiProperty({ type: 'string', enum: ['inactive', 'deleted', null], nullable: true })
  skip_reason: 'inactive' | 'deleted' | null;
  session_id: string | null;
  message_id: string | null;
  created_at: Date;
  sent_at: Date | null;
  delivered_at: Date | null;
  read_at: Date | null;
  replied_at: Date | null;
}

export class NotificationPage {
  items: NotificationResponse[];
  next_cursor: string | null;
  @ApiProperty({ type: 'integer', required: false })
  total?: number;
}

export class DeliveryDayResponse {
  /** YYYY-MM-DD in the configured time zone. */
  date: string;
  @ApiProperty({ type: 'integer' })
  total: number;
  @ApiProperty({ type: 'integer' })
  sent: number;
  @ApiProperty({ type: 'integer' })
  failed: number;
}

const counts = { type: 'object', additionalProperties: { type: 'integer' } } as const;

export class NotificationStatsResponse {
  @ApiProperty({ type: 'integer' })
  total: number;
  @ApiProperty(counts)
  by_status: Record<NotificationStatus, number>;
  @ApiProperty(counts)
  by_type: Record<NotificationType, number>;
  by_day: DeliveryDayResponse[];
  /** Sent of all, 0 to 1. */
  success_rate: number;
  /** Read of sent, 0 to 1. */
  read_rate: number;
  /** Replied of sent, 0 to 1. */
  reply_rate: number;
}

export function toPreviewRequest(body: PreviewNotificationDto): PreviewRequest {
  return {
    ...(body.notification_config_id !== undefined && { configId: body.notification_config_id }),
    ...(body.subject !== undefined && { subject: body.subject }),
    ...(body.body_template !== undefined && { bodyTemplate: body.body_template }),
    ...(body.customer_id !== undefined && { customerId: body.customer_id }),
    data: body.data ?? {},
  };
}

export function toPreviewResponse({ subject, body, variables, missing }: Preview): PreviewResponse {
  return { subject, body, variables: variables.map(toVariableResponse), missing: [...missing] };
}

export function toHistoryFilter(query: ListHistoryQueryDto): HistoryFilter {
  return {
    ...(query.customer_id !== undefined && { customerId: query.customer_id }),
    ...(query.job_id !== undefined && { jobId: query.job_id }),
    ...(query.notification_config_id !== undefined && { configId: query.notification_config_id }),
    ...(query.status !== undefined && { status: query.status }),
    ...(query.notification_type !== undefined && { notificationType: query.notification_type }),
    ...(query.from && { from: query.from }),
    ...(query.to && { to: query.to }),
  };
}

export function toStatsFilter(query: NotificationStatsQueryDto): StatsFilter {
  return {
    ...(query.from && { from: query.from }),
    ...(query.to && { to: query.to }),
    ...(query.notification_config_id !== undefined && { configId: query.notification_config_id }),
    ...(query.job_id !== undefined && { jobId: query.job_id }),
  };
}

export function toNotificationResponse(record: NotificationRecord): NotificationResponse {
  return {
    id: record.id,
    customer_id: record.customerId,
    customer_name: record.customerName,
    notification_config_id: record.configId,
    config_name: record.configName,
    config_version: record.configVersion,
    job_id: record.jobId,
    notification_type: record.notificationType,
    subject: record.subject,
    body: record.body,
    status: record.status,
    attempts: record.attempts,
    error: record.error && { code: record.error.code, message: record.error.text },
    skip_reason: record.skipReason,
    session_id: record.sessionId,
    message_id: record.messageId,
    created_at: record.createdAt,
    sent_at: record.sentAt,
    delivered_at: record.deliveredAt,
    read_at: record.readAt,
    replied_at: record.repliedAt,
  };
}

export function toStatsResponse(stats: DeliveryStats): NotificationStatsResponse {
  return {
    total: stats.total,
    by_status: stats.byStatus,
    by_type: stats.byType,
    by_day: stats.byDay.map(({ date, total, sent, failed }) => ({ date, total, sent, failed })),
    success_rate: stats.successRate,
    read_rate: stats.readRate,
    reply_rate: stats.replyRate,
  };
}
