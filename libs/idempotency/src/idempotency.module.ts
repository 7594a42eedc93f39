import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotencyRecord, IdempotencySchema } from './idempotency.schema.js';
import { IdempotencyService } from './idempotency.service.js';

/** Replies kept by key, for requests that are to have their effect once. */
@Module({
  imports: [MongooseModule.forFeature([{ name: IdempotencyRecord.name, schema: IdempotencySchema }])],
  providers: [IdempotencyRepository, IdempotencyService],
  exports: [IdempotencyService],
})
export class IdempotencyModule {}
