// What a change must pass first: format, lint, types, imports, dead code and the unit tests, each timed, all reported.
import { spawnSync } from 'node:child_process';

const steps = [
  ['format', 'prettier', '--check', '.', '--log-level', 'warn'],
  ['types', 'tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['lint', 'eslint', '.', '--max-warnings', '0'],
  ['imports', 'depcruise', 'apps', 'libs', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
  ['dead code', 'knip'],
  ['unit', 'jest', '--testRegex', '\\.spec\\.ts$', '--silent', '--reporters', 'default'],
];

const failed = [];
for (const [name, command, ...args] of steps) {
  const started = performance.now();
  const { status } = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exit(1);
}
