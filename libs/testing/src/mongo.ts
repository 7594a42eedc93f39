import { randomUUID } from 'node:crypto';
import { startEmbeddedMongo, type EmbeddedMongo } from '@app/embedded-mongo';
import { createConnection, type Connection } from 'mongoose';

const given = process.env['TEST_MONGODB_URL'] ?? '';

/** The tests' own database, which they may hang and kill; a server of somebody else's is left alone. */
export const isEmbedded = given === '';

let embedded: Promise<EmbeddedMongo> | undefined;

/** Where the tests' database listens: `TEST_MONGODB_URL`, else one embedded server for this test file. */
export async function mongoUrl(): Promise<string> {
  if (!isEmbedded) return given;
  embedded ??= startEmbeddedMongo();
  return (await embedded).url;
}

/** A database of its own on the tests' server. */
export interface TestDatabase {
  connection: Connection;
  url: string;
  name: string;
  /** Makes the indexes of every model registered on the connection. */
  ensureIndexes(): Promise<void>;
  /** Drops the database and closes the connection, and with the last one the embedded server. */
  close(): Promise<void>;
}

let open = 0;

export async function testDatabase(): Promise<TestDatabase> {
  const url = await mongoUrl();
  const name = `test_${randomUUID().slice(0, 8)}`;
  const connection = await createConnection(url, { dbName: name, autoIndex: false, autoCreate: false, bufferCommands: false }).asPromise();
  open += 1;
  return {
    connection,
    url,
    name,
    ensureIndexes: async () => {
      await Promise.all(Object.values(connection.models).map((model) => model.createIndexes()));
    },
    close: async () => {
      await connection.dropDatabase();
      await connection.close();
      open -= 1;
      if (open === 0) await stopMongo();
    },
  };
}

/** Stops this file's embedded server, if one was started. */
export async function stopMongo(): Promise<void> {
  const server = await embedded;
  embedded = undefined;
  await server?.close();
}
