import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChatMemoryModule } from '@app/chat-memory';
import { CustomersModule } from '@app/customers';
import { IdempotencyModule } from '@app/idempotency';
import { NotificationsModule } from '@app/notifications';
import { TasksModule } from '@app/tasks';
import { ErasureRepository } from './erasure.repository.js';
import { ErasureRecord, ErasureSchema } from './erasure.schema.js';
import { ErasureService } from './erasure.service.js';
import { ErasureSweeper } from './erasure.sweeper.js';

/** Forgetting a person everywhere, at once. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: ErasureRecord.name, schema: ErasureSchema }]),
    CustomersModule,
    IdempotencyModule,
    ChatMemoryModule,
    NotificationsModule,
    TasksModule,
  ],
  providers: [ErasureRepository, ErasureService],
  exports: [ErasureService],
})
export class ErasureModule {}

/** What a worker adds: the sweep that finishes what was begun. */
@Module({ imports: [ErasureModule], providers: [ErasureSweeper], exports: [ErasureSweeper] })
export class ErasureSweepModule {}
