import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { OpenErasure } from './erasure.repository.js';
import { ErasureService } from './erasure.service.js';

const SWEEP_MS = 30_000;

/**
 * Goes on with erasures that a crash left and finishes those that have settled. Every worker sweeps: two at the same
 * person do the same work twice, which is harmless and rare.
 */
@Injectable()
export class ErasureSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ErasureSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(private readonly erasures: ErasureService) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweeping = this.sweeping.then(() => this.sweep());
    }, SWEEP_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One round. What fails is logged and comes again in the next. */
  async sweep(): Promise<void> {
    await this.each(
      () => this.erasures.abandoned(),
      (erasure) => this.erasures.forget(erasure),
    );
    await this.each(
      () => this.erasures.settled(),
      (erasure) => this.erasures.finish(erasure),
    );
  }

  private async each(list: () => Promise<OpenErasure[]>, step: (erasure: OpenErasure) => Promise<void>): Promise<void> {
    try {
      for (const erasure of await list()) {
        if (this.isStopping) return;
        await step(erasure).catch((error: unknown) => this.logger.warn({ err: error }, 'An erasure has to wait for the next sweep'));
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'Sweep left out');
    }
  }
}
