import { once } from 'node:events';
import { readEnvironment } from '@app/config';
import { Stack, StackError } from './stack.js';

const env = readEnvironment();

try {
  const stopAsked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  const stack = await Stack.start({
    port: Number(env['PORT'] || '8000'),
    workerPort: Number(env['WORKER_PORT'] || '8001'),
    dataDir: env['DATA_DIR'] || '.data',
    workers: Number(env['WORKERS'] || '1'),
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
