import { Global, Module, type DynamicModule } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { createConnection, type Connection } from 'mongoose';
import { guardDriverWrites } from './driver-writes.js';
import { MONGO_PATIENCE, MongoConnector, type MongoPatience } from './mongo.connector.js';

guardDriverWrites();

/** An unopened connection: {@link MongoConnector} opens it and keeps trying, so that a process starts without its database. */
const connection = {
  provide: getConnectionToken(),
  useFactory: (): Connection => {
    const unopened = createConnection();
    unopened.set('autoIndex', false);
    unopened.set('autoCreate', false);
    unopened.set('bufferCommands', false);
    return unopened;
  },
};

/** The one Mongoose connection of the process, under the default token of `@nestjs/mongoose`. */
@Global()
@Module({ providers: [connection, MongoConnector], exports: [connection, MongoConnector] })
export class MongoModule {
  static forRoot(patience: MongoPatience): DynamicModule {
    return { module: MongoModule, providers: [{ provide: MONGO_PATIENCE, useValue: patience }] };
  }
}
