import type { Session } from './session.js';
import type { NewMessage } from './message.repository.js';

/** A rendered notice on its way into a customer's chat. */
export interface NoticeDelivery {
  notificationId: string;
  customerId: string;
  text: string;
  fold: string;
  terms: string[];
  lang: string;
  createdAt: Date;
}

/** Where a notice stands in a customer's chat. */
export interface DeliveredNotice {
  sessionId: string;
  messageId: string;
}

export function toNoticeMessage({ notificationId, customerId, createdAt, ...content }: NoticeDelivery, sessionId: string): NewMessage {
  return { ...content, notificationId, customerId, sessionId, role: 'notification', kind: 'notice', status: 'complete', createdAt };
}

/** The notices still to be stored in one session, and the number the first of them will try. */
export interface NoticeLane {
  session: Session;
  nextSeq: number;
  waiting: NoticeDelivery[];
}

/** One lane per customer. A lane stores one notice at a time, so a refused one leaves no gap in the numbers. */
export function toLanes(notices: readonly NoticeDelivery[], sessions: ReadonlyMap<string, Session>): NoticeLane[] {
  const lanes = new Map<string, NoticeLane>();
  for (const notice of notices) {
    const session = sessions.get(notice.customerId);
    if (!session) continue;
    const lane = lanes.get(session.id) ?? { session, nextSeq: session.lastSeq + 1, waiting: [] };
    lane.waiting.push(notice);
    lanes.set(session.id, lane);
  }
  return [...lanes.values()];
}
