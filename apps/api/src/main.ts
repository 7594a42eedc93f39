import 'reflect-metadata';
import { ConfigError, loadConfig, type Config } from '@app/config';
import { createApp } from './app.setup.js';

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const app = await createApp(config);
app.enableShutdownHooks(undefined, { useProcessExit: true });
await app.listen({ port: config.port, host: config.host });
