import { createReadStream } from 'node:fs';
import type { AnyBulkWriteOperation, Collection, Db, Document } from 'mongodb';
import Papa from 'papaparse';

export const BATCH = 1_000;

/** Seconds that the work takes. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

/** An empty collection with the indexes of another. */
export async function twinOf(db: Db, name: string): Promise<Collection> {
  const twin = db.collection(`floor_${name}`);
  await twin.drop().catch(() => undefined);
  const indexes = await db.collection(name).indexes();
  for (const { key, name: indexName, v: _, ns: __, ...options } of indexes) {
    if (indexName !== '_id_') await twin.createIndex(key, options);
  }
  return twin;
}

export async function bulkWriteAll(target: Collection, operations: readonly AnyBulkWriteOperation[]): Promise<void> {
  for (let from = 0; from < operations.length; from += BATCH) {
    await target.bulkWrite(operations.slice(from, from + BATCH), { ordered: false });
  }
}

export const inserts = (documents: readonly Document[]): AnyBulkWriteOperation[] =>
  documents.map((document) => ({ insertOne: { document } }));

/** Seconds for papaparse over the file, with what `write` does of the documents that came out of its rows: what an import cannot be faster than. */
export function parsingFloor(
  file: string,
  documents: readonly Document[],
  write: (part: readonly Document[]) => Promise<void>,
): Promise<number> {
  return timed(async () => {
    let parsed = 0;
    await new Promise<void>((resolve, reject) => {
      Papa.parse(createReadStream(file, { encoding: 'utf8' }), {
        header: true,
        chunk: ({ data }: Papa.ParseResult<unknown>, parser) => {
          const part = documents.slice(parsed, parsed + data.length);
          parsed += data.length;
          parser.pause();
          write(part).then(() => parser.resume(), reject);
        },
        complete: () => resolve(),
        error: reject,
      });
    });
    if (parsed < documents.length) throw new Error(`The floor parsed ${parsed} of ${documents.length} rows`);
  });
}
