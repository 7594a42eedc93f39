import { randomUUID } from 'node:crypto';
import { MongoClient, MongoServerError, type Db } from 'mongodb';
import { startEmbeddedMongo } from './index.js';

export const isEmbedded = !process.env['TEST_MONGODB_URL'];

/** For what only makes sense on the embedded database: kills, frames, its own refusals. */
export const describeEmbedded = isEmbedded ? describe : describe.skip;
export const itEmbedded = isEmbedded ? it : it.skip;

export interface LiveServer {
  url: string;
  client: MongoClient;
  db: Db;
  /** Whether it is one of ours, in this process or in another; it may refuse what a MongoDB answers. */
  isOurs: boolean;
  close(): Promise<void>;
}

/** A connected client on the server under test, with a database of its own. */
export async function openServer(): Promise<LiveServer> {
  const given = process.env['TEST_MONGODB_URL'];
  const embedded = given ? undefined : await startEmbeddedMongo();
  const url = given ?? embedded?.url ?? '';
  const client = await new MongoClient(url, { serverSelectionTimeoutMS: 5_000 }).connect();
  const { gitVersion } = await client.db('admin').command({ buildInfo: 1 });
  const db = client.db(`em_${randomUUID().slice(0, 8)}`);
  return {
    url,
    client,
    db,
    isOurs: gitVersion === 'embedded-mongo',
    async close() {
      await db.dropDatabase();
      await client.close();
      await embedded?.close();
    },
  };
}

/** The code, name and text of the refusal that a promise ends in. */
export async function refusal(promise: Promise<unknown>): Promise<{ code: unknown; codeName: unknown; message: string }> {
  const error = await promise.then(
    (value) => new Error(`expected a refusal, got ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof MongoServerError)) throw error as Error;
  return { code: error.code, codeName: error.codeName, message: error.message };
}
