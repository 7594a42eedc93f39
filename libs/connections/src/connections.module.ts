import { Global, Module } from '@nestjs/common';
import { MongoModule } from './mongo.module.js';
import { ProbeService } from './probe.service.js';
import { RedisModule } from './redis.module.js';

/** MongoDB, Redis and the probes that ask after them, for every module of the process. */
@Global()
@Module({ imports: [MongoModule, RedisModule], providers: [ProbeService], exports: [ProbeService] })
export class ConnectionsModule {}
