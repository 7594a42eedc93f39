import { mongo } from 'mongoose';

export const DUPLICATE_KEY = 11_000;

/** A write that a unique index refused. `keyPattern` names the index's fields. */
export interface DuplicateKeyError extends Error {
  code: typeof DUPLICATE_KEY;
  keyPattern: Record<string, unknown>;
}

export function isDuplicateKey(error: unknown): error is DuplicateKeyError {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** Whether a unique index over `field` refused the write. */
export function isDuplicateOf(error: unknown, field: string): boolean {
  return isDuplicateKey(error) && field in error.keyPattern;
}

const UNREACHABLE_NAMES = new Set([
  'MongooseServerSelectionError',
  'MongoServerSelectionError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
]);

/** Whether the database could not be reached, as opposed to having refused the command. */
export function isMongoUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    UNREACHABLE_NAMES.has(error.name) ||
    error instanceof mongo.MongoNetworkError ||
    error instanceof mongo.MongoServerSelectionError ||
    error.message.includes('before initial connection is complete') ||
    (error instanceof mongo.MongoBulkWriteError && [error.writeErrors].flat().length === 0) ||
    isMongoUnavailable(error.cause)
  );
}
