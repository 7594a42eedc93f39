import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');
const run = promisify(execFile);

/** Without an engine no image can be built; the commands of the build stage can be run where it would run them. */
describe('Dockerfile', () => {
  it('should build what it copies into the image, from what is committed alone', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nbot-docker-'));
    try {
      await run('sh', ['-c', `git -C '${root}' archive HEAD | tar -x -C '${dir}'`]);
      const [buildStage = ''] = readFileSync(join(dir, 'Dockerfile'), 'utf8').split(/^FROM (?!.* AS build)/m);
      const commands = [...buildStage.matchAll(/^RUN (.+)$/gm)].map(([, command]) => command ?? '');
      expect(commands.length).toBeGreaterThanOrEqual(3);
      for (const command of commands) await run('sh', ['-c', command], { cwd: dir, maxBuffer: 50_000_000 });
      expect(existsSync(join(dir, 'dist/apps/api/src/main.js'))).toBe(true);
      expect(existsSync(join(dir, 'dist/apps/worker/src/main.js'))).toBe(true);
      expect(existsSync(join(dir, 'node_modules/jest'))).toBe(false);
      const refused = await run(process.execPath, ['dist/apps/api/src/main.js'], {
        cwd: dir,
        env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
      }).catch((error: { code: number; stderr: string }) => error);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('SECRET_KEY') });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }, 300_000);
});
