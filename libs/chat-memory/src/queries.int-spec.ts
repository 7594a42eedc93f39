import { QueryRecorder } from '@app/testing';
import { createConnection } from 'mongoose';
import { aNotice, anAnswer, aRequest, beginTurn, clientId, connectMemory, createWorld, newId, say, type World } from '../test/world.js';

describe('lookups of conversations', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  it('should all be found by an index', async () => {
    const { url, name } = world.database;
    const connection = await createConnection(url, {
      dbName: name,
      autoIndex: false,
      autoCreate: false,
      monitorCommands: true,
    }).asPromise();
    const recorder = new QueryRecorder(connection);
    const memory = connectMemory({ ...world.database, connection }, world.redis, world.clock);
    const customerId = newId();
    const page = { limit: 2, includeTotal: true };

    await memory.messages.deliverNotices([aNotice(customerId), aNotice(customerId), aNotice(newId())]);
    await say(memory, customerId, 'hỏi', 'đáp');
    const request = aRequest(customerId, { clientMessageId: clientId() });
    await expect(memory.turns.run(await beginTurn(memory, request), () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await memory.turns.run(await beginTurn(memory, request), async () => anAnswer('đáp'));
    await memory.turns.failAbandoned();
    await memory.sessions.closeIdle();
    const session = (await memory.sessions.findOpen(customerId))!;
    for (const filter of [
      { customerId },
      { customerId, isNotice: true },
      { sessionId: session.id },
      { sessionId: session.id, isNotice: false },
    ]) {
      const first = await memory.messages.history(filter, page);
      await memory.messages.history(filter, { limit: 2, ...(first.nextCursor && { cursor: first.nextCursor }) });
    }
    for (const filter of [{ customerId }, { isOpen: true }, { isOpen: false }, { needsHuman: true }, { needsHuman: false, isOpen: true }]) {
      await memory.sessions.list(filter, page);
    }
    await memory.messages.addStaffMessage(session, 'chào', { id: newId(), isSuperuser: false });
    await memory.messages.listSaid(customerId, 10);
    await memory.stats.stats(customerId);
    await memory.messages.deleteHistory(session.id);
    await memory.messages.erase(customerId);

    const scans = await recorder.collectionScans();
    await connection.close();
    expect(scans).toEqual([]);
  });
});
