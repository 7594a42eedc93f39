import { ApiProperty } from '@nestjs/swagger';
import type { CountedSession, MemoryStats, SessionFilter } from '@app/chat-memory';
import type { NoticeRecord } from '@app/notifications';
import { QueryBoolean, Satisfies } from '../http/dto.decorators.js';
import { objectIdRule, oneOf } from '../http/dto.rules.js';
import { PageQueryDto } from '../http/page.dto.js';

const SESSION_STATUSES = ['open', 'closed'] as const;
type SessionStatus = (typeof SESSION_STATUSES)[number];

const integer = { type: 'integer', minimum: 0 } as const;

export class ListSessionsQueryDto extends PageQueryDto {
  @Satisfies(objectIdRule, { optional: true })
  customer_id?: string;

  @Satisfies(oneOf(SESSION_STATUSES), { optional: true, api: { enumName: 'SessionStatus' } })
  status?: SessionStatus;

  @QueryBoolean()
  needs_human?: boolean;
}

export function toSessionFilter({ customer_id, status, needs_human }: ListSessionsQueryDto): SessionFilter {
  return {
    ...(customer_id !== undefined && { customerId: customer_id }),
    ...(status !== undefined && { isOpen: status === 'open' }),
    ...(needs_human !== undefined && { needsHuman: needs_human }),
  };
}

export class CustomerQueryDto {
  @Satisfies(objectIdRule)
  customer_id: string;
}

export class SessionResponse {
  session_id: string;
  customer_id: string;
  @ApiProperty({ enum: SESSION_STATUSES, enumName: 'SessionStatus' })
  status: SessionStatus;
  needs_human: boolean;
  @ApiProperty(integer)
  message_count: number;
  started_at: Date;
  last_activity_at: Date;
}

export class SessionPage {
  items: SessionResponse[];
  next_cursor: string | null;
  @ApiProperty({ type: 'integer', required: false })
  total?: number;
}

export class ShortTermStatsResponse {
  /** Whether the conversation stands in Redis now. */
  warm: boolean;
  @ApiProperty(integer)
  tokens: number;
  @ApiProperty(integer)
  ttl_seconds: number;
}

export class LongTermStatsResponse {
  @ApiProperty(integer)
  messages: number;
  @ApiProperty(integer)
  sessions: number;
  @ApiProperty(integer)
  notifications: number;
  @ApiProperty(integer)
  facts: number;
}

export class AssemblyStatsResponse {
  @ApiProperty(integer)
  tokens: number;
  ms: number;
  /** Records that did not fit. */
  @ApiProperty(integer)
  dropped: number;
}

export class MemoryStatsResponse {
  /** Messages in the window, notices among them. */
  @ApiProperty(integer)
  short_term_count: number;
  /** Messages stored, notices among them. */
  @ApiProperty(integer)
  long_term_count: number;
  @ApiProperty(integer)
  total_memory: number;
  short_term: ShortTermStatsResponse;
  long_term: LongTermStatsResponse;
  @ApiProperty({ type: 'string', nullable: true })
  summary: string | null;
  @ApiProperty({ type: AssemblyStatsResponse, nullable: true })
  last_assembly: AssemblyStatsResponse | null;
}

export class ContextNoticeResponse {
  notification_id: string;
  @ApiProperty({ type: 'string', nullable: true })
  subject: string | null;
  body: string;
  notification_type: string;
  sent_at: Date;
  /** The newer notice about the same matter. */
  @ApiProperty({ type: 'string', nullable: true })
  superseded_by: string | null;
}

export class NoticeContextResponse {
  items: ContextNoticeResponse[];
}

export function toSessionResponse(session: CountedSession): SessionResponse {
  return {
    session_id: session.id,
    customer_id: session.customerId,
    status: session.isOpen ? 'open' : 'closed',
    needs_human: session.needsHuman,
    message_count: session.messageCount,
    started_at: session.createdAt,
    last_activity_at: session.lastActivityAt,
  };
}

export function toMemoryStatsResponse({ shortTerm, longTerm, lastAssembly }: MemoryStats): MemoryStatsResponse {
  return {
    short_term_count: shortTerm.messages,
    long_term_count: longTerm.messages,
    total_memory: shortTerm.messages + longTerm.messages,
    short_term: { warm: shortTerm.warm, tokens: shortTerm.tokens, ttl_seconds: shortTerm.ttlSeconds },
    long_term: longTerm,
    summary: null,
    last_assembly: lastAssembly,
  };
}

export function toNoticeContextResponse(notices: readonly NoticeRecord[]): NoticeContextResponse {
  return {
    items: notices.map(({ id, subject, body, notificationType, sentAt, supersededBy }) => ({
      notification_id: id,
      subject,
      body,
      notification_type: notificationType,
      sent_at: sentAt,
      superseded_by: supersededBy,
    })),
  };
}
