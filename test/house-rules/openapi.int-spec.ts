import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');
const run = promisify(execFile);

describe('docs/openapi.json', () => {
  it('should be what the build writes, byte for byte, without a database, Redis or keys', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nbot-openapi-'));
    try {
      const written = join(dir, 'openapi.json');
      await run(process.execPath, [join(root, 'dist/apps/api/src/docs/generate.js'), written], {
        cwd: dir,
        env: { PATH: process.env['PATH'] },
      });
      expect(await readFile(written, 'utf8')).toBe(await readFile(join(root, 'docs/openapi.json'), 'utf8'));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
