import type { Model, Types } from 'mongoose';

/** A document as it is stored. */
export type Inserted<T> = T & { _id: Types.ObjectId };

/**
 * Stores one document, checked and cast by its schema, with its timestamps, and gives it back as it is stored. Duplicate
 * keys come as the driver's own error.
 */
export async function insertOne<T>(model: Model<T>, fields: Partial<T>): Promise<Inserted<T>> {
  const document = await new model(fields).save();
  return document.toObject() as Inserted<T>;
}
