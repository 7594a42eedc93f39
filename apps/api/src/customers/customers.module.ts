import { Module } from '@nestjs/common';
import { CustomersModule } from '@app/customers';
import { ErasureModule } from '@app/erasure';
import { IdempotencyModule } from '@app/idempotency';
import { CustomersController } from './customers.controller.js';
import { SpoolSweeper } from './spool.sweeper.js';

@Module({ imports: [CustomersModule, ErasureModule, IdempotencyModule], controllers: [CustomersController], providers: [SpoolSweeper] })
export class CustomerRoutesModule {}
