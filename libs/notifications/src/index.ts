export type { ConfigContent, ConfigFilter, ConfigInput, ConfigPatch, NotificationConfig } from './config/notification-config.js';
export { NotificationConfigService } from './config/notification-config.service.js';
export { DeliveryStatsService, type DeliveryDay, type DeliveryStats, type StatsFilter } from './delivery/delivery-stats.service.js';
export { DeliveryService, type StartedSend } from './delivery/delivery.service.js';
export type { HistoryFilter, ReceiptEvent } from './delivery/history.repository.js';
export { HistoryService } from './delivery/history.service.js';
export { NoticeService, type Preview, type PreviewRequest } from './delivery/notice.service.js';
export { NOTIFICATION_STATUSES, type NoticeRecord, type NotificationRecord, type NotificationStatus } from './delivery/notification.js';
export type { Audience, SendRequest } from './delivery/send-request.js';
export {
  bodyTemplateRule,
  configDescriptionRule,
  configNameRule,
  emailTemplateRule,
  NOTIFICATION_TYPES,
  subjectTemplateRule,
  templateDataRule,
  topicVariablesRule,
  type NotificationType,
} from './notification.rules.js';
export { NotificationsModule } from './notifications.module.js';
export type { TemplateVariable } from './template/template.variables.js';
