import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Types } from 'mongoose';

/** `begun`: to be forgotten; `erased`: forgotten once, late writers may still follow; `done`: nothing is left. */
export type ErasureState = 'begun' | 'erased' | 'done';

/** That somebody was forgotten. Who it was stands here only until it is done; the HMAC tells the same id again, never the id itself. */
@Schema({ collection: 'erasures', versionKey: false, minimize: false })
export class ErasureRecord {
  _id: Types.ObjectId;

  @Prop({ type: String, required: true })
  subjectHmac: string;

  @Prop({ type: String })
  customerId?: string;

  @Prop({ type: String })
  emailKey?: string;

  /** The versions of the customer that the request named: at another one they are not forgotten. Absent where any will do. */
  @Prop({ type: [Number], default: undefined })
  versions?: number[];

  @Prop({ type: String, required: true })
  state: ErasureState;

  /** What was deleted, by kind. */
  @Prop({ type: Object, required: true })
  counts: Record<string, number>;

  @Prop({ type: Date, required: true })
  createdAt: Date;

  @Prop({ type: Date, required: true })
  updatedAt: Date;

  /** When everything had been deleted for the first time. */
  @Prop({ type: Date })
  erasedAt?: Date;

  @Prop({ type: Date })
  doneAt?: Date;
}

export const ErasureSchema = SchemaFactory.createForClass(ErasureRecord);
ErasureSchema.index({ subjectHmac: 1 }, { unique: true });
ErasureSchema.index({ state: 1, createdAt: 1 });
