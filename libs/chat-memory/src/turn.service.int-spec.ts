import { aRequest, anAnswer, beginTurn, clientId, createWorld, newId, say, type World } from '../test/world.js';
import { ClientMessageReusedError, SessionClosedError, SessionNotFoundError, TurnInProgressError, TurnLostError } from './memory.errors.js';
import { TurnService } from './turn.service.js';

describe(TurnService.name, () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  const stored = async (customerId: string) =>
    (await world.messages.history({ customerId }, { limit: 200 })).items.map(
      ({ seq, role, text, status }) => `${seq} ${role} ${status} ${text}`,
    );

  it('should store the message before the answer is made, then the answer in its place', async () => {
    const customerId = newId();
    const turn = await beginTurn(world, aRequest(customerId, { content: 'hỏi' }));
    expect(await stored(customerId)).toEqual(['1 user complete hỏi', '2 assistant pending ']);
    const reply = await world.turns.run(turn, async () => anAnswer('đáp'));
    expect(reply).toMatchObject({ id: turn.reply.id, text: 'đáp', status: 'complete', reply: { provider: 'offline' } });
    expect(await stored(customerId)).toEqual(['1 user complete hỏi', '2 assistant complete đáp']);
    expect(await world.sessions.findOpen(customerId)).toMatchObject({ lastSeq: 2, turn: null, lang: 'vi' });
  });

  it('should let one of many at once begin, and the others after it', async () => {
    const customerId = newId();
    const order: string[] = [];
    let running = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const memory = index % 2 ? world : world.another();
        const turn = await beginTurn(memory, aRequest(customerId, { content: `hỏi ${index}` }));
        expect(++running).toBe(1);
        await memory.turns.run(turn, async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          running -= 1;
          order.push(turn.message.text);
          return anAnswer('đáp');
        });
      }),
    );
    const said = (await world.messages.history({ customerId }, { limit: 200 })).items;
    expect(said.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    expect(said.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual(order);
    expect(said.map(({ role }) => role).join()).toBe(Array(8).fill('user,assistant').join());
  });

  it('should refuse a second message after half a minute, with nothing stored', async () => {
    const customerId = newId();
    const turn = await beginTurn(world, aRequest(customerId));
    const renewal = setInterval(() => void world.sessionRepository.renew(turn.session.id, turn.token, new Date('2030-01-01')), 1);
    try {
      await world.sessionRepository.renew(turn.session.id, turn.token, new Date('2030-01-01'));
      await expect(world.turns.begin(aRequest(customerId, { content: 'khác' }))).rejects.toMatchObject({
        code: 'TURN_IN_PROGRESS',
        retryAfterSeconds: 2,
      });
      expect(await stored(customerId)).toHaveLength(2);
    } finally {
      clearInterval(renewal);
    }
  });

  it('should keep the message and free the turn when no answer could be made', async () => {
    const customerId = newId();
    const turn = await beginTurn(world, aRequest(customerId, { content: 'hỏi' }));
    await expect(world.turns.run(turn, () => Promise.reject(new Error('no provider')))).rejects.toThrow('no provider');
    expect(await stored(customerId)).toEqual(['1 user complete hỏi', '2 assistant failed ']);
    await say(world, customerId, 'nữa', 'đáp');
    expect(await stored(customerId)).toEqual([
      '1 user complete hỏi',
      '2 assistant failed ',
      '3 user complete nữa',
      '4 assistant complete đáp',
    ]);
  });

  describe('with a client_message_id', () => {
    it('should give back the stored reply when it was answered', async () => {
      const customerId = newId();
      const request = aRequest(customerId, { clientMessageId: clientId() });
      const reply = await world.turns.run(await beginTurn(world, request), async () => anAnswer('đáp'));
      const again = await world.turns.begin(request);
      expect(again).toMatchObject({ isAnswered: true, reply: { id: reply.id, text: 'đáp' }, message: { text: request.content } });
      expect(await stored(customerId)).toHaveLength(2);
    });

    it('should refuse other content', async () => {
      const request = aRequest(newId(), { clientMessageId: clientId() });
      await world.turns.run(await beginTurn(world, request), async () => anAnswer('đáp'));
      await expect(world.turns.begin({ ...request, content: 'khác' })).rejects.toThrow(ClientMessageReusedError);
    });

    it('should say so while it is being answered', async () => {
      const request = aRequest(newId(), { clientMessageId: clientId() });
      const turn = await beginTurn(world, request);
      await expect(world.turns.begin(request)).rejects.toThrow(TurnInProgressError);
      await world.turns.run(turn, async () => anAnswer('đáp'));
    });

    it('should take up the same turn when it failed', async () => {
      const customerId = newId();
      const request = aRequest(customerId, { content: 'hỏi', clientMessageId: clientId() });
      const failed = await beginTurn(world, request);
      await expect(world.turns.run(failed, () => Promise.reject(new Error('no provider')))).rejects.toThrow();
      await say(world, customerId, 'nữa', 'đáp nữa');
      const turn = await beginTurn(world, request);
      expect(turn).toMatchObject({
        turnId: failed.turnId,
        isResumed: true,
        message: { id: failed.message.id },
        reply: { id: failed.reply.id },
      });
      await world.turns.run(turn, async () => anAnswer('đáp'));
      expect(await stored(customerId)).toEqual([
        '1 user complete hỏi',
        '2 assistant complete đáp',
        '3 user complete nữa',
        '4 assistant complete đáp nữa',
      ]);
    });

    it('should store one message and one reply when it comes in many times at once', async () => {
      const customerId = newId();
      const request = aRequest(customerId, { clientMessageId: clientId() });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, async (_, index) => {
          const memory = index % 2 ? world : world.another();
          const start = await memory.turns.begin(request);
          return start.isAnswered ? start.reply.id : (await memory.turns.run(start.turn, async () => anAnswer('đáp'))).id;
        }),
      );
      const replies = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(TurnInProgressError);
      expect(new Set(replies).size).toBe(1);
      expect(await stored(customerId)).toEqual(['1 user complete Khi nào giao hàng?', '2 assistant complete đáp']);
    });
  });

  describe('when the process that held a turn is gone', () => {
    it('should let the next message begin after the lease, and refuse the late answer', async () => {
      const customerId = newId();
      const late = await beginTurn(world, aRequest(customerId, { content: 'cũ' }));
      world.clock.advance(15_001);
      await say(world, customerId, 'mới', 'đáp mới');
      await expect(world.turns.run(late, async () => anAnswer('muộn'))).rejects.toThrow(TurnLostError);
      expect(await stored(customerId)).toEqual([
        '1 user complete cũ',
        '2 assistant failed ',
        '3 user complete mới',
        '4 assistant complete đáp mới',
      ]);
    });

    it('should fail what is left when it is swept', async () => {
      const customerId = newId();
      await beginTurn(world, aRequest(customerId, { content: 'cũ' }));
      expect(await world.turns.failAbandoned()).toBe(0);
      world.clock.advance(15_001);
      expect(await world.turns.failAbandoned()).toBeGreaterThanOrEqual(1);
      expect(await stored(customerId)).toEqual(['1 user complete cũ', '2 assistant failed ']);
      expect(await world.sessions.findOpen(customerId)).toMatchObject({ turn: null });
    });
  });

  describe('sessions', () => {
    it('should refuse unknown, foreign and closed ones', async () => {
      const [an, binh] = [newId(), newId()];
      await say(world, binh, 'hỏi', 'đáp');
      const { id: sessionId } = (await world.sessions.findOpen(binh))!;
      await expect(world.turns.begin(aRequest(an, { sessionId }))).rejects.toThrow(SessionNotFoundError);
      await expect(world.turns.begin(aRequest(an, { sessionId: newId() }))).rejects.toThrow(SessionNotFoundError);
      await world.sessions.close(sessionId);
      await world.sessions.close(sessionId);
      await expect(world.turns.begin(aRequest(binh, { sessionId }))).rejects.toThrow(SessionClosedError);
      await say(world, binh, 'lại', 'đáp');
      expect((await world.sessions.findOpen(binh))!.id).not.toBe(sessionId);
    });

    it('should be over after half an hour, by the sweep or the next message', async () => {
      const [an, binh] = [newId(), newId()];
      await say(world, an, 'hỏi', 'đáp');
      await say(world, binh, 'hỏi', 'đáp');
      const before = await world.sessions.findOpen(an);
      world.clock.advance(31 * 60_000);
      await say(world, an, 'lại', 'đáp');
      expect((await world.sessions.findOpen(an))!.id).not.toBe(before!.id);
      expect(await world.sessions.closeIdle()).toBeGreaterThanOrEqual(1);
      expect(await world.sessions.findOpen(binh)).toBeNull();
    });

    it('should be listed with their counts, the latest first', async () => {
      const customerId = newId();
      await say(world, customerId, 'hỏi', 'đáp');
      await world.sessions.close((await world.sessions.findOpen(customerId))!.id);
      world.clock.advance(1_000);
      await say(world, customerId, 'lại', 'đáp');
      await say(world, customerId, 'nữa', 'đáp');
      const { items } = await world.sessions.list({ customerId }, { limit: 10 });
      expect(items.map(({ isOpen, messageCount }) => [isOpen, messageCount])).toEqual([
        [true, 4],
        [false, 2],
      ]);
      expect((await world.sessions.list({ customerId, isOpen: false }, { limit: 10 })).items).toHaveLength(1);
    });
  });
});
