import 'reflect-metadata';
import { loadConfig } from '@app/config';
import { createApp } from './app.setup.js';

const config = loadConfig();
const app = await createApp(config);
app.enableShutdownHooks(undefined, { useProcessExit: true });
await app.listen({ port: config.port, host: config.host });
