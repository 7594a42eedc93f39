import { Injectable } from '@nestjs/common';
import { Sweeper } from '@app/connections';
import { SessionService } from './session.service.js';
import { TurnService } from './turn.service.js';

const SWEEP_MS = 15_000;

/** Ends idle sessions and gives up turns whose process is gone; each change is one conditional update. */
@Injectable()
export class ChatSweeper extends Sweeper {
  constructor(
    private readonly sessions: SessionService,
    private readonly turns: TurnService,
  ) {
    super(SWEEP_MS);
  }

  protected async round(): Promise<void> {
    await this.turns.failAbandoned();
    await this.sessions.closeIdle();
  }
}
