import { InvalidCursorError } from '@app/common';
import { aNotice, beginTurn, aRequest, createWorld, newId, say, anAnswer, type World } from '../test/world.js';
import { Types } from 'mongoose';
import { SessionNotFoundError, TurnLostError } from './memory.errors.js';
import { CUSTOMER_MEMORY } from './memory.schema.js';
import { MessageService } from './message.service.js';

describe(MessageService.name, () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  const stored = async (customerId: string) => (await world.messages.history({ customerId }, { limit: 200 })).items;
  const version = async (customerId: string): Promise<unknown> =>
    (await world.database.connection.collection(CUSTOMER_MEMORY).findOne({ customerId: new Types.ObjectId(customerId) }))?.['version'];
  const numbers = async (customerId: string): Promise<number[]> => (await stored(customerId)).map(({ seq }) => seq);

  describe('deliverNotices', () => {
    it('should open a session for each customer and number the notices of one call', async () => {
      const [an, binh] = [newId(), newId()];
      const notices = [aNotice(an, { text: 'một' }), aNotice(binh), aNotice(an, { text: 'hai' }), aNotice(an, { text: 'ba' })];
      const delivered = await world.messages.deliverNotices(notices);
      expect([...delivered.keys()].sort()).toEqual(notices.map(({ notificationId }) => notificationId).sort());
      expect((await stored(an)).map(({ seq, text, role, kind }) => [seq, text, role, kind])).toEqual([
        [1, 'một', 'notification', 'notice'],
        [2, 'hai', 'notification', 'notice'],
        [3, 'ba', 'notification', 'notice'],
      ]);
      expect(await world.sessions.findOpen(an)).toMatchObject({ lastSeq: 3 });
      expect(await version(an)).toBe(1);
    });

    it('should change nothing when run again, and say where the notices stand', async () => {
      const customerId = newId();
      const notices = [aNotice(customerId), aNotice(customerId)];
      const first = await world.messages.deliverNotices(notices);
      expect(await world.messages.deliverNotices(notices)).toEqual(first);
      expect(await numbers(customerId)).toEqual([1, 2]);
      expect(await world.messages.findNoticeMessages([notices[0]!.notificationId, newId()])).toEqual(
        new Map([[notices[0]!.notificationId, first.get(notices[0]!.notificationId)]]),
      );
    });

    it('should store each notice once and without gaps when many deliver the same at once', async () => {
      const customers = Array.from({ length: 20 }, newId);
      const notices = customers.flatMap((id) => [aNotice(id), aNotice(id)]);
      const deliveries = await Promise.all(
        [world, world.another(), world.another()].map(({ messages }) => messages.deliverNotices(notices)),
      );
      for (const delivery of deliveries) expect(delivery).toEqual(deliveries[0]);
      for (const id of customers) expect(await numbers(id)).toEqual([1, 2]);
    });

    it('should give every notice its own number when different ones are delivered at once', async () => {
      const customerId = newId();
      await Promise.all(Array.from({ length: 10 }, () => world.messages.deliverNotices([aNotice(customerId)])));
      expect(await numbers(customerId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(await world.sessions.findOpen(customerId)).toMatchObject({ lastSeq: 10 });
    });

    it('should do the later steps when a crash left only the message', async () => {
      const notice = aNotice(newId());
      const session = (await world.sessions.ensureOpen([notice.customerId])).get(notice.customerId)!;
      const { notificationId, ...content } = notice;
      await world.messageRepository.insertFrom(1, {
        ...content,
        notificationId,
        sessionId: session.id,
        role: 'notification',
        kind: 'notice',
        status: 'complete',
      });
      await world.messages.deliverNotices([notice]);
      expect(await world.sessions.findOpen(notice.customerId)).toMatchObject({ lastSeq: 1 });
      expect(await version(notice.customerId)).toBe(1);
      await world.messages.deliverNotices([aNotice(notice.customerId)]);
      expect(await numbers(notice.customerId)).toEqual([1, 2]);
    });

    it('should wait its place behind the messages of a turn', async () => {
      const customerId = newId();
      const turn = await beginTurn(world, aRequest(customerId));
      await world.messages.deliverNotices([aNotice(customerId, { createdAt: new Date(world.clock.now().getTime() + 1) })]);
      await world.turns.run(turn, async () => anAnswer('Dạ, ngày 25/11.'));
      expect((await stored(customerId)).map(({ seq, role }) => `${seq} ${role}`)).toEqual(['1 user', '2 assistant', '3 notification']);
    });
  });

  describe('history', () => {
    it('should page from the newest, oldest first within a page, and never repeat while others write', async () => {
      const customerId = newId();
      for (let round = 1; round <= 5; round += 1) {
        world.clock.advance(1_000);
        await say(world, customerId, `hỏi ${round}`, `đáp ${round}`);
      }
      const pages: string[][] = [];
      let cursor: string | null | undefined;
      do {
        const page = await world.messages.history({ customerId }, { limit: 4, ...(cursor ? { cursor } : {}), includeTotal: true });
        pages.push(page.items.map(({ text }) => text));
        cursor = page.nextCursor;
        world.clock.advance(1_000);
        await say(world, customerId, 'xen vào', 'dạ');
      } while (cursor);
      expect(pages).toEqual([
        ['hỏi 4', 'đáp 4', 'hỏi 5', 'đáp 5'],
        ['hỏi 2', 'đáp 2', 'hỏi 3', 'đáp 3'],
        ['hỏi 1', 'đáp 1'],
      ]);
    });

    it('should page one session by number, and refuse the cursor of another list', async () => {
      const customerId = newId();
      for (const round of [1, 2, 3]) await say(world, customerId, `hỏi ${round}`, `đáp ${round}`);
      const { id: sessionId } = (await world.sessions.findOpen(customerId))!;
      const first = await world.messages.history({ customerId, sessionId }, { limit: 4, includeTotal: true });
      expect(first.items.map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
      expect(first.total).toBe(6);
      const page = { limit: 4, cursor: first.nextCursor! };
      const second = await world.messages.history({ customerId, sessionId }, page);
      expect([second.items.map(({ seq }) => seq), second.nextCursor]).toEqual([[1, 2], null]);
      await expect(world.messages.history({ sessionId }, page)).rejects.toThrow(InvalidCursorError);
    });

    it('should show notices only, or all else, when asked', async () => {
      const customerId = newId();
      await world.messages.deliverNotices([aNotice(customerId)]);
      await say(world, customerId, 'hỏi', 'đáp');
      const { id: sessionId } = (await world.sessions.findOpen(customerId))!;
      const kinds = async (isNotice: boolean) =>
        (await world.messages.history({ sessionId, isNotice }, { limit: 10 })).items.map(({ kind }) => kind);
      expect(await kinds(true)).toEqual(['notice']);
      expect(await kinds(false)).toEqual(['chat', 'chat']);
    });
  });

  describe('deleteHistory', () => {
    it('should remove the session, its messages and its window, and be done once', async () => {
      const customerId = newId();
      await say(world, customerId, 'hỏi', 'đáp');
      const { id } = (await world.sessions.findOpen(customerId))!;
      await world.messages.deleteHistory(id);
      expect(await stored(customerId)).toEqual([]);
      expect(await world.redis.keys(`*${id}*`)).toEqual([]);
      await expect(world.messages.deleteHistory(id)).rejects.toThrow(SessionNotFoundError);
    });

    it('should leave nothing of a turn that was being answered', async () => {
      const customerId = newId();
      const turn = await beginTurn(world, aRequest(customerId));
      await expect(
        world.turns.run(turn, async () => {
          await world.messages.deleteHistory(turn.session.id);
          return anAnswer('muộn');
        }),
      ).rejects.toThrow(TurnLostError);
      expect(await stored(customerId)).toEqual([]);
    });
  });

  it('should store an answer of staff and no longer wait for one', async () => {
    const customerId = newId();
    const answer = anAnswer('Em chuyển nhân viên ạ.');
    await say(world, customerId, 'Cho tôi gặp người', answer.text, { details: { ...answer.details, needsHuman: true } });
    const session = (await world.sessions.findOpen(customerId))!;
    expect(session.needsHuman).toBe(true);
    await world.messages.addStaffMessage(session, 'Chào anh, em là Mai.', { id: newId(), isSuperuser: false });
    expect(await world.sessions.findOpen(customerId)).toMatchObject({ needsHuman: false, lastSeq: 3 });
    expect((await stored(customerId)).at(-1)).toMatchObject({ role: 'staff', seq: 3 });
  });

  describe('erase', () => {
    it('should leave nothing of the customer, and all of the others', async () => {
      const [gone, other] = [newId(), newId()];
      await world.messages.deliverNotices([aNotice(gone), aNotice(other)]);
      await say(world, gone, 'hỏi', 'đáp');
      await say(world, other, 'hỏi', 'đáp');
      expect(await world.messages.erase(gone)).toEqual({ messages: 3, sessions: 1, isWindowGone: true });
      for (const collection of await world.database.connection.db!.collections()) {
        expect(JSON.stringify(await collection.find().toArray())).not.toContain(gone);
      }
      expect(await world.redis.keys(`*${gone}*`)).toEqual([]);
      expect(await numbers(other)).toEqual([1, 2, 3]);
    });

    it('should not be undone by a turn under way', async () => {
      const customerId = newId();
      const turn = await beginTurn(world, aRequest(customerId));
      await world.messages.erase(customerId);
      await expect(world.turns.run(turn, async () => anAnswer('muộn'))).rejects.toThrow(TurnLostError);
      expect(await stored(customerId)).toEqual([]);
      expect(await world.redis.keys(`*${customerId}*`)).toEqual([]);
    });
  });
});
