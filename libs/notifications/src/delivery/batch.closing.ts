import { Injectable } from '@nestjs/common';
import { MessageService } from '@app/chat-memory';
import { CustomerService } from '@app/customers';
import { BatchDelivery } from './batch.delivery.js';
import { LedgerRepository, type ClosingVerdict, type LedgerEntry, type SendFacts } from './ledger.repository.js';
import { UNDER_WAY, type Recipient } from './notification.js';

const EXHAUSTED: ClosingVerdict = {
  status: 'failed',
  error: { code: 'BATCH_EXHAUSTED', text: 'The notice could not be sent after several tries.' },
};
const CANCELLED: ClosingVerdict = { status: 'cancelled' };
const DELETED: ClosingVerdict = { status: 'skipped', skipReason: 'deleted' };

/** Says what became of the recipients of batches that were not done, so that everybody has a line in the ledger. */
@Injectable()
export class BatchClosing {
  constructor(
    private readonly ledger: LedgerRepository,
    private readonly delivery: BatchDelivery,
    private readonly customers: CustomerService,
    private readonly messages: MessageService,
  ) {}

  /** A notice that stands in its chat is sent, whatever came after; the others are cancelled or failed. Safe to repeat. */
  async close(facts: SendFacts, recipients: readonly Recipient[], isCancelled: boolean): Promise<void> {
    const gone = new Set(await this.customers.unknownIds(recipients.map(({ customerId }) => customerId)));
    const entries = recipients.map(({ customerId, data }): LedgerEntry & { verdict: ClosingVerdict } => ({
      id: this.delivery.idOf(facts.jobId, customerId),
      customerId,
      data,
      verdict: gone.has(customerId) ? DELETED : isCancelled ? CANCELLED : EXHAUSTED,
    }));
    const present = await this.ledger.insert(facts, entries);
    const rows = await this.ledger.findRows([...present]);
    const open = new Set(rows.filter(({ status }) => UNDER_WAY.includes(status)).map(({ id }) => id));
    const delivered = await this.messages.findNoticeMessages([...open]);
    await this.ledger.markSent(delivered);
    await this.ledger.close(entries.filter(({ id }) => open.has(id) && !delivered.has(id)));
    await this.delivery.withdrawErased(entries);
  }
}
