import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

/**
 * Work that comes round again for as long as the process runs, one round at a time: it mends what crashes and time leave
 * behind. Every worker sweeps, so a round must be harmless when two do it at once.
 */
export abstract class Sweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  protected readonly logger = new Logger(this.constructor.name);
  /** Set once the process is to end: a round stops at its next step. */
  protected isStopping = false;
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(private readonly everyMs: number) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweeping = this.sweeping.then(() => this.sweep());
    }, this.everyMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One round. What fails is logged and comes again with the next. */
  async sweep(): Promise<void> {
    try {
      await this.round();
    } catch (error) {
      this.logger.warn({ err: error }, 'Sweep left out');
    }
  }

  protected abstract round(): Promise<void>;
}
