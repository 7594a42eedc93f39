import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, type Config } from '@app/config';
import { ConnectionsModule, LoggingModule } from '@app/connections';
import { CustomerImportService, CustomersModule, UploadSweepModule } from '@app/customers';
import { ErasureSweepModule } from '@app/erasure';
import { ChatSweepModule } from '@app/chat-memory';
import { DeliveryService, NotificationsModule } from '@app/notifications';
import { TaskRunnerModule } from '@app/tasks';
import { createHandlers } from './handlers.js';
import { HealthServer } from './health.server.js';
import { DeliveriesProcessor, ImportsProcessor } from './processors/task.processor.js';

/** The process that does the long work, and the sweeps that mend what a crash left. */
@Module({})
export class WorkerModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule,
        ConnectionsModule.forRoot('work'),
        TaskRunnerModule.forRoot({
          imports: [CustomersModule, NotificationsModule],
          inject: [CustomerImportService, DeliveryService],
          useFactory: createHandlers,
        }),
        ChatSweepModule,
        ErasureSweepModule,
        UploadSweepModule,
      ],
      providers: [ImportsProcessor, DeliveriesProcessor, HealthServer],
    };
  }
}
