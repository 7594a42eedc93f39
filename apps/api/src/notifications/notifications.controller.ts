import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@app/common';
import { DeliveryService, DeliveryStatsService, HistoryService, NoticeService } from '@app/notifications';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../http/actor.decorator.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { ObjectIdPipe } from '../http/id.pipes.js';
import { toPageRequest, toPageResponse } from '../http/page.dto.js';
import {
  ListHistoryQueryDto,
  NotificationPage,
  NotificationResponse,
  NotificationStatsQueryDto,
  NotificationStatsResponse,
  PreviewNotificationDto,
  PreviewResponse,
  ReceiptDto,
  toHistoryFilter,
  toNotificationResponse,
  toPreviewRequest,
  toPreviewResponse,
  toStatsFilter,
  toStatsResponse,
} from './notifications.dto.js';
import { SendNotificationDto, SendStartedResponse, toSendRequest, toSendStartedResponse } from './send.dto.js';

@ApiTags('notifications')
@Controller('notifications')
export class NotificationsController {
  constructor(
    private readonly deliveries: DeliveryService,
    private readonly notices: NoticeService,
    private readonly ledger: HistoryService,
    private readonly statistics: DeliveryStatsService,
  ) {}

  @Endpoint({
    operationId: 'previewNotification',
    summary: 'A notice as it would be sent',
    returns: PreviewResponse,
    problems: [404, 422],
  })
  @Post('preview')
  async preview(@Body() body: PreviewNotificationDto): Promise<PreviewResponse> {
    return toPreviewResponse(await this.notices.preview(toPreviewRequest(body)));
  }

  @Endpoint({
    operationId: 'sendNotification',
    summary: 'Send a notification to many customers, in the background',
    returns: SendStartedResponse,
    status: 202,
    problems: [404, 409, 422],
  })
  @Post('send')
  async send(
    @Body() body: SendNotificationDto,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SendStartedResponse> {
    const started = await this.deliveries.start(toSendRequest(body), actor);
    void reply.header('location', `/tasks/${started.task.jobId}`);
    return toSendStartedResponse(started, body.notification_config_id);
  }

  @Endpoint({ operationId: 'listNotificationHistory', summary: 'The delivery ledger, newest first', returns: NotificationPage })
  @Get('history')
  async history(@Query() query: ListHistoryQueryDto): Promise<NotificationPage> {
    return toPageResponse(await this.ledger.list(toHistoryFilter(query), toPageRequest(query)), toNotificationResponse);
  }

  @Endpoint({ operationId: 'getNotificationStats', summary: 'What became of notices, in numbers', returns: NotificationStatsResponse })
  @Get('stats')
  async stats(@Query() query: NotificationStatsQueryDto): Promise<NotificationStatsResponse> {
    return toStatsResponse(await this.statistics.stats(toStatsFilter(query)));
  }

  @Endpoint({
    operationId: 'recordNotificationReceipt',
    summary: 'Record that a notice was delivered or read',
    returns: NotificationResponse,
    problems: [404, 409, 422],
  })
  @Post(':id/receipts')
  async recordReceipt(@Param('id', ObjectIdPipe) id: string, @Body() { event, at }: ReceiptDto): Promise<NotificationResponse> {
    return toNotificationResponse(await this.ledger.recordReceipt(id, event, at));
  }
}
