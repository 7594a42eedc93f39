import { mongo } from 'mongoose';
import { DUPLICATE_KEY } from './mongo.errors.js';

/**
 * Waits for an unordered insert of many; gives the indexes of the documents that a unique index refused. Raises the error
 * where any document failed for another reason: its own code is only that of the first.
 */
export async function duplicatesOf(inserting: Promise<unknown>): Promise<Set<number>> {
  try {
    await inserting;
    return new Set();
  } catch (error) {
    return duplicatesIn(error);
  }
}

/** The indexes of the writes that a unique index refused, of an unordered bulk write that failed of nothing else; raises other errors. */
export function duplicatesIn(error: unknown): Set<number> {
  const refusals = error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat() : [];
  if (refusals.length === 0 || refusals.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return new Set(refusals.map(({ index }) => index));
}
