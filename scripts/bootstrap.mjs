// Makes a fresh clone ready for what is asked, then does it: node_modules, redis-server, a build where one is needed.
// Usage: node scripts/bootstrap.mjs start|dev|demo|mongo|test|test:long|bench:NAME [arguments]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

const [minMajor, minMinor] = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < minMajor || (major === minMajor && minor < minMinor)) {
  fail(`Node ${minMajor}.${minMinor} or newer is needed; this is ${process.versions.node}.`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (error) fail(`${command} could not be started: ${error.message}`);
  return status ?? 1;
}

function step(sentence, work) {
  process.stderr.write(`• ${sentence}\n`);
  const started = performance.now();
  if (work() !== 0) fail(`Failed: ${sentence}`);
  process.stderr.write(`  done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

function newest(paths) {
  let latest = 0;
  for (const path of paths.filter((candidate) => existsSync(candidate))) {
    const stat = statSync(path);
    latest = Math.max(latest, stat.mtimeMs);
    if (stat.isDirectory()) latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return latest;
}

function ensureDependencies() {
  const marker = 'node_modules/.package-lock.json';
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  step('installing dependencies', () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']));
}

const hasRedisServer = () => spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

function ensureRedis() {
  const env = existsSync('.env') ? { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env } : process.env;
  if (env.REDIS_URL || hasRedisServer()) return;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }, stdio: ['ignore', 'ignore', 'inherit'] };
    step(
      'installing redis-server',
      () => run('apt-get', ['update', '-qq'], options) || run('apt-get', ['install', '-y', '-qq', 'redis-server'], options),
    );
    if (hasRedisServer()) return;
  }
  fail(
    'redis-server is needed. Debian and Ubuntu: sudo apt-get install redis-server. macOS: brew install redis. ' +
      'Docker: docker run -d -p 6379:6379 redis:7 and REDIS_URL=redis://127.0.0.1:6379.',
  );
}

function ensureBuild() {
  const marker = 'dist/.built';
  const sources = ['apps', 'libs', 'bench', 'samples', 'package-lock.json', 'tsconfig.json', 'nest-cli.json'];
  if (existsSync(marker) && statSync(marker).mtimeMs >= newest(sources)) return;
  step('building', () => run('npm', ['run', '--silent', 'build']));
}

/** Runs to the end in the foreground; signals reach the child, whose exit code is ours. */
function become(command, args, env = {}) {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

const local = (file, args) => become(process.execPath, ['--enable-source-maps', `dist/apps/local/src/${file}.js`, ...args]);
const jest = (args, env) => become(process.execPath, ['node_modules/jest/bin/jest.js', '--forceExit', ...args], env);

const [what = '', ...rest] = process.argv.slice(2);
ensureDependencies();
if (what !== 'mongo') ensureRedis();
ensureBuild();

if (what === 'start') local('main', rest);
else if (what === 'dev') {
  for (const app of ['api', 'worker']) spawn('npx', ['--no-install', 'nest', 'build', app, '--watch'], { stdio: 'inherit' });
  local('main', ['--reload', ...rest]);
} else if (what === 'demo') local('demo', rest);
else if (what === 'mongo') local('mongo', rest);
else if (what === 'test') jest(rest);
else if (what === 'test:long') jest(rest, { TEST_LONG: '1' });
else if (what.startsWith('bench:'))
  become(process.execPath, ['--enable-source-maps', '--expose-gc', `dist/bench/${what.slice(6)}.js`, ...rest]);
else fail(`Unknown: ${what}. One of start, dev, demo, mongo, test, test:long, bench:NAME.`);
