import { ApiProperty } from '@nestjs/swagger';
import { textRule } from '@app/common';
import type { Citation, HistoryFilter, Message, MessageRole, MessageStatus } from '@app/chat-memory';
import type { AnsweredTurn, ReplyTarget, SendMessage } from '@app/chat';
import { Satisfies } from '../http/dto.decorators.js';
import { objectIdRule, oneOf } from '../http/dto.rules.js';
import { PageQueryDto } from '../http/page.dto.js';

const MESSAGE_TYPES = ['text', 'notification'] as const;
type MessageType = (typeof MESSAGE_TYPES)[number];
const ROLES: readonly MessageRole[] = ['user', 'assistant', 'notification', 'staff'];
const STATUSES: readonly MessageStatus[] = ['pending', 'complete', 'partial', 'failed'];

const contentRule = textRule({ min: 1, max: 4_000, multiline: true });
const clientMessageIdRule = textRule({ min: 1, max: 128 });
const integer = { type: 'integer', minimum: 0 } as const;

export class SendMessageDto {
  @Satisfies(objectIdRule)
  customer_id: string;

  @Satisfies(contentRule)
  content: string;

  @Satisfies(oneOf(['text']), { optional: true })
  message_type?: 'text';

  /** The customer's open session, else a new one, when left out. */
  @Satisfies(objectIdRule, { optional: true })
  session_id?: string;

  /** Your own id of this message: sent again with it, the same turn is answered once. */
  @Satisfies(clientMessageIdRule, { optional: true })
  client_message_id?: string;
}

export function toSendMessage({ customer_id, content, session_id, client_message_id }: SendMessageDto): SendMessage {
  return {
    customerId: customer_id,
    content,
    ...(session_id !== undefined && { sessionId: session_id }),
    ...(client_message_id !== undefined && { clientMessageId: client_message_id }),
  };
}

export class HistoryQueryDto extends PageQueryDto {
  @Satisfies(objectIdRule, { optional: true })
  customer_id?: string;

  @Satisfies(objectIdRule, { optional: true })
  session_id?: string;

  @Satisfies(oneOf(MESSAGE_TYPES), { optional: true, api: { enumName: 'MessageType' } })
  message_type?: MessageType;
}

export function toHistoryFilter({ customer_id, session_id, message_type }: HistoryQueryDto): HistoryFilter {
  return {
    ...(customer_id !== undefined && { customerId: customer_id }),
    ...(session_id !== undefined && { sessionId: session_id }),
    ...(message_type !== undefined && { isNotice: message_type === 'notification' }),
  };
}

/** One of `customer_id` and `session_id` is needed. */
export class StaffReplyDto {
  @Satisfies(objectIdRule, { optional: true })
  customer_id?: string;

  @Satisfies(objectIdRule, { optional: true })
  session_id?: string;

  @Satisfies(contentRule)
  content: string;
}

export function toReplyTarget({ customer_id, session_id }: StaffReplyDto): ReplyTarget {
  return { ...(customer_id !== undefined && { customerId: customer_id }), ...(session_id !== undefined && { sessionId: session_id }) };
}

/** Where a statement of the assistant comes from: one of the three ids, and the words it rests on. */
export class CitationResponse {
  notification_id?: string;
  fact_id?: string;
  message_id?: string;
  quote: string;
}

/** Beside the text: what a message belongs to and how a reply was made. Fields that do not apply are absent. */
export class MessageMetadataResponse {
  turn_id?: string;
  notification_id?: string;
  /** The member of staff who wrote it. */
  author_id?: string;
  @ApiProperty({ enum: ['chat', 'notice', 'fallback'], enumName: 'MessageKind' })
  kind: Message['kind'];
  provider?: string;
  model?: string;
  citations?: CitationResponse[];
  degraded?: string[];
  needs_human?: boolean;
}

export class MessageResponse {
  id: string;
  session_id: string;
  customer_id: string;
  @ApiProperty({ enum: ROLES, enumName: 'MessageRole' })
  role: MessageRole;
  content: string;
  @ApiProperty({ enum: MESSAGE_TYPES, enumName: 'MessageType' })
  message_type: MessageType;
  @ApiProperty({ enum: STATUSES, enumName: 'MessageStatus' })
  status: MessageStatus;
  created_at: Date;
  metadata: MessageMetadataResponse;
}

export class MessagePage {
  items: MessageResponse[];
  next_cursor: string | null;
  @ApiProperty({ type: 'integer', required: false })
  total?: number;
}

export class TokenUsageResponse {
  @ApiProperty(integer)
  prompt_tokens: number;
  @ApiProperty(integer)
  completion_tokens: number;
}

/** The assistant's message, and how it came about. */
export class AnswerResponse extends MessageResponse {
  turn_id: string;
  user_message_id: string;
  citations: CitationResponse[];
  provider: string;
  model: string;
  /** What did not work while the answer was made: names of providers, `redis`. */
  degraded: string[];
  /** A person should look at this conversation. */
  needs_human: boolean;
  /** Tokens as the provider counted them; 0 where it counts none. */
  usage: TokenUsageResponse;
}

const toCitationResponse = ({ notificationId, factId, messageId, quote }: Citation): CitationResponse => ({
  ...(notificationId !== undefined && { notification_id: notificationId }),
  ...(factId !== undefined && { fact_id: factId }),
  ...(messageId !== undefined && { message_id: messageId }),
  quote,
});

function toMetadataResponse({ turnId, notificationId, authorId, kind, reply }: Message): MessageMetadataResponse {
  return {
    kind,
    ...(turnId !== null && { turn_id: turnId }),
    ...(notificationId !== null && { notification_id: notificationId }),
    ...(authorId !== null && { author_id: authorId }),
    ...(reply && {
      provider: reply.provider,
      model: reply.model,
      citations: reply.citations.map(toCitationResponse),
      degraded: reply.degraded,
      needs_human: reply.needsHuman,
    }),
  };
}

export function toMessageResponse(message: Message): MessageResponse {
  return {
    id: message.id,
    session_id: message.sessionId,
    customer_id: message.customerId,
    role: message.role,
    content: message.text,
    message_type: message.kind === 'notice' ? 'notification' : 'text',
    status: message.status,
    created_at: message.createdAt,
    metadata: toMetadataResponse(message),
  };
}

export function toAnswerResponse({ turnId, message, reply, details }: AnsweredTurn): AnswerResponse {
  return {
    ...toMessageResponse(reply),
    turn_id: turnId,
    user_message_id: message.id,
    citations: details.citations.map(toCitationResponse),
    provider: details.provider,
    model: details.model,
    degraded: details.degraded,
    needs_human: details.needsHuman,
    usage: { prompt_tokens: details.usage?.promptTokens ?? 0, completion_tokens: details.usage?.completionTokens ?? 0 },
  };
}
