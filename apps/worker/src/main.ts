import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ConfigError, loadConfig, type Config } from '@app/config';
import { Logger } from 'nestjs-pino';
import { WorkerModule } from './worker.module.js';

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(readConfig()), { bufferLogs: true });
app.useLogger(app.get(Logger));
app.enableShutdownHooks(undefined, { useProcessExit: true });
