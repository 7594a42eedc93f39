import { readEnvironment } from '@app/config';
import { Stack, StackError } from './stack.js';

const env = readEnvironment();
// Whoever reads our output may go away; the stack stays.
process.stdout.on('error', () => undefined);

function wholeNumber(name: string, fallback: string): number {
  const text = env[name] || fallback;
  if (!/^\d{1,5}$/.test(text)) throw new StackError(`${name} must be a whole number.`);
  return Number(text);
}

try {
  // Handlers stay: a terminal and npm both pass Ctrl-C on, and a second signal must not cut the first one short.
  const stopAsked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const stack = await Stack.start({
    port: wholeNumber('PORT', '8000'),
    workerPort: wholeNumber('WORKER_PORT', '8001'),
    dataDir: env['DATA_DIR'] || '.data',
    workers: wholeNumber('WORKERS', '1'),
    reload: process.argv.includes('--reload'),
    onEvent: (sentence) => console.log(sentence),
  });
  for (const { name, pid } of stack.processes) console.log(`${name} pid ${pid}`);
  console.log(`ready ${stack.url}`);

  const givenUp = await Promise.race([stopAsked.then(() => undefined), ...stack.processes.map((process) => process.givenUp)]);
  if (givenUp !== undefined) console.error(givenUp);
  await stack.stop();
  process.exit(givenUp === undefined ? 0 : 1);
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exit(1);
}
