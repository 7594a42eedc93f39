import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChatMemoryModule } from '@app/chat-memory';
import { CustomersModule } from '@app/customers';
import { TasksModule } from '@app/tasks';
import { NotificationConfigRepository } from './config/notification-config.repository.js';
import {
  configSchema,
  configVersionSchema,
  NOTIFICATION_CONFIG_VERSIONS,
  NOTIFICATION_CONFIGS,
} from './config/notification-config.schema.js';
import { NotificationConfigService } from './config/notification-config.service.js';
import { BatchClosing } from './delivery/batch.closing.js';
import { BatchDelivery } from './delivery/batch.delivery.js';
import { DeliveryStatsService } from './delivery/delivery-stats.service.js';
import { DeliveryService } from './delivery/delivery.service.js';
import { HistoryRepository } from './delivery/history.repository.js';
import { HistoryService } from './delivery/history.service.js';
import { LedgerRepository } from './delivery/ledger.repository.js';
import { NoticeComposer } from './delivery/notice.composer.js';
import { NoticeRepository } from './delivery/notice.repository.js';
import { NoticeService } from './delivery/notice.service.js';
import { NOTIFICATIONS, notificationSchema } from './delivery/notification.schema.js';
import { TemplateRenderer } from './template/template.renderer.js';

/** Templates, sending, and the ledger of what was sent. */
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: NOTIFICATION_CONFIGS, schema: configSchema },
      { name: NOTIFICATION_CONFIG_VERSIONS, schema: configVersionSchema },
      { name: NOTIFICATIONS, schema: notificationSchema },
    ]),
    TasksModule,
    CustomersModule,
    ChatMemoryModule,
  ],
  providers: [
    TemplateRenderer,
    NotificationConfigRepository,
    NotificationConfigService,
    LedgerRepository,
    NoticeRepository,
    HistoryRepository,
    NoticeComposer,
    BatchDelivery,
    BatchClosing,
    DeliveryService,
    NoticeService,
    HistoryService,
    DeliveryStatsService,
  ],
  exports: [NotificationConfigService, DeliveryService, NoticeService, HistoryService, DeliveryStatsService],
})
export class NotificationsModule {}
