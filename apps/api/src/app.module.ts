import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ConfigModule, type Config } from '@app/config';
import { ConnectionsModule, LoggingModule } from '@app/connections';
import type { Clock } from '@app/common';
import { TasksModule } from '@app/tasks';
import { AuthModule } from './auth/auth.module.js';
import { CustomerRoutesModule } from './customers/customers.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { ConnectionDrain } from './http/connection.drain.js';
import { NegotiationGuard } from './http/negotiation.guard.js';
import { StrictValidationPipe } from './http/validation.pipe.js';
import { MessageRoutesModule } from './messages/messages.module.js';
import { NotificationRoutesModule } from './notifications/notifications.module.js';
import { TaskRoutesModule } from './tasks/tasks.module.js';

/** The HTTP application: routes over the libraries, one module a resource. */
@Module({})
export class AppModule {
  static forRoot(config: Config, clock?: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, clock),
        LoggingModule,
        ConnectionsModule.forRoot('request'),
        TasksModule,
        AuthModule,
        CustomerRoutesModule,
        NotificationRoutesModule,
        MessageRoutesModule,
        TaskRoutesModule,
        HealthModule,
        ...(config.docsEnabled ? [DocsModule] : []),
      ],
      providers: [
        ConnectionDrain,
        { provide: APP_GUARD, useClass: NegotiationGuard },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
      ],
    };
  }
}
