import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { TasksModule } from '@app/tasks';
import { CustomerRepository } from './customer.repository.js';
import { CustomerRecord, CustomerSchema } from './customer.schema.js';
import { CustomerService } from './customer.service.js';
import { ErasedEmailRepository } from './erased-email.repository.js';
import { ErasedEmailRecord, ErasedEmailSchema } from './erased-email.schema.js';
import { CustomerExportService } from './export/customer-export.service.js';
import { CustomerImportService } from './import/customer-import.service.js';
import { ImportCustomerRepository } from './import/import-customer.repository.js';
import { ImportRowRepository } from './import/import-row.repository.js';
import { ImportRowRecord, ImportRowSchema } from './import/import-row.schema.js';
import { UploadFileRecord, UploadFileSchema } from './import/upload.schema.js';
import { UploadStore } from './import/upload.store.js';
import { UploadSweeper } from './import/upload.sweeper.js';

/** Customers, their import from CSV files and their export to them. */
@Module({
  imports: [
    TasksModule,
    MongooseModule.forFeature([
      { name: CustomerRecord.name, schema: CustomerSchema },
      { name: ErasedEmailRecord.name, schema: ErasedEmailSchema },
      { name: ImportRowRecord.name, schema: ImportRowSchema },
      { name: UploadFileRecord.name, schema: UploadFileSchema },
    ]),
  ],
  providers: [
    CustomerRepository,
    ErasedEmailRepository,
    CustomerService,
    CustomerExportService,
    ImportCustomerRepository,
    ImportRowRepository,
    UploadStore,
    CustomerImportService,
  ],
  exports: [CustomerService, CustomerExportService, CustomerImportService, UploadStore],
})
export class CustomersModule {}

/** What a worker adds: the sweep that removes uploads which are no longer needed. */
@Module({ imports: [CustomersModule], providers: [UploadSweeper] })
export class UploadSweepModule {}
