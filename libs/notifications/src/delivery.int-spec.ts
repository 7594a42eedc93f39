import { MessageService } from '@app/chat-memory';
import { CustomerService } from '@app/customers';
import { TaskStoppedError } from '@app/tasks';
import { BatchDelivery } from './delivery/batch.delivery.js';
import { DeliveryStatsService } from './delivery/delivery-stats.service.js';
import { DeliveryService } from './delivery/delivery.service.js';
import { HistoryService } from './delivery/history.service.js';
import { LedgerRepository } from './delivery/ledger.repository.js';
import { NoticeService } from './delivery/notice.service.js';
import type { SendRequest } from './delivery/send-request.js';
import { ACTOR, NotificationsFixture } from '../test/notifications.fixture.js';

const UNKNOWN = 'ffffffffffffffffffffffff';
const DAY_MS = 86_400_000;

describe(DeliveryService.name, () => {
  let fixture: NotificationsFixture;
  let sut: DeliveryService;

  beforeAll(async () => {
    fixture = await NotificationsFixture.start();
    sut = fixture.delivery;
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => fixture.close());

  const request = (configId: string, audience: SendRequest['audience'], over: Partial<SendRequest> = {}): SendRequest => ({
    audience,
    configId,
    data: { code: 'DH1' },
    notificationType: null,
    strict: false,
    perSecond: null,
    ...over,
  });
  const idsOf = (customers: readonly { id: string }[]): string[] => customers.map(({ id }) => id);
  /** What is visible at the end, without ids and times that differ between runs. */
  const outcomeOf = async (jobId: string) => {
    const rows = await fixture.ledger.find({ jobId }).sort({ body: 1 }).lean();
    const messages = await fixture
      .collection('messages')
      .find({ notificationId: { $in: rows.map(({ _id }) => _id) } })
      .toArray();
    return {
      rows: rows.map(({ status, subject, body, topicKey, skipReason, error }) => ({ status, subject, body, topicKey, skipReason, error })),
      messages: messages
        .map(({ text, role, kind, seq }) => ({ text, role, kind, seq }))
        .sort((a, b) => String(a.text).localeCompare(String(b.text))),
      placed: rows.every(
        ({ status, sessionId, messageId }) =>
          status !== 'sent' || (sessionId && messages.some(({ _id }) => String(_id) === String(messageId))),
      ),
    };
  };

  describe('start', () => {
    it('should write batches and a task for named customers, each once', async () => {
      const config = await fixture.config();
      const ids = idsOf(await fixture.customers(3));
      const { task, totalCustomers } = await sut.start(request(config.id, { kind: 'customers', ids: [...ids, ids[0] ?? ''] }), ACTOR);
      expect({ totalCustomers, total: task.totalItems }).toEqual({ totalCustomers: 3, total: 3 });
      expect(await fixture.collection('task_batches').findOne({ jobId: task.jobId })).toMatchObject({ batch: 0, items: ids, ids });
      expect(JSON.stringify(task.parameters)).not.toContain(ids[0]);
    });

    it('should refuse unknown and inactive configs, unknown and doubled recipients, and nobody', async () => {
      const config = await fixture.config();
      const ids = idsOf(await fixture.customers(1));
      const start = (audience: SendRequest['audience'], configId = config.id) => sut.start(request(configId, audience), ACTOR);
      await expect(start({ kind: 'customers', ids }, UNKNOWN)).rejects.toMatchObject({ code: 'NOTIFICATION_CONFIG_NOT_FOUND' });
      await expect(start({ kind: 'customers', ids: [...ids, UNKNOWN] })).rejects.toMatchObject({
        code: 'RECIPIENTS_INVALID',
        violations: [{ pointer: '/customer_ids/1', code: 'CUSTOMER_NOT_FOUND', detail: expect.stringContaining(UNKNOWN) }],
      });
      const recipient = { customerId: ids[0] ?? '', data: {} };
      await expect(start({ kind: 'recipients', recipients: [recipient, recipient] })).rejects.toMatchObject({
        violations: [{ pointer: '/recipients/1/customer_id', code: 'DUPLICATE' }],
      });
      await expect(start({ kind: 'all', filter: { city: 'Không Đâu' } })).rejects.toMatchObject({ code: 'NOBODY_MATCHED' });
      await fixture.collection('notification_configs').updateOne({ name: config.name }, { $set: { isActive: false } });
      await expect(start({ kind: 'customers', ids })).rejects.toMatchObject({ code: 'NOTIFICATION_CONFIG_INACTIVE' });
    });
  });

  it('should plan everybody who matched at the moment of the request, and go on where a plan broke off', async () => {
    const config = await fixture.config();
    const before = idsOf(await fixture.customers(3, () => ({ tags: ['kế-hoạch'] })));
    await fixture.customers(1, () => ({ tags: ['kế-hoạch'], isActive: false }));
    const { task } = await sut.start(request(config.id, { kind: 'all', filter: { tag: 'kế-hoạch' } }), ACTOR);
    const later = idsOf(await fixture.customers(1, () => ({ tags: ['kế-hoạch'] })));
    const payload = task.parameters as unknown as Parameters<DeliveryService['plan']>[0];
    const context = fixture.context({ batches: [{ batch: 0, items: before.slice(0, 1) }] });
    await sut.plan(payload, context);
    expect(context.batches).toEqual([
      { batch: 0, items: before.slice(0, 1) },
      { batch: 1, items: before.slice(1) },
    ]);
    expect(context.batches.flatMap(({ items }) => items)).not.toContain(later[0]);
  });

  it('should send to each recipient with their own data, and say why some got nothing', async () => {
    const config = await fixture.config({ bodyTemplate: 'Chào {customer_name}: {{ amount | currency }}' });
    const [an, binh, chi] = await fixture.customers(3, (index) => ({
      metadata: { amount: '1000' },
      isActive: index !== 2,
    }));
    const payload = await fixture.payload(config, { code: 'DH1', amount: 'sai' }, { notificationType: 'alert' });
    const context = fixture.context();
    const items = [{ customerId: an?.id, data: { amount: 275000 } }, binh?.id, chi?.id, UNKNOWN];
    expect(await sut.runBatch(payload, { batch: 0, items }, context)).toEqual({ processed: 4, failed: 1 });
    const rows = await fixture.ledger.find({ jobId: context.jobId }).lean();
    const of = (id?: string) => rows.find(({ customerId }) => customerId.toHexString() === id);
    expect(of(an?.id)).toMatchObject({
      status: 'sent',
      subject: 'Đơn DH1',
      body: `Chào ${an?.fullName}: 275.000 đ`,
      notificationType: 'alert',
      data: { code: 'DH1', amount: 275000 },
    });
    expect(of(binh?.id)).toMatchObject({
      status: 'failed',
      error: { code: 'TEMPLATE_VALUE_INVALID', text: 'amount is not an amount (filter currency).' },
    });
    expect(of(chi?.id)).toMatchObject({ status: 'skipped', skipReason: 'inactive' });
    expect(of(UNKNOWN)).toBeUndefined();
    expect(rows.filter(({ skipReason }) => skipReason === 'deleted')).toHaveLength(1);
    expect(await fixture.collection('messages').findOne({ notificationId: of(an?.id)?._id })).toMatchObject({
      role: 'notification',
      kind: 'notice',
      text: `Đơn DH1\nChào ${an?.fullName}: 275.000 đ`,
    });
    fixture.clock.advance(2_000);
    expect((await sut.finish(payload, { ...context, batches: [] } as never)).result).toEqual({
      total: 4,
      sent: 1,
      failed: 1,
      skipped: 2,
      cancelled: 0,
      duration_ms: 2_000,
      recipients_per_second: 2,
    });
    expect(await sut.errors(context.jobId, 10)).toEqual([
      { customer_id: binh?.id, code: 'TEMPLATE_VALUE_INVALID', message: 'amount is not an amount (filter currency).' },
    ]);
  });

  it('should fail a recipient by name of what is missing when strict', async () => {
    const payload = await fixture.payload(await fixture.config(), {}, { strict: true });
    const context = fixture.context();
    await sut.runBatch(payload, { batch: 0, items: idsOf(await fixture.customers(1)) }, context);
    expect(await sut.errors(context.jobId, 1)).toMatchObject([
      { code: 'TEMPLATE_VARIABLES_MISSING', message: expect.stringContaining('code') },
    ]);
  });

  it('Q6 should end the same after a run that was cut off at any step, and after two runs at once', async () => {
    const config = await fixture.config();
    const customers = await fixture.customers(6, (index) => ({ isActive: index !== 5, fullName: `Người ${index}` }));
    const payload = await fixture.payload(config);
    const batch = { batch: 0, items: idsOf(customers) };
    const unbroken = fixture.context();
    expect(await sut.runBatch(payload, batch, unbroken)).toEqual({ processed: 6, failed: 0 });
    expect(await sut.runBatch(payload, batch, unbroken)).toEqual({ processed: 6, failed: 0 });
    const { rows } = await outcomeOf(unbroken.jobId);
    expect(rows.map(({ status }) => status).sort()).toEqual(['sent', 'sent', 'sent', 'sent', 'sent', 'skipped']);

    const firstRun = [
      [CustomerService, 'findByIds'],
      [LedgerRepository, 'insert'],
      [MessageService, 'deliverNotices'],
      [LedgerRepository, 'markSent'],
      [BatchDelivery, 'withdrawErased'],
    ] as const;
    const secondRun = [[LedgerRepository, 'findRows'], [LedgerRepository, 'fill'], [LedgerRepository, 'takeUp'], ...firstRun] as const;
    const kill = async (jobId: string, [type, method]: (typeof secondRun)[number], when: string) => {
      const target = fixture.get<object>(type) as Record<string, (...args: unknown[]) => Promise<unknown>>;
      const original = target[method]?.bind(target);
      jest.spyOn(target, method).mockImplementationOnce(async (...args: unknown[]) => {
        if (when === 'after') await original?.(...args);
        throw new Error('killed');
      });
      await expect(sut.runBatch(payload, batch, fixture.context({ jobId }))).rejects.toThrow('killed');
      jest.restoreAllMocks();
    };
    for (const [step, when] of secondRun.flatMap((each) => [[each, 'before'] as const, [each, 'after'] as const])) {
      const { jobId } = fixture.context();
      if (firstRun.includes(step as never)) await kill(jobId, step, when);
      else await kill(jobId, [MessageService, 'deliverNotices'], 'before');
      await kill(jobId, step, when);
      expect(await sut.runBatch(payload, batch, fixture.context({ jobId }))).toEqual({ processed: 6, failed: 0 });
      const outcome = await outcomeOf(jobId);
      expect(outcome.placed).toBe(true);
      expect(outcome.rows).toEqual(rows);
      expect(outcome.messages.map(({ text }) => text)).toEqual(
        customers.slice(0, 5).map(({ fullName }) => `Đơn DH1\nChào ${fullName}, đơn DH1 đã đến.`),
      );
    }

    const twins = fixture.context();
    await Promise.all([sut.runBatch(payload, batch, twins), sut.runBatch(payload, batch, twins)]);
    const outcome = await outcomeOf(twins.jobId);
    expect(outcome.rows).toEqual(rows);
    expect(outcome.messages).toHaveLength(5);
  });

  it('should keep the text of the first run and count the tries', async () => {
    const [customer] = await fixture.customers(1);
    const payload = await fixture.payload(await fixture.config());
    const context = fixture.context();
    const batch = { batch: 0, items: [customer?.id] };
    jest.spyOn(fixture.get(MessageService), 'deliverNotices').mockRejectedValueOnce(new Error('killed'));
    await expect(sut.runBatch(payload, batch, context)).rejects.toThrow('killed');
    await fixture.get(CustomerService).merge(customer?.id ?? '', { fullName: 'Tên Mới' });
    await sut.runBatch(payload, batch, context);
    expect(await fixture.ledger.findOne({ jobId: context.jobId }).lean()).toMatchObject({
      status: 'sent',
      attempts: 2,
      body: `Chào ${customer?.fullName}, đơn DH1 đã đến.`,
      statusAt: { retrying: expect.any(Date), sent: expect.any(Date) },
    });
  });

  it.each(['findByIds', 'deliverNotices'] as const)(
    'I5 should leave nothing of a customer who is erased during a send (%s)',
    async (step) => {
      const [gone, stays] = await fixture.customers(2);
      const payload = await fixture.payload(await fixture.config());
      const context = fixture.context();
      const target = (step === 'findByIds' ? fixture.get(CustomerService) : fixture.get(MessageService)) as unknown as Record<
        string,
        (...args: unknown[]) => Promise<unknown>
      >;
      const original = target[step]?.bind(target);
      jest.spyOn(target, step).mockImplementationOnce(async (...args: unknown[]) => {
        const result = await original?.(...args);
        await fixture.get(CustomerService).markErased(gone?.id ?? '');
        await fixture.get(NoticeService).eraseFor(gone?.id ?? '');
        return result;
      });
      await sut.runBatch(payload, { batch: 0, items: [gone?.id, stays?.id] }, context);
      const rows = await fixture.ledger.find({ jobId: context.jobId }).lean();
      expect(rows.map(({ status, skipReason }) => [status, skipReason]).sort()).toEqual([
        ['sent', undefined],
        ['skipped', 'deleted'],
      ]);
      expect(JSON.stringify(rows)).not.toContain(gone?.id);
      expect(JSON.stringify(rows)).not.toContain(gone?.fullName);
      const filter = { customerId: fixture.ledger.base.Types.ObjectId.createFromHexString(gone?.id ?? '') };
      expect(await fixture.collection('messages').countDocuments(filter)).toBe(0);
      expect(await fixture.collection('chat_sessions').countDocuments(filter)).toBe(0);
    },
  );

  it('should stop between steps when told to, and close everybody at the end', async () => {
    const customers = await fixture.customers(4);
    const payload = await fixture.payload(await fixture.config());
    const stopping = new AbortController();
    const items = idsOf(customers);
    const context = fixture.context({
      signal: stopping.signal,
      batches: [
        { batch: 0, items: items.slice(0, 3) },
        { batch: 1, items: items.slice(3) },
      ],
      cancelled: true,
    });
    // One notice is in its chat, and the run dies before the ledger says so.
    jest.spyOn(fixture.get(LedgerRepository), 'markSent').mockRejectedValueOnce(new Error('killed'));
    await expect(sut.runBatch(payload, { batch: 0, items: items.slice(0, 1) }, context)).rejects.toThrow('killed');
    // Another has its line, and the task is cancelled before its message is written.
    jest.spyOn(fixture.get(LedgerRepository), 'insert').mockImplementationOnce(async (facts, entries) => {
      jest.restoreAllMocks();
      const present = await fixture.get(LedgerRepository).insert(facts, entries);
      stopping.abort(new TaskStoppedError('cancelled'));
      return present;
    });
    await expect(sut.runBatch(payload, { batch: 0, items: items.slice(1, 2) }, context)).rejects.toBeInstanceOf(TaskStoppedError);
    for (let times = 0; times < 2; times++) {
      expect((await sut.finish(payload, context)).result).toMatchObject({ total: 4, sent: 1, failed: 0, skipped: 0, cancelled: 3 });
    }
    expect(
      await fixture
        .collection('messages')
        .countDocuments({ customerId: { $in: customers.map(({ id }) => fixture.ledger.base.Types.ObjectId.createFromHexString(id)) } }),
    ).toBe(1);
  });

  it('should fail the recipients of batches that were tried in vain, and send to them in a retry', async () => {
    const items = idsOf(await fixture.customers(2));
    const payload = await fixture.payload(await fixture.config());
    const context = fixture.context({ batches: [{ batch: 0, items }] });
    expect((await sut.finish(payload, context)).result).toMatchObject({ total: 2, failed: 2 });
    expect(await sut.errors(context.jobId, 1)).toMatchObject([{ code: 'BATCH_EXHAUSTED' }]);
    expect(await sut.runBatch(payload, { batch: 0, items }, context)).toEqual({ processed: 2, failed: 2 });
    const retry = fixture.context({ jobId: context.jobId, attempt: 2 });
    expect(await sut.runBatch(payload, { batch: 0, items }, retry)).toEqual({ processed: 2, failed: 0 });
    expect((await sut.finish(payload, retry)).result).toMatchObject({ total: 2, sent: 2, failed: 0 });
    expect(await fixture.ledger.findOne({ jobId: context.jobId }).lean()).toMatchObject({
      status: 'sent',
      body: expect.stringContaining('DH1'),
      topicKey: expect.any(String),
    });
  });

  it('should keep the rate over batches and stop waiting when told to', async () => {
    const payload = await fixture.payload(await fixture.config(), { code: 'A' }, { perSecond: 2 });
    const context = fixture.context();
    const deliver = jest.spyOn(fixture.get(BatchDelivery), 'deliver').mockImplementation(async (_send, recipients) => {
      sent.push([fixture.clock.now().getTime() - context.startedAt.getTime(), recipients.length]);
      return 0;
    });
    const sent: [number, number][] = [];
    await sut.runBatch(payload, { batch: 0, items: ['a', 'b', 'c', 'd', 'e'] }, context);
    await sut.runBatch(payload, { batch: 1, items: ['f'] }, context);
    expect(sent).toEqual([
      [0, 2],
      [1_000, 2],
      [2_000, 1],
      [250_000, 1],
    ]);
    deliver.mockClear();
    const signal = AbortSignal.abort(new TaskStoppedError('shutdown'));
    await expect(sut.runBatch(payload, { batch: 2, items: ['g'] }, fixture.context({ signal }))).rejects.toBeInstanceOf(TaskStoppedError);
    expect(deliver).not.toHaveBeenCalled();
  });

  describe('what was sent', () => {
    const send = async (
      customerId: string,
      configId: Awaited<ReturnType<NotificationsFixture['config']>>,
      data: Record<string, string>,
    ) => {
      fixture.clock.advance(60_000);
      const context = fixture.context();
      await sut.runBatch(await fixture.payload(configId, data), { batch: 0, items: [customerId] }, context);
      return context.jobId;
    };

    it('should be known to the assistant newest first, with what replaced it', async () => {
      const [customer, other] = await fixture.customers(2);
      const config = await fixture.config({ bodyTemplate: 'Đơn {code}: còn {amount} đ, hạn {due}.' });
      const id = customer?.id ?? '';
      await send(id, config, { code: 'DH1024', amount: '275.000', due: '25/11/2026' });
      await send(id, config, { code: 'DH2048', amount: '99.000', due: '25/11/2026' });
      await send(id, config, { code: '#dh1024', amount: '300.000', due: '28/11/2026' });
      await send(other?.id ?? '', config, { code: 'DH1024', amount: '1.000', due: '1/12/2026' });
      const notices = await fixture.get(NoticeService).forCustomer(id);
      expect(notices.map(({ subject }) => subject)).toEqual(['Đơn #dh1024', 'Đơn DH2048', 'Đơn DH1024']);
      expect(notices.map(({ supersededBy }) => supersededBy)).toEqual([null, null, notices[0]?.id]);
      expect(notices[2]?.slots.map(({ kind, value }) => [kind, value])).toEqual([
        ['code', 'dh1024'],
        ['code', 'dh1024'],
        ['amount', '275000 VND'],
        ['date', '2026-11-25'],
      ]);
      expect(notices[2]?.terms).toContain('dh1024');
    });

    it('should be listed with names, filtered and page by page', async () => {
      const [an, binh] = await fixture.customers(2);
      const config = await fixture.config();
      const first = await send(an?.id ?? '', config, { code: 'A' });
      const from = fixture.clock.now();
      await send(binh?.id ?? '', config, { code: 'B' });
      const history = fixture.get(HistoryService);
      const page = await history.list({ configId: config.id }, { limit: 1, includeTotal: true });
      expect(page).toMatchObject({
        total: 2,
        items: [{ customerName: binh?.fullName, configName: config.name, configVersion: 1, status: 'sent', attempts: 1, error: null }],
      });
      const rest = await history.list({ configId: config.id }, { limit: 1, cursor: page.nextCursor ?? '' });
      expect(rest).toMatchObject({ nextCursor: null, items: [{ jobId: first, customerId: an?.id }] });
      const listed = (filter: Parameters<HistoryService['list']>[0]) =>
        history.list({ configId: config.id, ...filter }, { limit: 9 }).then(({ items }) => items.length);
      expect(
        await Promise.all([
          listed({ customerId: an?.id ?? '' }),
          listed({ status: 'failed' }),
          listed({ notificationType: 'info' }),
          listed({ from }),
          listed({ to: from }),
        ]),
      ).toEqual([1, 0, 2, 2, 0]);
    });

    it('should be counted by status, type and day, with rates', async () => {
      const [an, binh] = await fixture.customers(2);
      const config = await fixture.config({ bodyTemplate: '{{ amount | currency }}' });
      fixture.clock.advance(DAY_MS);
      const day = (back: number) => new Date(fixture.clock.now().getTime() + 7 * 3_600_000 - back * DAY_MS).toISOString().slice(0, 10);
      await send(an?.id ?? '', config, { amount: '1000' });
      await send(binh?.id ?? '', config, { amount: 'sai' });
      fixture.clock.advance(DAY_MS);
      const jobId = await send(an?.id ?? '', config, { amount: '2000' });
      const history = fixture.get(HistoryService);
      await history.recordReceipt((await history.list({ jobId }, { limit: 1 })).items[0]?.id ?? '', 'read');
      const sutStats = fixture.get(DeliveryStatsService);
      const stats = await sutStats.stats({ configId: config.id });
      expect(stats).toMatchObject({
        total: 3,
        byStatus: { sent: 1, read: 1, failed: 1, queued: 0 },
        byType: { info: 3, alert: 0 },
        successRate: 2 / 3,
        readRate: 1 / 2,
        replyRate: 0,
      });
      expect(stats.byDay).toHaveLength(31);
      expect(stats.byDay.slice(-3)).toEqual([
        { date: day(2), total: 0, sent: 0, failed: 0 },
        { date: day(1), total: 2, sent: 1, failed: 1 },
        { date: day(0), total: 1, sent: 1, failed: 0 },
      ]);
      expect(await sutStats.stats({ jobId })).toMatchObject({ total: 1, successRate: 1, readRate: 1 });
      expect(await sutStats.stats({ jobId, to: new Date(0) })).toMatchObject({ total: 0, successRate: 0 });
    });

    it('should rise by receipts and never fall', async () => {
      const [an] = await fixture.customers(1);
      const jobId = await send(an?.id ?? '', await fixture.config(), { code: 'A' });
      const history = fixture.get(HistoryService);
      const id = (await history.list({ jobId }, { limit: 1 })).items[0]?.id ?? '';
      const at = new Date(fixture.clock.now().getTime() - 1_000);
      expect(await history.recordReceipt(id, 'read', at)).toMatchObject({ status: 'read', readAt: at, deliveredAt: null });
      expect(await history.recordReceipt(id, 'delivered')).toMatchObject({ status: 'read', readAt: at, deliveredAt: fixture.clock.now() });
      expect(await history.recordReceipt(id, 'read')).toMatchObject({ status: 'read', readAt: at });
      await fixture.get(NoticeService).recordReply(an?.id ?? '', fixture.clock.now());
      expect((await history.list({ jobId }, { limit: 1 })).items).toMatchObject([{ repliedAt: fixture.clock.now() }]);
      await expect(history.recordReceipt(id, 'read', new Date(fixture.clock.now().getTime() + 120_000))).rejects.toMatchObject({
        code: 'RECEIPT_TIME_INVALID',
      });
      await expect(history.recordReceipt(UNKNOWN, 'read')).rejects.toMatchObject({ code: 'NOTIFICATION_NOT_FOUND' });
    });
  });
});
