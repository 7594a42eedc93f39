import { Module } from '@nestjs/common';
import { NotificationsModule } from '@app/notifications';
import { NotificationConfigsController } from './notification-configs.controller.js';
import { NotificationsController } from './notifications.controller.js';

@Module({ imports: [NotificationsModule], controllers: [NotificationConfigsController, NotificationsController] })
export class NotificationRoutesModule {}
