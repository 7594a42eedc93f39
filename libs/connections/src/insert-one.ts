import type { HydratedDocument, Model, Types } from 'mongoose';

/** A document as it is stored. */
export type Inserted<T> = T & { _id: Types.ObjectId };

/**
 * Stores one document, checked and cast by its schema, with its timestamps, and gives it back as it is stored. Duplicate
 * keys come as the driver's own error. The way to insert: the promise of Mongoose's `create` and `save` never settles when
 * the connection is lost at that moment (seen with Mongoose 9.12), and the request behind it would hang.
 */
export async function insertOne<T>(model: Model<T>, fields: Partial<T>): Promise<Inserted<T>> {
  const document = new model(fields) as HydratedDocument<T> & { initializeTimestamps?(): void };
  document.initializeTimestamps?.();
  await document.validate();
  const stored = document.toObject() as Inserted<T>;
  // The driver's own collection: Mongoose's waits for a reconnection where the driver gives up in time.
  await model.db.getClient().db(model.db.name).collection(model.collection.name).insertOne(stored);
  return stored;
}
