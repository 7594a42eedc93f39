export { ConnectionsModule } from './connections.module.js';
export { findPage, type PageQuery } from './find-page.js';
export { insertOne } from './insert-one.js';
export { LoggingModule } from './logging.module.js';
export { MongoConnector } from './mongo.connector.js';
export { isDuplicateKey, isDuplicateOf, isMongoUnavailable, type DuplicateKeyError } from './mongo.errors.js';
export { ProbeService, type Probe } from './probe.service.js';
export { QUEUE_REDIS, REDIS } from './redis.module.js';
export { Sweeper } from './sweeper.js';
