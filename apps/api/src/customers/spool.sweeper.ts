import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import { Sweeper } from '@app/connections';
import { SPOOL_SUFFIX } from './upload.interceptor.js';

const SWEEP_MS = 60_000;
/** No request that receives a file lasts that long. */
const ABANDONED_MS = 10 * 60_000;

/** Removes what processes that died while they received a file left on the local disk. */
@Injectable()
export class SpoolSweeper extends Sweeper {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    super(SWEEP_MS);
  }

  protected async round(): Promise<void> {
    const { dir } = this.config.upload;
    const before = this.clock.now().getTime() - ABANDONED_MS;
    const names = await readdir(dir).catch(() => []);
    for (const name of names.filter((each) => each.endsWith(SPOOL_SUFFIX))) {
      const path = join(dir, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < before) await rm(path, { force: true });
    }
  }
}
