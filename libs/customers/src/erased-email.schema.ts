import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** Longer than any upload is kept. */
const KEPT_SECONDS = 30 * 86_400;

/** That somebody was erased lately: without the secret, addresses cannot be tried out on it. */
@Schema({ collection: 'erased_emails', versionKey: false })
export class ErasedEmailRecord {
  @Prop({ type: String, required: true })
  emailHmac: string;

  @Prop({ type: Date, required: true })
  erasedAt: Date;
}

export const ErasedEmailSchema = SchemaFactory.createForClass(ErasedEmailRecord);
ErasedEmailSchema.index({ emailHmac: 1 }, { unique: true });
ErasedEmailSchema.index({ erasedAt: 1 }, { expireAfterSeconds: KEPT_SECONDS });
