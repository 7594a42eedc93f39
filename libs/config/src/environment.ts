import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { parseConfig, type Config } from './config.js';

/** The variables of the process, over those of the `.env` file in the working folder where there is one. */
export function readEnvironment(file = '.env'): Record<string, string | undefined> {
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...fromFile, ...process.env };
}

/** The settings of this process. Raises `ConfigError` naming every fault. */
export function loadConfig(): Config {
  return parseConfig(readEnvironment());
}
