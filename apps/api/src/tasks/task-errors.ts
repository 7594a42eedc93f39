import { Injectable } from '@nestjs/common';
import type { JsonObject } from '@app/common';
import { CustomerImportService } from '@app/customers';
import type { TaskName } from '@app/jobs';
import { DeliveryService } from '@app/notifications';
import type { Task } from '@app/tasks';

const FIRST_ERRORS = 1_000;

/** The first errors of a task, read from where they are kept: rejected rows, or the delivery ledger. */
@Injectable()
export class TaskErrors {
  private readonly sources: Record<TaskName, (jobId: string) => Promise<JsonObject[]>>;

  constructor(imports: CustomerImportService, deliveries: DeliveryService) {
    this.sources = {
      import_customers: (jobId) => imports.errors(jobId, FIRST_ERRORS),
      send_notification: (jobId) => deliveries.errors(jobId, FIRST_ERRORS),
    };
  }

  of({ name, jobId, result }: Task): Promise<JsonObject[]> {
    return result ? this.sources[name](jobId) : Promise.resolve([]);
  }
}
