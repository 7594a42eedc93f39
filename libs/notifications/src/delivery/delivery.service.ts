import { Injectable } from '@nestjs/common';
import { Clock, raise, type Actor, type JsonObject } from '@app/common';
import { CustomerService } from '@app/customers';
import type { TaskPayload } from '@app/jobs';
import {
  isNobody,
  TaskService,
  type BatchedHandler,
  type BatchOutcome,
  type FinishContext,
  type RunContext,
  type StartOptions,
  type Task,
  type TaskBatch,
  type TaskContext,
  type TaskOutcome,
} from '@app/tasks';
import { NotificationConfigRepository } from '../config/notification-config.repository.js';
import { NotificationConfigService } from '../config/notification-config.service.js';
import { ConfigInactiveError, ConfigNotFoundError, NobodyMatchedError } from '../notification.errors.js';
import type { NotificationType } from '../notification.rules.js';
import { BatchClosing } from './batch.closing.js';
import { BatchDelivery, type BatchSend } from './batch.delivery.js';
import { LedgerRepository, type SendFacts } from './ledger.repository.js';
import { NoticeComposer } from './notice.composer.js';
import { REACHED, type NotificationStatus } from './notification.js';
import { paced } from './pace.js';
import {
  BATCH_SIZE,
  customerIdOf,
  inBatches,
  namedItems,
  toRecipient,
  unknownRecipients,
  type BatchItem,
  type SendRequest,
} from './send-request.js';

type Payload = TaskPayload<'send_notification'>;

/** A send that was accepted. `totalCustomers` is what was known then; the task's total is final. */
export interface StartedSend {
  task: Task;
  totalCustomers: number;
}

/**
 * Sends notices to many customers, each exactly once: as a task in batches that may run anywhere, be cut off anywhere and
 * run again.
 */
@Injectable()
export class DeliveryService implements BatchedHandler<'send_notification'> {
  constructor(
    private readonly configs: NotificationConfigService,
    private readonly configRepository: NotificationConfigRepository,
    private readonly customers: CustomerService,
    private readonly tasks: TaskService,
    private readonly ledger: LedgerRepository,
    private readonly composer: NoticeComposer,
    private readonly delivery: BatchDelivery,
    private readonly closing: BatchClosing,
    private readonly clock: Clock,
  ) {}

  /**
   * Starts a send. Raises `ConfigNotFoundError`, {@link ConfigInactiveError}, `RecipientsInvalidError` naming unknown
   * ids, and {@link NobodyMatchedError}.
   */
  async start(request: SendRequest, actor: Actor): Promise<StartedSend> {
    const config = await this.configs.get(request.configId);
    if (!config.isActive) throw new ConfigInactiveError();
    const { audience, options } = await this.recipients(request);
    await this.configRepository.keepVersion(config);
    const { data, notificationType, strict, perSecond } = request;
    const payload: Payload = { configId: config.id, configVersion: config.version, audience, data, notificationType, strict, perSecond };
    return { task: await this.tasks.start('send_notification', payload, actor, options), totalCustomers: options.totalItems };
  }

  /** Stores the audience in batches, in the order of customer ids; a repeat goes on after the last batch. */
  async plan({ audience }: Payload, context: TaskContext): Promise<void> {
    if (audience.kind === 'explicit') return;
    const last = await context.lastBatch();
    let batch = (last?.batch ?? -1) + 1;
    let afterId = (last?.items as string[] | undefined)?.findLast((id) => !isNobody(id));
    for (;;) {
      context.throwIfStopped();
      const { filter, upToId } = audience;
      const ids = await this.customers.audience({ filter, upToId, limit: BATCH_SIZE, ...(afterId !== undefined && { afterId }) });
      if (ids.length === 0) return;
      await context.addBatch(batch, ids, ids);
      batch += 1;
      afterId = ids.at(-1);
    }
  }

  async runBatch(payload: Payload, { batch, items }: TaskBatch, context: RunContext): Promise<BatchOutcome> {
    const send = await this.sendOf(payload, context);
    const recipients = (items as BatchItem[]).map(toRecipient);
    const pace = {
      perSecond: payload.perSecond,
      offset: batch * BATCH_SIZE,
      startedAt: context.startedAt,
      clock: this.clock,
      signal: context.signal,
    };
    let failed = 0;
    for await (const { from, to } of paced(recipients.length, pace)) {
      context.throwIfStopped();
      failed += await this.delivery.deliver(send, recipients.slice(from, to), () => context.throwIfStopped());
    }
    return { processed: recipients.length, failed };
  }

  /** Closes what the batches left open, and counts the ledger. */
  async finish(payload: Payload, context: FinishContext): Promise<TaskOutcome> {
    const { facts } = await this.sendOf(payload, context);
    for await (const { items } of context.openBatches()) {
      await this.closing.close(facts, (items as BatchItem[]).map(toRecipient), context.cancelled);
    }
    const counts = await this.ledger.countByStatus(context.jobId);
    const sum = (statuses: readonly NotificationStatus[]): number =>
      statuses.reduce((total, status) => total + (counts.get(status) ?? 0), 0);
    const total = sum([...counts.keys()]);
    const durationMs = this.clock.now().getTime() - context.startedAt.getTime();
    const [failed, cancelled] = [sum(['failed']), sum(['cancelled'])];
    const result = {
      total,
      sent: sum(REACHED),
      failed,
      skipped: sum(['skipped']),
      cancelled,
      duration_ms: durationMs,
      recipients_per_second: durationMs > 0 ? Math.round((total / durationMs) * 10_000) / 10 : null,
    };
    return { result, counters: { processed: total - cancelled, failed } };
  }

  /** The first recipients of a send that failed, as the task shows them. */
  async errors(jobId: string, limit: number): Promise<JsonObject[]> {
    const failed = await this.ledger.findFailed(jobId, limit);
    return failed.map(({ customerId, error }) => ({ customer_id: customerId, code: error.code, message: error.text }));
  }

  private async recipients({
    audience,
  }: SendRequest): Promise<{ audience: Payload['audience']; options: StartOptions & { totalItems: number } }> {
    const items = namedItems(audience);
    if (items) {
      const unknown = await this.customers.unknownIds(items.map(customerIdOf));
      if (unknown.length > 0) throw unknownRecipients(audience, unknown);
      const batches = inBatches(items).map((batch) => ({ items: batch, ids: batch.map(customerIdOf) }));
      return { audience: { kind: 'explicit' }, options: { batches, totalItems: items.length } };
    }
    const filter = audience.kind === 'all' ? audience.filter : {};
    const upToId = (await this.customers.highestId()) ?? raise(new NobodyMatchedError());
    const totalItems = await this.customers.countAudience(filter, upToId);
    if (totalItems === 0) throw new NobodyMatchedError();
    return { audience: { kind: 'all', filter, upToId }, options: { totalItems } };
  }

  private async sendOf(payload: Payload, { jobId, attempt }: RunContext): Promise<BatchSend> {
    const { configId, configVersion, data, strict } = payload;
    const version = (await this.configRepository.findVersion(configId, configVersion)) ?? raise(new ConfigNotFoundError());
    const notificationType = (payload.notificationType as NotificationType | null) ?? version.notificationType;
    const facts: SendFacts = { jobId, configId, configVersion, notificationType };
    return { facts, compose: this.composer.composing(version, strict), data, isRetry: attempt > 1 };
  }
}
