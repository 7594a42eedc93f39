import { Logger } from '@nestjs/common';
import { ChatSweeper } from './chat-sweeper.js';
import type { SessionService } from './session.service.js';
import type { TurnService } from './turn.service.js';

describe(ChatSweeper.name, () => {
  const done: string[] = [];
  const sessions = { closeIdle: () => Promise.resolve(done.push('closed')) } satisfies Partial<SessionService> as unknown as SessionService;
  const sweeperOf = (failAbandoned: TurnService['failAbandoned']): ChatSweeper =>
    new ChatSweeper(sessions, { failAbandoned } satisfies Partial<TurnService> as unknown as TurnService);
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    done.length = 0;
  });

  it('should give up abandoned turns before it ends idle sessions', async () => {
    await sweeperOf(() => Promise.resolve(done.push('failed'))).sweep();
    expect(done).toEqual(['failed', 'closed']);
  });

  it('should outlive a database that is away', async () => {
    await expect(sweeperOf(() => Promise.reject(new Error('no database'))).sweep()).resolves.toBeUndefined();
  });
});
