import { LanguageModel, ModelUnavailableError, type ModelHealth, type ModelReply, type ModelRequest } from '@app/ai';
import { ChatMemoryModule, MessageService, SessionNotFoundError, SessionService } from '@app/chat-memory';
import { ConfigModule, parseConfig } from '@app/config';
import { ConnectionsModule, MongoConnector, REDIS } from '@app/connections';
import { CustomerNotFoundError, CustomersModule, CustomerService } from '@app/customers';
import { extractSlots, fold, terms } from '@app/language';
import { NoticeService, type NoticeRecord } from '@app/notifications';
import { FixedClock, startRedis, testDatabase, type TestDatabase, type TestRedis } from '@app/testing';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Redis } from 'ioredis';
import { HistoryScopeRequiredError, ReplyTargetRequiredError } from './chat.errors.js';
import { ChatService } from './chat.service.js';
import { ConversationService } from './conversation.service.js';
import { DelimiterSource } from './delimiter.source.js';
import { RecallService } from './recall.service.js';

/** Answers what it is told to, and remembers what it was asked. */
class ScriptedModel extends LanguageModel {
  readonly name = 'scripted';
  readonly requests: ModelRequest[] = [];
  next: (request: ModelRequest) => string | Promise<string> = () => 'Dạ, em nghe ạ.';
  degraded: string[] = [];

  async generate(request: ModelRequest): Promise<ModelReply> {
    this.requests.push(request);
    const text = await this.next(request);
    const usage = { promptTokens: 11, completionTokens: 7 };
    return { text, provider: 'scripted', model: 's-1', finishReason: 'stop', usage, needsHuman: false, degraded: this.degraded };
  }

  health(): ModelHealth[] {
    return [];
  }
}

class FixedDelimiter extends DelimiterSource {
  next(): string {
    return 'a1b2c3d4e5f60718';
  }
}

/** The notices of each customer, as the ledger would give them. */
class Notices {
  readonly sent: NoticeRecord[] = [];
  readonly replies: string[] = [];

  async forCustomer(customerId: string): Promise<NoticeRecord[]> {
    return this.sent.filter((notice) => notice.customerId === customerId);
  }

  async recordReply(customerId: string): Promise<void> {
    this.replies.push(customerId);
  }

  add(customerId: string, id: string, body: string, sentAt = new Date('2026-11-20T02:00:00Z')): NoticeRecord {
    const analysis = { fold: fold(body), terms: terms(body), slots: extractSlots(body) };
    const notice: NoticeRecord = {
      ...{ id, customerId, configId: id, subject: null, body, topicKey: id, notificationType: 'info', sentAt, supersededBy: null },
      ...analysis,
    };
    this.sent.push(notice);
    return notice;
  }
}

