import { Schema, type Types } from 'mongoose';

export const SESSIONS = 'chat_sessions';

/** Who may write the next turn of a session, and until when without a renewal. */
export interface TurnClaim {
  turnId: string;
  token: string;
  until: Date;
}

export interface SessionDocument {
  _id: Types.ObjectId;
  customerId: Types.ObjectId;
  isOpen: boolean;
  lang?: string;
  /** The highest `seq` of its messages, possibly a little behind: a writer that finds it taken takes the next. */
  lastSeq: number;
  lastActivityAt: Date;
  needsHuman: boolean;
  turn?: TurnClaim;
  createdAt: Date;
  updatedAt: Date;
}

const turnSchema = new Schema<TurnClaim>(
  { turnId: { type: String, required: true }, token: { type: String, required: true }, until: { type: Date, required: true } },
  { _id: false },
);

export const sessionSchema = new Schema<SessionDocument>(
  {
    customerId: { type: Schema.Types.ObjectId, required: true },
    isOpen: { type: Boolean, required: true },
    lang: String,
    lastSeq: { type: Number, required: true },
    lastActivityAt: { type: Date, required: true },
    needsHuman: { type: Boolean, required: true },
    turn: turnSchema,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: SESSIONS, versionKey: false },
);

// A customer has at most one open session; whoever opens a second one meets this index.
sessionSchema.index({ customerId: 1 }, { unique: true, partialFilterExpression: { isOpen: true } });
sessionSchema.index({ customerId: 1, lastActivityAt: 1, _id: 1 });
sessionSchema.index({ lastActivityAt: 1, _id: 1 });
sessionSchema.index({ isOpen: 1, lastActivityAt: 1, _id: 1 });
sessionSchema.index({ needsHuman: 1, lastActivityAt: 1, _id: 1 });
sessionSchema.index({ 'turn.until': 1 }, { partialFilterExpression: { 'turn.until': { $exists: true } } });
