import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ChatService, ConversationService } from '@app/chat';
import type { Actor } from '@app/common';
import { CurrentActor } from '../http/actor.decorator.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { ObjectIdPipe } from '../http/id.pipes.js';
import { toPageRequest, toPageResponse } from '../http/page.dto.js';
import {
  CustomerQueryDto,
  ListSessionsQueryDto,
  MemoryStatsResponse,
  NoticeContextResponse,
  SessionPage,
  toMemoryStatsResponse,
  toNoticeContextResponse,
  toSessionFilter,
  toSessionResponse,
} from './conversations.dto.js';
import {
  AnswerResponse,
  HistoryQueryDto,
  MessagePage,
  MessageResponse,
  SendMessageDto,
  StaffReplyDto,
  toAnswerResponse,
  toHistoryFilter,
  toMessageResponse,
  toReplyTarget,
  toSendMessage,
} from './messages.dto.js';

@ApiTags('messages')
@Controller('messages')
export class MessagesController {
  constructor(
    private readonly chat: ChatService,
    private readonly conversations: ConversationService,
  ) {}

  @Endpoint({
    operationId: 'sendMessage',
    summary: 'A message of a customer, answered by the assistant',
    returns: AnswerResponse,
    problems: [404, 409, 422],
  })
  @Post('send')
  async send(@Body() body: SendMessageDto): Promise<AnswerResponse> {
    return toAnswerResponse(await this.chat.send(toSendMessage(body)));
  }

  @Endpoint({
    operationId: 'replyAsStaff',
    summary: 'A member of staff answers in the conversation',
    returns: MessageResponse,
    status: 201,
    problems: [404, 409],
  })
  @Post('reply')
  async reply(@Body() body: StaffReplyDto, @CurrentActor() actor: Actor): Promise<MessageResponse> {
    return toMessageResponse(await this.conversations.reply(toReplyTarget(body), body.content, actor));
  }

  @Endpoint({
    operationId: 'listMessages',
    summary: 'What was said, newest page first, oldest message first within a page',
    returns: MessagePage,
    problems: [404],
  })
  @Get('history')
  async history(@Query() query: HistoryQueryDto): Promise<MessagePage> {
    return toPageResponse(await this.conversations.history(toHistoryFilter(query), toPageRequest(query)), toMessageResponse);
  }

  @Endpoint({ operationId: 'deleteHistory', summary: 'Remove a session with all its messages', status: 204, problems: [404] })
  @Delete('history/:session_id')
  async deleteHistory(@Param('session_id', ObjectIdPipe) sessionId: string): Promise<void> {
    await this.conversations.deleteHistory(sessionId);
  }

  @Endpoint({ operationId: 'listSessions', summary: 'Conversations, the latest active first', returns: SessionPage, problems: [404] })
  @Get('sessions')
  async sessions(@Query() query: ListSessionsQueryDto): Promise<SessionPage> {
    return toPageResponse(await this.conversations.listSessions(toSessionFilter(query), toPageRequest(query)), toSessionResponse);
  }

  @Endpoint({
    operationId: 'closeSession',
    summary: 'End a conversation; the next message opens a new one',
    status: 204,
    problems: [404],
  })
  @Post('sessions/:session_id/close')
  async close(@Param('session_id', ObjectIdPipe) sessionId: string): Promise<void> {
    await this.conversations.closeSession(sessionId);
  }

  @Endpoint({
    operationId: 'getMemoryStats',
    summary: 'How much is remembered of a customer',
    returns: MemoryStatsResponse,
    problems: [404],
  })
  @Get('memory/stats')
  async memoryStats(@Query() { customer_id: customerId }: CustomerQueryDto): Promise<MemoryStatsResponse> {
    return toMemoryStatsResponse(await this.conversations.memoryStats(customerId));
  }

  @Endpoint({
    operationId: 'getNoticeContext',
    summary: 'The notices the assistant knows of a customer now',
    returns: NoticeContextResponse,
    problems: [404],
  })
  @Get('notifications/context')
  async noticeContext(@Query() { customer_id: customerId }: CustomerQueryDto): Promise<NoticeContextResponse> {
    return toNoticeContextResponse(await this.conversations.noticeContext(customerId));
  }
}
