import { Types } from 'mongoose';
import { Harness } from './harness.js';
import type { Session } from './session.js';

const UNKNOWN = 'f'.repeat(24);

describe('messages', () => {
  let harness: Harness;
  let admin: Session;
  let count = 0;

  beforeAll(async () => {
    harness = await Harness.start();
    admin = await harness.as('admin');
    await harness.startWorker();
  });
  afterAll(() => harness.close());

  const aCustomer = async (fullName = 'Nguyễn Văn An'): Promise<string> => {
    const { body } = await admin.post('/customers', { email: `khach${++count}@example.com`, full_name: fullName });
    return body.id;
  };
  const send = (customerId: string, content: string, more: object = {}) =>
    admin.post('/messages/send', { customer_id: customerId, content, ...more });
  const history = async (customerId: string): Promise<any[]> => (await admin.get(`/messages/history?customer_id=${customerId}`)).body.items;
  const notify = async (customerId: string, data: object): Promise<void> => {
    const config = await admin.post('/notifications/config', {
      name: `Giao hàng ${++count}`,
      subject: 'Lịch giao hàng',
      body_template: 'Chào {customer_name}, đơn hàng {order} sẽ được giao ngày {day}.',
      topic_variables: ['order'],
    });
    const sent = await admin.post('/notifications/send', { customer_ids: [customerId], notification_config_id: config.body.id, data });
    expect(sent.status).toBe(202);
    expect(await harness.untilEnded(admin, sent.body.job_id)).toMatchObject({ status: 'completed' });
  };

  it('should answer from the notice a customer was sent, and name it', async () => {
    const id = await aCustomer();
    await notify(id, { order: 'DH1024', day: '25/11/2026' });
    const { status, body } = await send(id, 'Khi nao giao don hang DH1024?');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      customer_id: id,
      role: 'assistant',
      message_type: 'text',
      status: 'complete',
      provider: 'offline',
      degraded: ['gemini'],
      needs_human: false,
      usage: { prompt_tokens: 0, completion_tokens: 0 },
    });
    expect(body.content).toContain('25/11/2026');
    const said = await history(id);
    expect(said.map(({ role }) => role)).toEqual(['notification', 'user', 'assistant']);
    expect(body).toMatchObject({ id: said[2].id, user_message_id: said[1].id, session_id: said[0].session_id });
    expect(body.citations).toEqual([{ notification_id: said[0].metadata.notification_id, quote: expect.stringContaining('DH1024') }]);
    const context = await admin.get(`/messages/notifications/context?customer_id=${id}`);
    expect(context.body.items).toMatchObject([{ notification_id: said[0].metadata.notification_id, superseded_by: null }]);
    const ledger = await admin.get(`/notifications/history?customer_id=${id}`);
    expect(ledger.body.items[0]).toMatchObject({ message_id: said[0].id, session_id: body.session_id, replied_at: expect.any(String) });
  });

  it('should refuse what it cannot take, and store nothing of it', async () => {
    const id = await aCustomer();
    const refusals: [object, number, string][] = [
      [{ customer_id: id }, 400, 'VALIDATION_FAILED'],
      [{ customer_id: id, content: '   ' }, 400, 'VALIDATION_FAILED'],
      [{ customer_id: id, content: 'x'.repeat(4_001) }, 400, 'VALIDATION_FAILED'],
      [{ customer_id: id, content: 'hi', role: 'staff' }, 400, 'VALIDATION_FAILED'],
      [{ customer_id: id, content: 'hi', message_type: 'notification' }, 400, 'VALIDATION_FAILED'],
      [{ customer_id: 'x', content: 'hi' }, 400, 'VALIDATION_FAILED'],
      [{ customer_id: UNKNOWN, content: 'hi' }, 404, 'CUSTOMER_NOT_FOUND'],
      [{ customer_id: id, content: 'hi', session_id: UNKNOWN }, 404, 'SESSION_NOT_FOUND'],
    ];
    for (const [body, status, code] of refusals) expect(await admin.post('/messages/send', body)).toMatchObject({ status, body: { code } });
    expect((await harness.anonymous().post('/messages/send', { customer_id: id, content: 'hi' })).status).toBe(401);
    expect(await history(id)).toEqual([]);
  });

  it('should answer a message once, however often it is sent with its id', async () => {
    const id = await aCustomer();
    const [first, again] = [
      await send(id, 'Xin chào', { client_message_id: 'k1' }),
      await send(id, 'Xin chào', { client_message_id: 'k1' }),
    ];
    expect(again.body).toEqual(first.body);
    expect(await history(id)).toHaveLength(2);
    expect(await send(id, 'Khác', { client_message_id: 'k1' })).toMatchObject({ status: 422, body: { code: 'CLIENT_MESSAGE_REUSED' } });
  });

  it('should answer messages sent at once one after another', async () => {
    const id = await aCustomer();
    const replies = await Promise.all(Array.from({ length: 5 }, (_, index) => send(id, `Xin chào ${index}`)));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await history(id)).map(({ role }) => role).join()).toBe(Array(5).fill('user,assistant').join());
  });

  it('should page the history, refuse what nobody has, and delete once', async () => {
    const id = await aCustomer();
    for (const content of ['một', 'hai', 'ba']) await send(id, content);
    const first = await admin.get(`/messages/history?customer_id=${id}&limit=4&include_total=true`);
    expect(first.body.items.map(({ content }: any) => content).filter((_: unknown, index: number) => index % 2 === 0)).toEqual([
      'hai',
      'ba',
    ]);
    expect(first.body.total).toBe(6);
    const second = await admin.get(`/messages/history?customer_id=${id}&limit=4&cursor=${first.body.next_cursor}`);
    expect([second.body.items[0].content, second.body.items.length, second.body.next_cursor]).toEqual(['một', 2, null]);
    const sessionId = first.body.items[0].session_id;
    expect((await admin.get(`/messages/history?session_id=${sessionId}&message_type=notification`)).body.items).toEqual([]);
    expect(await admin.get('/messages/history')).toMatchObject({ status: 400, body: { code: 'HISTORY_SCOPE_REQUIRED' } });
    expect(await admin.get(`/messages/history?customer_id=${UNKNOWN}`)).toMatchObject({
      status: 404,
      body: { code: 'CUSTOMER_NOT_FOUND' },
    });
    expect(await admin.get(`/messages/history?session_id=${UNKNOWN}`)).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
    expect((await admin.delete(`/messages/history/${sessionId}`)).status).toBe(204);
    expect(await admin.delete(`/messages/history/${sessionId}`)).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
    expect(await admin.delete('/messages/history/x')).toMatchObject({ status: 400, body: { code: 'BAD_ID' } });
    expect(await history(id)).toEqual([]);
  });

  it('should hand over to staff and take their answer', async () => {
    const id = await aCustomer();
    const { body } = await send(id, 'Cho tôi gặp nhân viên');
    expect(body.needs_human).toBe(true);
    const waiting = await admin.get(`/messages/sessions?customer_id=${id}&needs_human=true`);
    expect(waiting.body.items).toMatchObject([{ session_id: body.session_id, status: 'open', needs_human: true, message_count: 2 }]);
    const reply = await admin.post('/messages/reply', { session_id: body.session_id, content: 'Chào anh, em là Mai.' });
    expect(reply).toMatchObject({
      status: 201,
      body: { role: 'staff', content: 'Chào anh, em là Mai.', metadata: { author_id: admin.userId } },
    });
    expect((await admin.get(`/messages/sessions?customer_id=${id}&needs_human=true`)).body.items).toEqual([]);
    expect(await admin.post('/messages/reply', { content: 'Chào' })).toMatchObject({
      status: 400,
      body: { code: 'REPLY_TARGET_REQUIRED' },
    });
    expect(await admin.post('/messages/reply', { customer_id: UNKNOWN, content: 'Chào' })).toMatchObject({ status: 404 });
  });

  it('should end a conversation and open the next with the next message', async () => {
    const id = await aCustomer();
    const { body } = await send(id, 'Xin chào');
    const close = () => admin.post(`/messages/sessions/${body.session_id}/close`);
    expect([(await close()).status, (await close()).status]).toEqual([204, 204]);
    expect(await send(id, 'Còn đó không?', { session_id: body.session_id })).toMatchObject({
      status: 409,
      body: { code: 'SESSION_CLOSED' },
    });
    expect(await admin.post('/messages/reply', { session_id: body.session_id, content: 'Chào' })).toMatchObject({ status: 409 });
    expect((await send(id, 'Còn đó không?')).body.session_id).not.toBe(body.session_id);
    expect(await admin.post(`/messages/sessions/${UNKNOWN}/close`)).toMatchObject({ status: 404 });
    const { items } = (await admin.get(`/messages/sessions?customer_id=${id}`)).body;
    expect(items.map(({ status }: any) => status)).toEqual(['open', 'closed']);
  });

  it('should count what is remembered', async () => {
    const id = await aCustomer();
    expect((await admin.get(`/messages/memory/stats?customer_id=${id}`)).body).toEqual({
      short_term_count: 0,
      long_term_count: 0,
      total_memory: 0,
      short_term: { warm: false, tokens: 0, ttl_seconds: 0 },
      long_term: { messages: 0, sessions: 0, notifications: 0, facts: 0 },
      summary: null,
      last_assembly: null,
    });
    await notify(id, { order: 'DH7', day: '30/11/2026' });
    await send(id, 'Đơn hàng của tôi khi nào giao?');
    const { body } = await admin.get(`/messages/memory/stats?customer_id=${id}`);
    expect(body).toMatchObject({ long_term_count: 3, long_term: { messages: 3, sessions: 1, notifications: 1, facts: 0 } });
    // A Redis that takes more than 50 ms, as on a busy machine, is done without.
    expect(body.short_term_count).toBe(body.short_term.warm ? 3 : 0);
    expect(body.total_memory).toBe(body.short_term_count + 3);
    expect(body.last_assembly.tokens).toBeLessThanOrEqual(4_000);
    expect(await admin.get('/messages/memory/stats')).toMatchObject({ status: 400 });
    expect(await admin.get(`/messages/memory/stats?customer_id=${UNKNOWN}`)).toMatchObject({ status: 404 });
  });

  it('should leave nothing of a customer who is deleted', async () => {
    const id = await aCustomer('Người Bị Xóa');
    await notify(id, { order: 'DH8', day: '30/11/2026' });
    await send(id, 'Tôi là Người Bị Xóa');
    expect((await admin.delete(`/customers/${id}`)).status).toBe(204);
    for (const name of ['messages', 'chat_sessions', 'customer_memory', 'memory_facts']) {
      expect(await harness.connection.collection(name).findOne({ customerId: new Types.ObjectId(id) })).toBeNull();
    }
    expect(await send(id, 'Còn đó không?')).toMatchObject({ status: 404, body: { code: 'CUSTOMER_NOT_FOUND' } });
    expect(await admin.get(`/messages/history?customer_id=${id}`)).toMatchObject({ status: 404 });
  });
});