describe(ChatService.name, () => {
  let database: TestDatabase;
  let redisServer: TestRedis;
  let app: TestingModule;
  let chat: ChatService;
  let conversations: ConversationService;
  let customers: CustomerService;
  const model = new ScriptedModel();
  const notices = new Notices();
  const clock = new FixedClock();

  beforeAll(async () => {
    [database, redisServer] = await Promise.all([testDatabase(), startRedis()]);
    const config = parseConfig({
      MONGODB_URL: database.url,
      MONGODB_DATABASE: database.name,
      REDIS_URL: redisServer.url,
      SECRET_KEY: 'a secret of the tests, long enough',
    });
    app = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config, clock), ConnectionsModule.forRoot('work'), CustomersModule, ChatMemoryModule],
      providers: [
        ChatService,
        ConversationService,
        RecallService,
        { provide: NoticeService, useValue: notices },
        { provide: LanguageModel, useValue: model },
        { provide: DelimiterSource, useClass: FixedDelimiter },
      ],
    }).compile();
    await app.init();
    await app.get(MongoConnector).whenReady();
    [chat, conversations, customers] = [app.get(ChatService), app.get(ConversationService), app.get(CustomerService)];
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([database.close(), redisServer.close()]);
  });
  beforeEach(() => {
    model.next = () => 'Dạ, em nghe ạ.';
    model.degraded = [];
    model.requests.length = 0;
  });

  let count = 0;
  const aCustomer = async (fullName = 'Nguyễn Văn An') => customers.create({ email: `c${++count}@example.com`, fullName });
  const texts = async (customerId: string) => (await conversations.history({ customerId }, { limit: 50 })).items.map(({ text }) => text);
  const lastRequest = (): ModelRequest => model.requests.at(-1)!;
  const flush = () => app.get<Redis>(REDIS).flushall();

  it('should answer from the notices and name the one it quotes', async () => {
    const { id } = await aCustomer();
    notices.add(id, '6560a0000000000000000001', 'Đơn hàng DH1024 sẽ được giao ngày 25/11/2026.');
    notices.add(id, '6560a0000000000000000002', 'Hóa đơn tháng 11 là 275.000 đ.');
    model.next = () => 'Dạ, đơn DH1024 giao ngày 25/11 ạ. [[N:6560a0000000000000000001]] [[N:6560a0000000000000000009]]';
    const { reply, details, message } = await chat.send({ customerId: id, content: 'Khi nao giao don hang DH1024?' });
    expect(reply.text).toBe('Dạ, đơn DH1024 giao ngày 25/11 ạ.');
    expect(details).toMatchObject({
      citations: [{ notificationId: '6560a0000000000000000001', quote: 'Đơn hàng DH1024 sẽ được giao ngày 25/11/2026.' }],
      provider: 'scripted',
      usage: { promptTokens: 11, completionTokens: 7 },
      needsHuman: false,
      degraded: [],
    });
    expect(lastRequest().records.find(({ kind }) => kind === 'notice')?.id).toBe('6560a0000000000000000001');
    expect(message).toMatchObject({ role: 'user', seq: 1 });
    expect(await texts(id)).toEqual(['Khi nao giao don hang DH1024?', reply.text]);
    expect(notices.replies).toContain(id);
  });

  it('should assemble the same bytes with Redis warm, flushed and gone', async () => {
    const { id } = await aCustomer();
    notices.add(id, '6560a0000000000000000003', 'Gói cước của quý khách hết hạn ngày 30/11/2026.');
    for (const content of ['Chào em', 'Gói cước của tôi thế nào?']) await chat.send({ customerId: id, content });
    const send = () => chat.send({ customerId: id, content: 'Khi nào hết hạn?', clientMessageId: 'same-turn' });
    model.next = () => {
      throw new ModelUnavailableError(new Error('down'));
    };
    const disturb = [async () => undefined, flush, async () => void redisServer.process.kill('SIGSTOP')];
    const prompts: string[] = [];
    for (const disturbance of disturb) {
      await disturbance();
      await expect(send()).rejects.toThrow(ModelUnavailableError);
      prompts.push(JSON.stringify(lastRequest()));
    }
    model.next = () => 'Dạ, ngày 30/11 ạ.';
    const { details } = await send();
    prompts.push(JSON.stringify(lastRequest()));
    redisServer.process.kill('SIGCONT');
    expect(new Set(prompts).size).toBe(1);
    expect(lastRequest().history).toHaveLength(4);
    expect(details.degraded).toEqual(['redis']);
    expect(await texts(id)).toEqual([
      'Chào em',
      'Dạ, em nghe ạ.',
      'Gói cước của tôi thế nào?',
      'Dạ, em nghe ạ.',
      'Khi nào hết hạn?',
      'Dạ, ngày 30/11 ạ.',
    ]);
  });

  it('should keep the message when no provider answers, and answer it once when it comes again', async () => {
    const { id } = await aCustomer();
    const message = { customerId: id, content: 'Có ai không?', clientMessageId: 'k-1' };
    model.next = () => {
      throw new ModelUnavailableError(new Error('down'));
    };
    await expect(chat.send(message)).rejects.toThrow(ModelUnavailableError);
    expect(await texts(id)).toEqual(['Có ai không?', '']);
    model.next = () => 'Dạ có ạ.';
    const [first, again] = [await chat.send(message), await chat.send(message)];
    expect(again).toEqual({ ...first, reply: { ...first.reply, fold: again.reply.fold } });
    expect(await texts(id)).toEqual(['Có ai không?', 'Dạ có ạ.']);
    expect(model.requests).toHaveLength(2);
  });

  it('should ask back rather than state a figure that stands nowhere, and never show that to a model', async () => {
    const { id } = await aCustomer();
    notices.add(id, '6560a0000000000000000004', 'Hóa đơn tháng 11 là 275.000 đ.');
    model.next = () => 'Dạ, hóa đơn là 999.000 đ ạ. [[N:6560a0000000000000000004]]';
    const { reply, details } = await chat.send({ customerId: id, content: 'Hóa đơn bao nhiêu?' });
    expect(reply).toMatchObject({ kind: 'fallback', status: 'complete' });
    expect(reply.text).toMatch(/chưa có thông tin chắc chắn/);
    expect(details).toMatchObject({ needsHuman: true, citations: [], trace: { unsupported: ['999.000 đ'] } });
    expect(await app.get(SessionService).findOpen(id)).toMatchObject({ needsHuman: true });
    model.next = () => 'Dạ, 275.000 đ ạ.';
    const { reply: second } = await chat.send({ customerId: id, content: 'Chắc không?' });
    expect(second).toMatchObject({ kind: 'chat', text: 'Dạ, 275.000 đ ạ.' });
    expect(JSON.stringify(lastRequest())).not.toContain('chưa có thông tin chắc chắn');
  });

  it('should never put a byte of one customer into the prompt of another', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, (_, index) => aCustomer(`canary00${index}`)));
    for (const [index, { id }] of people.entries())
      notices.add(id, `6560b000000000000000000${index}`, `Đơn hàng của canary00${index} đã giao.`);
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(people.map(({ id, fullName }) => chat.send({ customerId: id, content: `Tôi là ${fullName}, đơn hàng đâu?` })));
      if (round === 1) await flush();
    }
    for (const request of model.requests) {
      expect(new Set(JSON.stringify(request).match(/canary\d{3}/g)).size).toBe(1);
      expect(request.system).not.toMatch(/canary/);
    }
  });

  it('should leave nothing of a customer who is erased while being answered', async () => {
    const { id } = await aCustomer();
    model.next = async () => {
      await customers.markErased(id);
      await app.get(MessageService).erase(id);
      return 'muộn';
    };
    await expect(chat.send({ customerId: id, content: 'Xóa tôi đi' })).rejects.toThrow(CustomerNotFoundError);
    for (const collection of await database.connection.db!.collections()) {
      expect(await collection.countDocuments({ customerId: { $in: [id] } })).toBe(0);
    }
    expect(JSON.stringify(await database.connection.collection('messages').find().toArray())).not.toContain(id);
    expect(await app.get<Redis>(REDIS).keys(`*${id}*`)).toEqual([]);
  });

  it('should answer in the language of the question', async () => {
    const { id } = await aCustomer();
    await chat.send({ customerId: id, content: 'When is my order delivered?' });
    await chat.send({ customerId: id, content: 'ok' });
    expect(model.requests.map(({ lang }) => lang)).toEqual(['en', 'en']);
  });

  describe(ConversationService.name, () => {
    it('should refuse what nobody has', async () => {
      const [an, binh] = [await aCustomer(), await aCustomer()];
      const { message } = await chat.send({ customerId: an.id, content: 'hi' });
      await expect(conversations.history({}, { limit: 5 })).rejects.toThrow(HistoryScopeRequiredError);
      await expect(conversations.history({ customerId: 'f'.repeat(24) }, { limit: 5 })).rejects.toThrow(CustomerNotFoundError);
      await expect(conversations.history({ customerId: binh.id, sessionId: message.sessionId }, { limit: 5 })).rejects.toThrow(
        SessionNotFoundError,
      );
      await expect(conversations.reply({}, 'chào', { id: '1', isSuperuser: false })).rejects.toThrow(ReplyTargetRequiredError);
      await expect(conversations.memoryStats('f'.repeat(24))).rejects.toThrow(CustomerNotFoundError);
      await expect(conversations.deleteHistory('f'.repeat(24))).rejects.toThrow(SessionNotFoundError);
    });

    it('should give the words of staff to the next prompt', async () => {
      const { id } = await aCustomer();
      await chat.send({ customerId: id, content: 'Cho gặp người' });
      await conversations.reply({ customerId: id }, 'Chào anh, em là Mai.', { id: 'staff-1', isSuperuser: false });
      await chat.send({ customerId: id, content: 'Chào Mai' });
      expect(lastRequest().history.map(({ text }) => text)).toEqual(['Cho gặp người', 'Dạ, em nghe ạ.', 'Chào anh, em là Mai.']);
    });

    it('should count memory and show the notices, newest first', async () => {
      const { id } = await aCustomer();
      notices.add(id, '6560c0000000000000000001', 'cũ', new Date('2026-11-01T00:00:00Z'));
      notices.add(id, '6560c0000000000000000002', 'mới', new Date('2026-11-02T00:00:00Z'));
      await chat.send({ customerId: id, content: 'hi' });
      expect((await conversations.noticeContext(id)).map(({ body }) => body)).toEqual(['mới', 'cũ']);
      const { shortTerm, longTerm, lastAssembly } = await conversations.memoryStats(id);
      expect([shortTerm.messages, longTerm.messages, longTerm.sessions]).toEqual([2, 2, 1]);
      expect(lastAssembly?.tokens).toBeGreaterThan(500);
    });
  });
});
