import { aNotice, aRequest, anAnswer, beginTurn, connectMemory, connectRedis, createWorld, newId, say, type World } from '../test/world.js';
import { ChatWindow } from './chat-window.js';

describe(ChatWindow.name, () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  const keyOf = async (customerId: string) => ({ customerId, sessionId: (await world.sessions.findOpen(customerId))!.id });
  /** What a turn would be given now. */
  const read = async (customerId: string, memory = world as Pick<World, 'window'>) => {
    const session = (await world.sessions.findOpen(customerId))!;
    return memory.window.read({ customerId, sessionId: session.id }, session.lastSeq + 1);
  };
  /** One turn that reads the window as a prompt does. */
  const ask = async (customerId: string, content: string, answer: string) => {
    const turn = await beginTurn(world, aRequest(customerId, { content }));
    const reading = await world.window.read({ customerId, sessionId: turn.session.id }, turn.message.seq);
    await world.turns.run(turn, async () => anAnswer(answer));
    return reading;
  };

  it('should give the same bytes warm, cold, and with Redis flushed between any two turns', async () => {
    const [warm, flushed] = [newId(), newId()];
    const shape = (reading: Awaited<ReturnType<typeof ask>>) => JSON.stringify(reading.messages.map(({ id: _, ...message }) => message));
    for (let round = 0; round < 40; round += 1) {
      const at = world.clock.now();
      if (round % 7 === 3) await world.messages.deliverNotices([aNotice(warm, { createdAt: at }), aNotice(flushed, { createdAt: at })]);
      await world.redis.del(...(await world.redis.keys(`*${flushed}*`)), 'none');
      const [one, other] = [await ask(warm, `hỏi ${round}`, `đáp ${round}`), await ask(flushed, `hỏi ${round}`, `đáp ${round}`)];
      expect(shape(one)).toBe(shape(other));
      world.clock.advance(1_000);
    }
    expect((await read(warm)).messages).toHaveLength(50);
    expect(await world.window.state(await keyOf(warm))).toMatchObject({ warm: true });
  });

  it('should be served by Redis when it is warm', async () => {
    const customerId = newId();
    await ask(customerId, 'hỏi', 'đáp');
    await world.database.connection.collection('messages').updateMany({}, { $set: { text: 'đổi' } });
    expect((await read(customerId)).messages.map(({ text }) => text)).toEqual(['hỏi', 'đáp']);
  });

  it('should live half an hour from the last message, not from the last reading', async () => {
    const customerId = newId();
    await ask(customerId, 'hỏi', 'đáp');
    const key = await keyOf(customerId);
    const [list = ''] = await world.redis.keys(`*${key.sessionId}:msgs`);
    expect(await world.redis.ttl(list)).toBeGreaterThan(1_795);
    await world.redis.expire(list, 100);
    await read(customerId);
    expect(await world.redis.ttl(list)).toBeLessThanOrEqual(100);
    await world.messages.deliverNotices([aNotice(customerId)]);
    expect(await world.redis.ttl(list)).toBeGreaterThan(1_795);
  });

  it('should go cold rather than miss a message', async () => {
    const customerId = newId();
    await ask(customerId, 'hỏi', 'đáp');
    const key = await keyOf(customerId);
    const message = { id: newId(), seq: 9, role: 'user', kind: 'chat', text: 'lạc', createdAt: world.clock.now() } as const;
    await world.window.append(key, [message]);
    expect(await world.window.state(key)).toEqual({ warm: false, messages: [], ttlSeconds: 0 });
    expect((await read(customerId)).messages.map(({ text }) => text)).toEqual(['hỏi', 'đáp']);
  });

  it('should not put an older window over a newer one', async () => {
    const customerId = newId();
    await ask(customerId, 'một', 'dạ');
    await ask(customerId, 'hai', 'dạ');
    const key = await keyOf(customerId);
    expect((await world.window.read(key, 3)).messages.map(({ text }) => text)).toEqual(['một', 'dạ']);
    expect((await world.window.state(key)).messages).toHaveLength(4);
  });

  it('should not hold what was not answered', async () => {
    const customerId = newId();
    const failed = await beginTurn(world, aRequest(customerId, { content: 'hỏng' }));
    await expect(world.turns.run(failed, () => Promise.reject(new Error('no provider')))).rejects.toThrow();
    const reading = await ask(customerId, 'hỏi', 'đáp');
    expect(reading.messages.map(({ text }) => text)).toEqual(['hỏng']);
    expect((await read(customerId)).messages.map(({ text }) => text)).toEqual(['hỏng', 'hỏi', 'đáp']);
  });

  it('should load once for many readers at once', async () => {
    const customerId = newId();
    await ask(customerId, 'hỏi', 'đáp');
    const key = await keyOf(customerId);
    await world.window.forget([key]);
    const spy = jest.spyOn(world.messageRepository, 'findRecent');
    const readings = await Promise.all(Array.from({ length: 10 }, () => read(customerId)));
    expect(spy).toHaveBeenCalledTimes(1);
    for (const reading of readings) expect(reading).toEqual(readings[0]);
    spy.mockRestore();
  });

  it('should not bring back what was erased while it was loading', async () => {
    const customerId = newId();
    await ask(customerId, 'hỏi', 'đáp');
    const key = await keyOf(customerId);
    await world.window.forget([key]);
    const findRecent = world.messageRepository.findRecent.bind(world.messageRepository);
    const spy = jest.spyOn(world.messageRepository, 'findRecent').mockImplementation(async (...args) => {
      const found = await findRecent(...args);
      await world.messages.erase(customerId);
      return found;
    });
    await world.window.read(key, 3);
    spy.mockRestore();
    expect(await world.redis.keys(`*${customerId}*`)).toEqual([]);
  });

  it('should count what is remembered', async () => {
    const customerId = newId();
    await world.messages.deliverNotices([aNotice(customerId)]);
    await ask(customerId, 'hỏi', 'đáp');
    const stats = await world.stats.stats(customerId);
    expect(stats.longTerm).toEqual({ messages: 3, sessions: 1, notifications: 1, facts: 0 });
    expect(stats.shortTerm).toMatchObject({ warm: true, messages: 3 });
    expect(stats.lastAssembly).toEqual({ tokens: 700, ms: 1, dropped: 0 });
    expect(await world.stats.stats(newId())).toMatchObject({ shortTerm: { warm: false, messages: 0 }, lastAssembly: null });
  });

  it('should serve the same from MongoDB while Redis is hanging or gone', async () => {
    const customerId = newId();
    await ask(customerId, 'hỏi', 'đáp');
    const redis = await connectRedis(world.redisServer.url);
    const other = connectMemory(world.database, redis, world.clock, 50);
    const warm = await read(customerId);
    expect(warm.degraded).toBe(false);
    world.redisServer.process.kill('SIGSTOP');
    const hanging = await read(customerId, other);
    world.redisServer.process.kill('SIGCONT');
    redis.disconnect();
    const down = await read(customerId, other);
    await say(other, customerId, 'nữa', 'đáp nữa');
    for (const reading of [hanging, down]) expect(reading).toEqual({ messages: warm.messages, degraded: true });
    expect((await read(customerId, other)).messages.map(({ text }) => text)).toEqual(['hỏi', 'đáp', 'nữa', 'đáp nữa']);
  });
});
