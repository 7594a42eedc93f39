import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { MongoPatience } from './mongo.connector.js';
import { MongoModule } from './mongo.module.js';
import { ProbeService } from './probe.service.js';
import { RedisModule } from './redis.module.js';

/** MongoDB, Redis and the probes that ask after them, for every module of the process. */
@Global()
@Module({ imports: [RedisModule], providers: [ProbeService], exports: [ProbeService] })
export class ConnectionsModule {
  static forRoot(patience: MongoPatience): DynamicModule {
    return { module: ConnectionsModule, imports: [MongoModule.forRoot(patience)] };
  }
}
