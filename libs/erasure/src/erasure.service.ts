import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MessageService } from '@app/chat-memory';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import { CustomerChangedError, CustomerImportService, CustomerService } from '@app/customers';
import { IdempotencyService } from '@app/idempotency';
import { NoticeService } from '@app/notifications';
import { TaskService } from '@app/tasks';
import { ErasureRepository, type ErasureCounts, type OpenErasure, type Person } from './erasure.repository.js';

/** By then a request that erases has ended, or died. */
const ABANDONED_MS = 60_000;
/** By then every write that was under way when the customer was marked has ended. */
const SETTLED_MS = 5 * 60_000;
const MOST_AT_ONCE = 100;

/**
 * Forgets a person everywhere. The order is what makes it safe to die at any point: first the intention is stored, then
 * the customer is marked, so that every reader and writer takes them for gone, then what is known is deleted; minutes
 * later it is deleted once more, for writers that were under way, and the customer and the intention's names go last.
 * Each step is safe to repeat, also by several processes at once.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly repository: ErasureRepository,
    private readonly customers: CustomerService,
    private readonly imports: CustomerImportService,
    private readonly messages: MessageService,
    private readonly notices: NoticeService,
    private readonly tasks: TaskService,
    private readonly replies: IdempotencyService,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /**
   * Forgets a customer. When it returns, nothing about them is readable any more; when it fails on the way, a repeated
   * call or the sweep goes on. Unknown and forgotten ids raise `CustomerNotFoundError`, a customer who is at none of the
   * given versions `CustomerChangedError`.
   */
  async erase(customerId: string, versions?: readonly number[]): Promise<void> {
    let isForgotten = false;
    while (!isForgotten) {
      // One that an earlier request began goes first: where it no longer holds, this request begins its own or is refused.
      const open = (await this.repository.findBegun(this.hmacOf(customerId))) ?? (await this.begin(customerId, versions));
      isForgotten = await this.forget(open);
    }
  }

  /** Those whom a request began to forget and did not. */
  abandoned(): Promise<OpenErasure[]> {
    return this.repository.listBegun(this.ago(ABANDONED_MS), MOST_AT_ONCE);
  }

  /** Those who were forgotten long enough ago for every late writer to have ended. */
  settled(): Promise<OpenErasure[]> {
    return this.repository.listErased(this.ago(SETTLED_MS), MOST_AT_ONCE);
  }

  /**
   * Marks the customer and deletes what is known of them, for the first time. False when the customer has left the versions
   * that were named: then the intention is given up.
   */
  async forget(erasure: OpenErasure): Promise<boolean> {
    try {
      await this.customers.markErased(erasure.customerId, erasure.versions);
    } catch (error) {
      if (!(error instanceof CustomerChangedError)) throw error;
      await this.repository.withdraw(erasure.id);
      return false;
    }
    const counts = await this.deleteAll(erasure);
    await this.repository.markErased(erasure.id, counts, this.clock.now());
    return true;
  }

  /** Deletes once more what late writers left, then the customer, then who it was. */
  async finish(erasure: OpenErasure): Promise<void> {
    const counts = await this.deleteAll(erasure);
    await this.customers.purge(erasure.customerId);
    await this.repository.markDone(erasure.id, counts, this.clock.now());
  }

  private async begin(customerId: string, versions: readonly number[] | undefined): Promise<OpenErasure> {
    const { email } = await this.customers.getAt(customerId, versions);
    const person = { customerId, emailKey: email, ...(versions && { versions }) };
    return this.repository.begin(this.hmacOf(customerId), person, this.clock.now());
  }

  private async deleteAll({ customerId, emailKey }: Person): Promise<ErasureCounts> {
    const { messages, sessions } = await this.messages.erase(customerId);
    const importRows = await this.imports.eraseRows(emailKey);
    await this.tasks.erasePerson(customerId);
    const replies = await this.replies.erase(customerId);
    const notices = await this.notices.eraseFor(customerId);
    return { messages, sessions, importRows, replies, notices };
  }

  /** Tells the same id again; without the secret, ids cannot be tried out on it. */
  private hmacOf(customerId: string): string {
    return createHmac('sha256', this.config.secretKey).update(`erasure:${customerId}`).digest('hex');
  }

  private ago(ms: number): Date {
    return new Date(this.clock.now().getTime() - ms);
  }
}
