// Runs the model-based test of the embedded database for as many operations as asked for; progress on stderr, one JSON line on stdout.
// Usage: npm run fuzz:mongo -- [--operations N] [--seed N] [--path P]
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const USAGE = 'Usage: npm run fuzz:mongo -- [--operations N] [--seed N] [--path P]';
const MAX_OPERATIONS = 100_000_000;
const MAX_SEED = 2 ** 31 - 1;

function fail(sentence) {
  console.error(`${sentence}\n${USAGE}`);
  process.exit(1);
}

function options() {
  try {
    return parseArgs({ options: { operations: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' } } }).values;
  } catch (error) {
    return fail(error.message);
  }
}

function whole(name, text, min, max) {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) fail(`--${name} must be a whole number from ${min} to ${max}, not "${text}".`);
  return number;
}

const given = options();
const operations = whole('operations', given.operations ?? '10000', 1, MAX_OPERATIONS);
const seed = given.seed === undefined ? Math.floor(Math.random() * MAX_SEED) : whole('seed', given.seed, 0, MAX_SEED);
if (given.path !== undefined && !/^\d+(:\d+)*$/.test(given.path))
  fail(`--path must be numbers with colons between them, not "${given.path}".`);
if (given.path !== undefined && given.seed === undefined) fail('--path needs the --seed that it was found with.');

const started = performance.now();
const jest = [
  'node_modules/jest/bin/jest.js',
  '--forceExit',
  '--reporters',
  'default',
  '--',
  'libs/embedded-mongo/src/fuzz/fuzz.int-spec.ts',
];
const env = {
  ...process.env,
  FUZZ_OPERATIONS: String(operations),
  FUZZ_SEED: String(seed),
  FUZZ_PROGRESS: '1',
  ...(given.path !== undefined && { FUZZ_PATH: given.path }),
};
// Jest's own report goes to stderr: stdout is for the result.
const child = spawn(process.execPath, jest, { stdio: ['ignore', 2, 2], env });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`Jest could not be started: ${error.message}`));
child.on('exit', (code) => {
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.log(JSON.stringify({ operations, seed, seconds, ok: code === 0 }));
  process.exitCode = code === 0 ? 0 : 1;
});
