import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Types } from 'mongoose';

/** A customer as it is stored. An optional field is absent, never null. */
@Schema({ collection: 'customers', versionKey: false, minimize: false })
export class CustomerRecord {
  _id: Types.ObjectId;

  @Prop({ type: String, required: true })
  email: string;

  /** What uniqueness is judged by; absent once the customer is erased. */
  @Prop({ type: String })
  emailKey?: string;

  @Prop({ type: String, required: true })
  fullName: string;

  @Prop({ type: String })
  phone?: string;

  /** E.164. */
  @Prop({ type: String })
  phoneKey?: string;

  @Prop({ type: String })
  company?: string;

  @Prop({ type: String })
  position?: string;

  @Prop({ type: String })
  address?: string;

  @Prop({ type: String })
  city?: string;

  @Prop({ type: String })
  country?: string;

  @Prop({ type: String, required: true })
  language: string;

  @Prop({ type: [String], required: true })
  tags: string[];

  /** Set whole, never by path: its keys may hold dots. */
  @Prop({ type: Object, required: true })
  metadata: Record<string, string>;

  @Prop({ type: Boolean, required: true })
  isActive: boolean;

  /** See {@link searchTokens}. */
  @Prop({ type: [String], required: true })
  searchTokens: string[];

  /** Raised by every change; changes are compare-and-set on it. */
  @Prop({ type: Number, required: true })
  version: number;

  /** The import that created the customer. */
  @Prop({ type: String })
  importJobId?: string;

  /** The import batch that wrote last, as `jobId:batch`. */
  @Prop({ type: String })
  importMark?: string;

  /** Present once the customer is being erased: absent to every read from then on. */
  @Prop({ type: Date })
  erasedAt?: Date;

  @Prop({ type: Date, required: true })
  createdAt: Date;

  @Prop({ type: Date, required: true })
  updatedAt: Date;
}

export const CustomerSchema = SchemaFactory.createForClass(CustomerRecord);
CustomerSchema.index({ emailKey: 1 }, { unique: true, partialFilterExpression: { emailKey: { $exists: true } } });
CustomerSchema.index({ createdAt: 1, _id: 1 });
CustomerSchema.index({ fullName: 1, _id: 1 });
CustomerSchema.index({ tags: 1, _id: 1 });
CustomerSchema.index({ company: 1, _id: 1 });
CustomerSchema.index({ city: 1, _id: 1 });
CustomerSchema.index({ searchTokens: 1, _id: 1 });
