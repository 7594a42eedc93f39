import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Types } from 'mongoose';
import type { StoredReply } from './idempotency.js';

/** How long a key is remembered. */
export const KEPT_SECONDS = 86_400;

/** A request that was made under a key, and its reply once there is one that is kept. */
@Schema({ collection: 'idempotency_keys', versionKey: false })
export class IdempotencyRecord {
  _id: Types.ObjectId;

  /** Whose key it is, and for which route. */
  @Prop({ type: String, required: true })
  scope: string;

  @Prop({ type: String, required: true })
  key: string;

  /** Absent once the person behind it is forgotten. */
  @Prop({ type: String })
  requestHash?: string;

  /** The id of what the request makes, the same for every try. Absent once the person behind it is forgotten. */
  @Prop({ type: String })
  resourceId?: string;

  /** The customer whose data the reply holds. */
  @Prop({ type: String })
  customerId?: string;

  /** Of the request that is under way; its writes are refused once another has taken over. */
  @Prop({ type: String, required: true })
  token: string;

  /** Until then the request under way is waited for. */
  @Prop({ type: Date, required: true })
  until: Date;

  @Prop({ type: Object })
  reply?: StoredReply;

  @Prop({ type: Date, required: true })
  createdAt: Date;
}

export const IdempotencySchema = SchemaFactory.createForClass(IdempotencyRecord);
IdempotencySchema.index({ scope: 1, key: 1 }, { unique: true });
IdempotencySchema.index({ customerId: 1 }, { partialFilterExpression: { customerId: { $exists: true } } });
IdempotencySchema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS });
