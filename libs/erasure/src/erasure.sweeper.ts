import { Injectable } from '@nestjs/common';
import { Sweeper } from '@app/connections';
import type { OpenErasure } from './erasure.repository.js';
import { ErasureService } from './erasure.service.js';

const SWEEP_MS = 30_000;

/** Goes on with erasures that a crash left and finishes those that have settled. */
@Injectable()
export class ErasureSweeper extends Sweeper {
  constructor(private readonly erasures: ErasureService) {
    super(SWEEP_MS);
  }

  protected async round(): Promise<void> {
    await this.each(await this.erasures.abandoned(), (erasure) => this.erasures.forget(erasure));
    await this.each(await this.erasures.settled(), (erasure) => this.erasures.finish(erasure));
  }

  private async each(erasures: readonly OpenErasure[], step: (erasure: OpenErasure) => Promise<unknown>): Promise<void> {
    for (const erasure of erasures) {
      if (this.isStopping) return;
      await step(erasure).catch((error: unknown) => this.logger.warn({ err: error }, 'An erasure has to wait for the next sweep'));
    }
  }
}
