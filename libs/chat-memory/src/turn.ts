import type { Message, MessageKind, ReplyDetails } from './message.js';
import type { Session } from './session.js';

/** A message of a customer that wants an answer. `content` is NFC-normalised. */
export interface TurnRequest {
  customerId: string;
  content: string;
  lang: string | null;
  /** The customer's open session, else a new one, when left out. */
  sessionId?: string;
  /** The caller's own id of the message: sent again, it is the same turn. */
  clientMessageId?: string;
}

/** The right to answer one message, and the places of the message and its answer. */
export interface Turn {
  turnId: string;
  token: string;
  session: Session;
  message: Message;
  reply: Message;
  /** An earlier try to answer this message failed. */
  isResumed: boolean;
}

/** A turn to be answered, or one that was: then the message and the stored reply. */
export type TurnStart = { isAnswered: false; turn: Turn } | { isAnswered: true; message: Message; reply: Message };

/** An answer on its way into the conversation. */
export interface TurnAnswer {
  text: string;
  kind: Extract<MessageKind, 'chat' | 'fallback'>;
  status: 'complete' | 'partial';
  lang: string;
  details: ReplyDetails;
}
