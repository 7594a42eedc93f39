import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@app/config';
import { FixedClock } from '@app/testing';
import { SpoolSweeper } from './spool.sweeper.js';

describe(SpoolSweeper.name, () => {
  it('should remove what a dead process left, and nothing else', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'spools-'));
    const clock = new FixedClock();
    for (const [name, minutesAgo] of Object.entries({ 'old.upload': 11, 'new.upload': 9, 'old.csv': 11 })) {
      await writeFile(join(dir, name), 'x');
      const at = new Date(clock.now().getTime() - minutesAgo * 60_000);
      await utimes(join(dir, name), at, at);
    }
    const sut = new SpoolSweeper(parseConfig({ UPLOAD_DIR: dir }), clock);
    await sut.sweep();
    expect((await readdir(dir)).sort()).toEqual(['new.upload', 'old.csv']);
    await rm(dir, { recursive: true });
    await sut.sweep();
  });
});
