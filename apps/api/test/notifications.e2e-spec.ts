import { setTimeout as sleep } from 'node:timers/promises';
import { Harness } from './harness.js';
import type { Session } from './session.js';

const unknownId = 'f'.repeat(24);
const bill = {
  name: 'Cước tháng',
  subject: 'Cước tháng {{ month }}',
  body_template:
    'Kính gửi {customer_name}, cước Internet tháng {{ month }} là {{ amount | currency }}. Hạn thanh toán: {{ due_date | date }}.',
  notification_type: 'reminder',
};

/** The product's story, from a template to an answer, and the tasks it leaves behind. */
describe('notifications', () => {
  let harness: Harness;
  let staff: Session;
  let colleague: Session;
  let hoa: string;
  let inactive: string;
  let configId: string;
  let jobId: string;

  beforeAll(async () => {
    harness = await Harness.start();
    await harness.startWorker();
    staff = await harness.as('admin');
    colleague = await harness.as('colleague');
    const add = async (name: string, more: object = {}): Promise<string> =>
      (
        await staff.post('/customers', {
          email: `${name}@example.com`,
          full_name: `Nguyễn Thị ${name}`,
          metadata: { amount: '275000', due_date: '2026-12-25' },
          ...more,
        })
      ).body.id;
    hoa = await add('Hoa');
    await add('Mai', { metadata: { amount: '999000', due_date: '2026-12-30' } });
    inactive = await add('Nga', { is_active: false });
  });
  afterAll(() => harness.close());

  describe('POST /notifications/config', () => {
    it('should store a template with its variables', async () => {
      const reply = await staff.post('/notifications/config', bill);
      expect(reply).toMatchObject({
        status: 201,
        body: { name: bill.name, version: 1, notification_type: 'reminder', is_active: true, created_by: staff.userId },
      });
      expect(reply.body.variables.map(({ name }: { name: string }) => name).sort()).toEqual([
        'amount',
        'customer_name',
        'due_date',
        'month',
      ]);
      configId = reply.body.id;
    });

    it.each([
      "{{ ''.constructor.constructor('return process')() }}",
      '{{ range(1000000000) }}',
      '{% include "x" %}',
      '{% for a in b %}{% for c in d %}{% for e in f %}x{% endfor %}{% endfor %}{% endfor %}',
      'Kính gửi {{ name ',
    ])('T2 should refuse the template %s and say where', async (body_template) => {
      const { status, body } = await staff.post('/notifications/config', { name: 'x', body_template });
      expect({ status, code: body.code }).toEqual({ status: 422, code: 'TEMPLATE_INVALID' });
      expect(body.errors[0].detail).toMatch(/line 1/);
    });

    it('should refuse a name that is taken, and unknown fields', async () => {
      expect(await staff.post('/notifications/config', bill)).toMatchObject({ status: 409 });
      expect(await staff.post('/notifications/config', { ...bill, version: 9 })).toMatchObject({ status: 400 });
    });
  });

  describe('configs', () => {
    it('should be listed and shown', async () => {
      expect((await staff.get('/notifications/config?notification_type=reminder')).body.items).toHaveLength(1);
      expect((await staff.get('/notifications/config?notification_type=nonsense')).status).toBe(400);
      expect(await staff.get(`/notifications/config/${configId}`)).toMatchObject({ status: 200, body: { name: bill.name } });
      expect(await staff.get(`/notifications/config/${unknownId}`)).toMatchObject({ status: 404 });
    });

    it('should get a new version when they change', async () => {
      expect(await staff.put(`/notifications/config/${configId}`, { ...bill, description: 'Hằng tháng' })).toMatchObject({
        status: 200,
        body: { description: 'Hằng tháng', version: 2 },
      });
      expect(await staff.put(`/notifications/config/${configId}`, { name: 'x' })).toMatchObject({ status: 400 });
      expect(await staff.put(`/notifications/config/${unknownId}`, bill)).toMatchObject({ status: 404 });
    });

    it('should be removed', async () => {
      const { body } = await staff.post('/notifications/config', { name: 'Tạm', body_template: 'x' });
      expect((await staff.delete(`/notifications/config/${body.id}`)).status).toBe(204);
      expect((await staff.delete(`/notifications/config/${body.id}`)).status).toBe(404);
    });
  });

  describe('POST /notifications/preview', () => {
    it('should render as a send would', async () => {
      expect(
        await staff.post('/notifications/preview', { notification_config_id: configId, customer_id: hoa, data: { month: '12/2026' } }),
      ).toMatchObject({
        status: 200,
        body: {
          subject: 'Cước tháng 12/2026',
          body: 'Kính gửi Nguyễn Thị Hoa, cước Internet tháng 12/2026 là 275.000 đ. Hạn thanh toán: 25/12/2026.',
          missing: [],
        },
      });
    });

    it('T1 should never render data a second time', async () => {
      const { body } = await staff.post('/notifications/preview', {
        body_template: '{{ x }}',
        data: { x: '{{7*7}} {customer_name} <script>' },
      });
      expect(body.body).toBe('{{7*7}} {customer_name} <script>');
    });

    it('should refuse an unknown config', async () => {
      expect(await staff.post('/notifications/preview', { notification_config_id: unknownId })).toMatchObject({ status: 404 });
    });
  });

  describe('POST /notifications/send', () => {
    it('should tell each active customer once, and say where to look', async () => {
      const reply = await staff.post('/notifications/send', {
        customer_ids: 'all',
        notification_config_id: configId,
        data: { month: '12/2026' },
      });
      expect(reply).toMatchObject({ status: 202, body: { status: 'pending', total_customers: 2, notification_config_id: configId } });
      jobId = reply.body.job_id;
      expect(reply.headers['location']).toBe(`/tasks/${jobId}`);
      expect(await harness.untilEnded(staff, jobId)).toMatchObject({
        status: 'completed',
        result: { total: 2, sent: 2, failed: 0, skipped: 0, errors: [] },
      });
      expect(await harness.connection.collection('messages').countDocuments({ customerId: { $exists: true }, kind: 'notice' })).toBe(2);
    });

    it('should skip somebody inactive who was named', async () => {
      const { body } = await staff.post('/notifications/send', { customer_ids: [inactive], notification_config_id: configId });
      expect(await harness.untilEnded(staff, body.job_id)).toMatchObject({ result: { total: 1, sent: 0, skipped: 1 } });
    });

    it.each([
      ['an unknown config', { customer_ids: 'all', notification_config_id: unknownId }, 404],
      ['unknown customers', { customer_ids: [unknownId] }, 422],
      ['a filter that nobody matches', { customer_ids: 'all', filter: { tag: 'nobody' } }, 422],
      ['nobody', {}, 400],
      ['an id that is none', { customer_ids: ['x'] }, 400],
    ])('should refuse %s', async (_, body, status) => {
      expect((await staff.post('/notifications/send', { notification_config_id: configId, ...body })).status).toBe(status);
    });
  });

  describe('the ledger', () => {
    it('should show what was sent to whom', async () => {
      const { body } = await staff.get(`/notifications/history?customer_id=${hoa}`);
      expect(body.items).toMatchObject([
        { customer_name: 'Nguyễn Thị Hoa', config_name: bill.name, config_version: 2, job_id: jobId, status: 'sent', attempts: 1 },
      ]);
      expect((await staff.get('/notifications/history?status=nonsense')).status).toBe(400);
    });

    it('should count it', async () => {
      expect((await staff.get(`/notifications/stats?job_id=${jobId}`)).body).toMatchObject({
        total: 2,
        by_status: { sent: 2 },
        by_type: { reminder: 2 },
        success_rate: 1,
        read_rate: 0,
      });
      expect((await staff.get('/notifications/stats?from=yesterday')).status).toBe(400);
    });

    it('should let receipts raise the state, never lower it', async () => {
      const { body } = await staff.get(`/notifications/history?customer_id=${hoa}`);
      const { id } = body.items[0];
      expect((await staff.post(`/notifications/${id}/receipts`, { event: 'read' })).body).toMatchObject({ status: 'read' });
      expect((await staff.post(`/notifications/${id}/receipts`, { event: 'delivered' })).body).toMatchObject({ status: 'read' });
      expect((await staff.post(`/notifications/${unknownId}/receipts`, { event: 'read' })).status).toBe(404);
    });
  });

  describe('POST /messages/send', () => {
    it.each([
      'Khi nào tôi phải thanh toán và bao nhiêu tiền?',
      'khi nao toi phai dong tien, bao nhieu?',
      'When is my payment due and how much is it?',
    ])('should answer "%s" from the customer’s own notice', async (content) => {
      const { status, body } = await staff.post('/messages/send', { customer_id: hoa, content });
      expect(status).toBe(200);
      expect(body).toMatchObject({ role: 'assistant', provider: 'offline', needs_human: false, status: 'complete' });
      expect(body.content).toContain('275.000 đ');
      expect(body.content).toContain('25/12/2026');
      expect(body.content).not.toContain('999');
      expect(body.citations[0]).toEqual({
        notification_id: expect.stringMatching(/^[0-9a-f]{24}$/),
        quote: expect.stringContaining('25/12/2026'),
      });
    });

    it('should say that it does not know what nobody told it, and hand over', async () => {
      const { body } = await staff.post('/messages/send', { customer_id: hoa, content: 'Mật khẩu wifi nhà tôi là gì?' });
      expect(body).toMatchObject({ needs_human: true, citations: [] });
      expect((await staff.get(`/messages/sessions?customer_id=${hoa}`)).body.items).toMatchObject([{ needs_human: true, status: 'open' }]);
    });

    it('should answer the same after Redis forgot everything', async () => {
      await harness.flushRedis();
      const { body } = await staff.post('/messages/send', { customer_id: hoa, content: 'Cước Internet bao nhiêu tiền vậy em?' });
      expect(body.content).toContain('275.000 đ');
    });
  });

  describe('tasks', () => {
    it('should be listed, filtered and shown', async () => {
      expect((await staff.get('/tasks?task_name=send_notification&include_total=true')).body).toMatchObject({
        total: 2,
        items: [{ task_name: 'send_notification' }, { job_id: jobId }],
      });
      expect((await staff.get('/tasks?status=running')).body.items).toEqual([]);
      expect(await staff.get(`/tasks/${jobId}`)).toMatchObject({
        status: 200,
        body: { id: jobId, created_by: staff.userId, duration_ms: expect.any(Number) },
      });
      expect((await staff.get('/tasks/00000000-0000-4000-8000-000000000000')).status).toBe(404);
      expect((await staff.get('/tasks/not-a-uuid')).status).toBe(400);
    });

    it('should be summed up', async () => {
      expect((await staff.get('/tasks/stats/overview')).body).toMatchObject({
        total: 2,
        completed: 2,
        success_rate: 1,
        by_task_name: { send_notification: { total: 2 } },
      });
      expect((await staff.get('/tasks/stats/recent?days=3')).body).toMatchObject({
        days: 3,
        items: [{ total: 0 }, { total: 0 }, { total: 2 }],
      });
      expect((await staff.get('/tasks/stats/recent?days=91')).status).toBe(400);
      expect((await staff.get('/tasks/stats/overview?x=1')).status).toBe(400);
    });

    it('Z3 should be stopped or removed only by who started them, and not once they have ended', async () => {
      expect(await staff.post(`/tasks/${jobId}/cancel`)).toMatchObject({ status: 409, body: { code: 'TASK_STATE_CONFLICT' } });
      expect(await colleague.post(`/tasks/${jobId}/cancel`)).toMatchObject({ status: 403 });
      expect(await colleague.delete(`/tasks/${jobId}`)).toMatchObject({ status: 403 });
      expect((await staff.delete(`/tasks/${jobId}`)).status).toBe(204);
      expect((await staff.get(`/tasks/${jobId}`)).status).toBe(404);
    });

    it('should stop a slow send, with an outcome for everybody', async () => {
      const { body } = await staff.post('/notifications/send', { customer_ids: 'all', notification_config_id: configId, per_second: 1 });
      while ((await staff.get(`/tasks/${body.job_id}`)).body.status === 'pending') await sleep(20);
      expect((await staff.post(`/tasks/${body.job_id}/cancel`)).status).toBe(200);
      const task = await harness.untilEnded(staff, body.job_id);
      expect(task['status']).toBe('cancelled');
      expect(task['result']['sent'] + task['result']['cancelled'] + task['result']['failed']).toBe(task['result']['total']);
      expect((await staff.post(`/tasks/${body.job_id}/cancel`)).status).toBe(200);
    });
  });
});
