import { Injectable } from '@nestjs/common';
import { Clock, raise, type Page, type PageRequest } from '@app/common';
import { CustomerService } from '@app/customers';
import { NotificationConfigRepository } from '../config/notification-config.repository.js';
import { NotificationNotFoundError, NotificationNotSentError, ReceiptTimeError } from '../notification.errors.js';
import { HistoryRepository, type BareRecord, type HistoryFilter, type ReceiptEvent } from './history.repository.js';
import { REACHED, type NotificationRecord } from './notification.js';

/** Clocks of those who send receipts may run a little ahead. */
const CLOCK_SKEW_MS = 60_000;

/** What was sent to whom, and what became of it. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly repository: HistoryRepository,
    private readonly configs: NotificationConfigRepository,
    private readonly customers: CustomerService,
    private readonly clock: Clock,
  ) {}

  /** Newest first, with the names that customers and configs have now. */
  async list(filter: HistoryFilter, page: PageRequest): Promise<Page<NotificationRecord>> {
    const found = await this.repository.list(filter, page);
    return { ...found, items: await this.withNames(found.items) };
  }

  /**
   * Records that a notice was delivered or read. Raises {@link NotificationNotFoundError}, {@link NotificationNotSentError}
   * for one that has not reached its customer, and {@link ReceiptTimeError}.
   */
  async recordReceipt(id: string, event: ReceiptEvent, at: Date = this.clock.now()): Promise<NotificationRecord> {
    if (at.getTime() > this.clock.now().getTime() + CLOCK_SKEW_MS) throw new ReceiptTimeError();
    const record = await this.repository.recordReceipt(id, event, at);
    if (!record || record.customerId === null) throw new NotificationNotFoundError();
    if (!REACHED.includes(record.status)) throw new NotificationNotSentError();
    const [named] = await this.withNames([record]);
    return named ?? raise(new NotificationNotFoundError());
  }

  private async withNames(records: readonly BareRecord[]): Promise<NotificationRecord[]> {
    const [customers, configNames] = await Promise.all([
      this.customers.findByIds([...new Set(records.flatMap(({ customerId }) => customerId ?? []))]),
      this.configs.namesOf([...new Set(records.map(({ configId }) => configId))]),
    ]);
    return records.map((record) => ({
      ...record,
      customerName: (record.customerId === null ? undefined : customers.get(record.customerId)?.fullName) ?? null,
      configName: configNames.get(record.configId) ?? null,
    }));
  }
}
