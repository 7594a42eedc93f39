import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { ExportTooWideError } from '../customer.errors.js';
import type { CustomerFilter } from '../customer.js';
import { CustomerRepository } from '../customer.repository.js';
import { MAX_OWN_COLUMNS } from '../import/csv-header.js';
import { customersCsv } from './csv-export.js';

/** Customers as a CSV file that an import takes. */
@Injectable()
export class CustomerExportService {
  constructor(private readonly customers: CustomerRepository) {}

  /** Everybody who matches, as text that is made while it is read. Raises {@link ExportTooWideError}. */
  async csv(filter: CustomerFilter): Promise<Readable> {
    const keys = await this.customers.metadataKeys(filter, MAX_OWN_COLUMNS);
    if (keys.length > MAX_OWN_COLUMNS) throw new ExportTooWideError(MAX_OWN_COLUMNS);
    return Readable.from(customersCsv(keys.sort(), this.customers.batches(filter)));
  }
}
