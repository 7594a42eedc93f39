import type { CustomerImportService } from '@app/customers';
import type { DeliveryService } from '@app/notifications';
import type { TaskHandlers } from '@app/tasks';

/** Which service does which task. A task without a handler does not compile. */
export const createHandlers = (imports: CustomerImportService, deliveries: DeliveryService): TaskHandlers => ({
  import_customers: imports,
  send_notification: deliveries,
});
