import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MessageService, type NoticeDelivery } from '@app/chat-memory';
import { Clock, type JsonObject } from '@app/common';
import { Config } from '@app/config';
import { CustomerService, type Customer } from '@app/customers';
import { DeliveryIncompleteError } from '../notification.errors.js';
import { LedgerRepository, type LedgerEntry, type SendFacts } from './ledger.repository.js';
import type { Compose } from './notice.composer.js';
import { notificationIdOf } from './notification.ids.js';
import { noticeText, UNDER_WAY, type NoticeContent, type NotificationStatus, type Recipient } from './notification.js';

/** One run over recipients of a send. */
export interface BatchSend {
  facts: SendFacts;
  compose: Compose;
  /** For every recipient. */
  data: JsonObject;
  /** Failed and cancelled recipients are tried again, where they stand. */
  isRetry: boolean;
}

/** A notice that is to stand in its customer's chat at the end of the run. */
interface Parcel {
  id: string;
  customerId: string;
  content: NoticeContent;
}

/** Recipients rendered between two looks at the event loop. */
const RENDERED_AT_ONCE = 50;
const CLOSED_BUT_RETRIED: NotificationStatus[] = ['failed', 'cancelled'];

/**
 * Takes recipients from nothing to "sent", in bulk. Every step can be repeated: the ledger's line is written before the
 * message, both have keys that do not depend on the run, and what stands there already counts as done.
 */
@Injectable()
export class BatchDelivery {
  constructor(
    private readonly ledger: LedgerRepository,
    private readonly customers: CustomerService,
    private readonly messages: MessageService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Returns how many of the recipients failed. */
  async deliver(send: BatchSend, recipients: readonly Recipient[], throwIfStopped: () => void): Promise<number> {
    const customers = await this.customers.findByIds(recipients.map(({ customerId }) => customerId));
    const entries = await this.compose(send, recipients, customers, throwIfStopped);
    const present = await this.ledger.insert(send.facts, entries);
    throwIfStopped();
    const fresh = entries.filter(({ id }) => !present.has(id));
    const known = entries.filter(({ id }) => present.has(id));
    const resumed = await this.resume(send, known);

    throwIfStopped();
    const parcels = [...fresh.flatMap(toParcel), ...resumed.parcels];
    const delivered = await this.messages.deliverNotices(parcels.map((parcel) => this.toDelivery(parcel)));
    await this.ledger.markSent(delivered);
    await this.withdrawErased(entries);
    if (parcels.some(({ id }) => !delivered.has(id))) throw new DeliveryIncompleteError();
    return fresh.filter(({ verdict }) => verdict.status === 'failed').length + resumed.failed;
  }

  /** Takes back what was written for customers who were erased meanwhile. */
  async withdrawErased(entries: readonly Pick<LedgerEntry, 'id' | 'customerId'>[]): Promise<void> {
    const gone = new Set(await this.customers.unknownIds(entries.map(({ customerId }) => customerId)));
    if (gone.size === 0) return;
    await this.messages.withdrawFor([...gone]);
    await this.ledger.withdraw(entries.filter(({ customerId }) => gone.has(customerId)).map(({ id }) => id));
  }

  idOf(jobId: string, customerId: string): string {
    return notificationIdOf(this.config.secretKey, jobId, customerId);
  }

  private async compose(
    send: BatchSend,
    recipients: readonly Recipient[],
    customers: ReadonlyMap<string, Customer>,
    throwIfStopped: () => void,
  ): Promise<LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    for (const { customerId, data: own } of recipients) {
      const data = { ...send.data, ...own };
      const verdict = send.compose(customers.get(customerId) ?? null, data);
      entries.push({ id: this.idOf(send.facts.jobId, customerId), customerId, data, verdict });
      if (entries.length % RENDERED_AT_ONCE === 0) {
        await nextTurn();
        throwIfStopped();
      }
    }
    return entries;
  }

  /** Lines of an earlier run: their stored text counts; a line without text gets the one made now. */
  private async resume(send: BatchSend, entries: readonly LedgerEntry[]): Promise<{ parcels: Parcel[]; failed: number }> {
    const rows = new Map((await this.ledger.findRows(entries.map(({ id }) => id))).map((row) => [row.id, row]));
    const open = send.isRetry ? [...UNDER_WAY, ...CLOSED_BUT_RETRIED] : UNDER_WAY;
    const toFill: { id: string; data: JsonObject; content: NoticeContent }[] = [];
    const parcels: Parcel[] = [];
    let failed = 0;
    for (const { id, customerId, data, verdict } of entries) {
      const row = rows.get(id);
      const made = verdict.status === 'sending' ? verdict.content : null;
      const content = row?.content ?? made;
      const isGone = verdict.status === 'skipped' && verdict.skipReason === 'deleted';
      if (row && content && !isGone && open.includes(row.status)) {
        if (!row.content) toFill.push({ id, data, content });
        parcels.push({ id, customerId, content });
      } else if (row?.status === 'failed') {
        failed += 1;
      }
    }
    await this.ledger.fill(toFill);
    await this.ledger.takeUp(parcels.map(({ id }) => id));
    return { parcels, failed };
  }

  private toDelivery({ id, customerId, content }: Parcel): NoticeDelivery {
    const { fold, terms, lang } = content;
    return { notificationId: id, customerId, text: noticeText(content), fold, terms, lang, createdAt: this.clock.now() };
  }
}

const toParcel = ({ id, customerId, verdict }: LedgerEntry): Parcel[] =>
  verdict.status === 'sending' ? [{ id, customerId, content: verdict.content }] : [];
