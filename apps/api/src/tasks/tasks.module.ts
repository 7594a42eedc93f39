import { Module } from '@nestjs/common';
import { CustomersModule } from '@app/customers';
import { NotificationsModule } from '@app/notifications';
import { TaskErrors } from './task-errors.js';
import { TasksController } from './tasks.controller.js';

@Module({ imports: [CustomersModule, NotificationsModule], controllers: [TasksController], providers: [TaskErrors] })
export class TaskRoutesModule {}
