export { ConfigModule } from './config.module.js';
export { environmentSchema, type ProviderName } from './config.schema.js';
export { Config, parseConfig } from './config.js';
export { loadConfig, readEnvironment } from './environment.js';
