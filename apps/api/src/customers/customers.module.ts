import { Module } from '@nestjs/common';
import { CustomersModule } from '@app/customers';
import { ErasureModule } from '@app/erasure';
import { CustomersController } from './customers.controller.js';
import { UploadReceiver } from './upload.js';

@Module({ imports: [CustomersModule, ErasureModule], controllers: [CustomersController], providers: [UploadReceiver] })
export class CustomerRoutesModule {}
