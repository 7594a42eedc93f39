import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Types } from 'mongoose';

/** An account as it is stored. `usernameFold` and `emailFold` are what uniqueness is judged by. */
@Schema({ collection: 'users', timestamps: true, versionKey: false })
export class UserRecord {
  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;

  @Prop({ type: String, required: true })
  username: string;

  @Prop({ type: String, required: true })
  usernameFold: string;

  @Prop({ type: String, required: true })
  email: string;

  @Prop({ type: String, required: true })
  emailFold: string;

  @Prop({ type: String, required: true })
  fullName: string;

  @Prop({ type: String, required: true })
  passwordHash: string;

  @Prop({ type: Boolean, required: true })
  isActive: boolean;

  @Prop({ type: Boolean, required: true })
  isSuperuser: boolean;

  /** Raised to end every token given out so far. */
  @Prop({ type: Number, required: true })
  tokenVersion: number;

  /** Present on the very first account only: of two first registrations the unique index lets one win. */
  @Prop({ type: Boolean })
  first?: true;
}

export const UserSchema = SchemaFactory.createForClass(UserRecord);
UserSchema.index({ usernameFold: 1 }, { unique: true });
UserSchema.index({ emailFold: 1 }, { unique: true });
UserSchema.index({ first: 1 }, { unique: true, partialFilterExpression: { first: true } });
