import type { SessionDocument, TurnClaim } from './session.schema.js';

/** One conversation with a customer: open until it has been idle for half an hour or is closed. */
export interface Session {
  id: string;
  customerId: string;
  isOpen: boolean;
  lang: string | null;
  lastSeq: number;
  lastActivityAt: Date;
  needsHuman: boolean;
  turn: TurnClaim | null;
  createdAt: Date;
}

/** Which sessions a listing shows. */
export interface SessionFilter {
  customerId?: string;
  isOpen?: boolean;
  needsHuman?: boolean;
}

export function toSession(document: SessionDocument): Session {
  return {
    id: document._id.toHexString(),
    customerId: document.customerId.toHexString(),
    isOpen: document.isOpen,
    lang: document.lang ?? null,
    lastSeq: document.lastSeq,
    lastActivityAt: document.lastActivityAt,
    needsHuman: document.needsHuman,
    turn: document.turn ?? null,
    createdAt: document.createdAt,
  };
}
