import { Schema, type Types } from 'mongoose';
import type { AssemblyTrace, Citation, MessageKind, MessageRole, MessageStatus, TokenCount } from './message.js';

export const MESSAGES = 'messages';

/** One thing said to or by a customer. Optional fields are absent, never null: partial indexes depend on it. */
export interface MessageDocument {
  _id: Types.ObjectId;
  sessionId: Types.ObjectId;
  customerId: Types.ObjectId;
  seq: number;
  role: MessageRole;
  kind: MessageKind;
  text: string;
  fold: string;
  terms: string[];
  lang?: string;
  status: MessageStatus;
  turnId?: string;
  clientMessageId?: string;
  notificationId?: Types.ObjectId;
  authorId?: string;
  /** Of the claim under which a pending reply is being made. */
  token?: string;
  provider?: string;
  model?: string;
  finishReason?: string;
  usage?: TokenCount;
  latencyMs?: number;
  citations?: Citation[];
  degraded?: string[];
  needsHuman?: boolean;
  trace?: AssemblyTrace;
  createdAt: Date;
  updatedAt: Date;
}

const mixed = Schema.Types.Mixed;
/** Without it Mongoose would store an empty list where there is none. */
const absent = { default: undefined };

export const messageSchema = new Schema<MessageDocument>(
  {
    sessionId: { type: Schema.Types.ObjectId, required: true },
    customerId: { type: Schema.Types.ObjectId, required: true },
    seq: { type: Number, required: true },
    role: { type: String, required: true },
    kind: { type: String, required: true },
    text: { type: String, default: '' },
    fold: { type: String, default: '' },
    terms: [String],
    lang: String,
    status: { type: String, required: true },
    turnId: String,
    clientMessageId: String,
    notificationId: Schema.Types.ObjectId,
    authorId: String,
    token: String,
    provider: String,
    model: String,
    finishReason: String,
    usage: mixed,
    latencyMs: Number,
    citations: { type: [mixed], ...absent },
    degraded: { type: [String], ...absent },
    needsHuman: Boolean,
    trace: mixed,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: MESSAGES, versionKey: false },
);

messageSchema.index({ sessionId: 1, seq: 1 }, { unique: true });
messageSchema.index({ notificationId: 1 }, { unique: true, partialFilterExpression: { notificationId: { $exists: true } } });
messageSchema.index(
  { customerId: 1, clientMessageId: 1 },
  { unique: true, partialFilterExpression: { clientMessageId: { $exists: true } } },
);
messageSchema.index({ turnId: 1, role: 1 }, { unique: true, partialFilterExpression: { turnId: { $exists: true } } });
messageSchema.index({ customerId: 1, createdAt: 1, _id: 1 });
