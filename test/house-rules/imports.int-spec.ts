import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');
const run = promisify(execFile);

/** A tree of a few files under the project's own rules; each file is its import line. */
async function violationsOf(files: Record<string, string>): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'nbot-imports-'));
  try {
    await cp(join(root, '.dependency-cruiser.cjs'), join(dir, '.dependency-cruiser.cjs'));
    await cp(join(root, 'tsconfig.json'), join(dir, 'tsconfig.json'));
    await cp(join(root, 'package.json'), join(dir, 'package.json'));
    await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
    for (const [path, content] of Object.entries({
      'apps/api/src/main.ts': '',
      'libs/common/src/index.ts': 'export const common = 1;',
      ...files,
    })) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content);
    }
    const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [cruise, 'apps', 'libs', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
    const { stdout } = await run(process.execPath, args, { cwd: dir, maxBuffer: 10_000_000 }).catch((error: { stdout: string }) => error);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const lib = (name: string, content = `export const it = '${name}';`): Record<string, string> => ({
  [`libs/${name}/src/index.ts`]: content,
});

describe('the direction of imports', () => {
  it('should allow a library of lower rank through its index', async () => {
    expect(await violationsOf(lib('customers', "export { common } from '@app/common';"))).toEqual([]);
  });

  it.each([
    ['a library of the same rank', { ...lib('users'), ...lib('tasks', "export { it } from '@app/users';") }, 'rank-tasks'],
    [
      'a library of higher rank',
      { ...lib('chat'), ...lib('customers', "import type { it } from '@app/chat';\nexport type X = typeof it;") },
      'rank-customers',
    ],
    [
      'the inside of a library',
      {
        ...lib('users'),
        'libs/chat/src/index.ts': "export { it } from '../../users/src/index.js';\nexport { x } from '../../users/src/inner.js';",
        'libs/users/src/inner.ts': 'export const x = 1;',
      },
      'lib-only-through-index',
    ],
    [
      'the inside of a library, from an app',
      { 'libs/users/src/inner.ts': 'export const x = 1;', 'apps/api/src/main.ts': "import '../../../libs/users/src/inner.js';" },
      'app-lib-only-through-index',
    ],
    ['another app', { 'apps/worker/src/main.ts': "import '../../api/src/main.js';" }, 'app-not-to-other-app'],
    ['an app, from a library', lib('users', "import '../../../apps/api/src/main.js';"), 'libs-not-to-apps'],
    [
      'the test harness, from source',
      { ...lib('testing'), ...lib('users', "export { it } from '@app/testing';") },
      'testing-only-from-specs',
    ],
    [
      'the embedded database, from the API',
      { ...lib('embedded-mongo'), 'apps/api/src/main.ts': "import '@app/embedded-mongo';" },
      'embedded-mongo-only-local',
    ],
    ['in a circle', { 'apps/api/src/a.ts': "import './b.js';", 'apps/api/src/b.ts': "import './a.js';" }, 'no-circular'],
    [
      'a library without a rank',
      { ...lib('helpers'), 'apps/api/src/main.ts': "import '../../../libs/helpers/src/index.js';" },
      'unranked-lib',
    ],
    ['a development dependency, from source', lib('users', "import 'jest';"), 'no-dev-dep-in-production'],
  ])('should not allow %s', async (_, files, rule) => {
    expect(await violationsOf(files as Record<string, string>)).toContain(rule);
  });
});
