import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Actor } from '@app/common';
import { NotificationConfigService } from '@app/notifications';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../http/actor.decorator.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { ObjectIdPipe } from '../http/id.pipes.js';
import { toPageRequest, toPageResponse } from '../http/page.dto.js';
import {
  ListNotificationConfigsQueryDto,
  NotificationConfigDto,
  NotificationConfigPage,
  NotificationConfigResponse,
  PatchNotificationConfigDto,
  toConfigFilter,
  toConfigInput,
  toConfigPatch,
  toConfigResponse,
} from './notification-configs.dto.js';

const MERGE_PATCH = ['application/json', 'application/merge-patch+json'];

@ApiTags('notifications')
@Controller('notifications/config')
export class NotificationConfigsController {
  constructor(private readonly configs: NotificationConfigService) {}

  @Endpoint({
    operationId: 'createNotificationConfig',
    summary: 'Add a notification config; its templates are checked',
    returns: NotificationConfigResponse,
    status: 201,
    problems: [409, 422],
  })
  @Post()
  async create(
    @Body() body: NotificationConfigDto,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NotificationConfigResponse> {
    const config = await this.configs.create(toConfigInput(body), actor);
    void reply.header('location', `/notifications/config/${config.id}`);
    return toConfigResponse(config);
  }

  @Endpoint({ operationId: 'listNotificationConfigs', summary: 'Notification configs, newest first', returns: NotificationConfigPage })
  @Get()
  async list(@Query() query: ListNotificationConfigsQueryDto): Promise<NotificationConfigPage> {
    return toPageResponse(await this.configs.list(toConfigFilter(query), toPageRequest(query)), toConfigResponse);
  }

  @Endpoint({
    operationId: 'getNotificationConfig',
    summary: 'One notification config',
    returns: NotificationConfigResponse,
    problems: [404],
  })
  @Get(':id')
  async get(@Param('id', ObjectIdPipe) id: string): Promise<NotificationConfigResponse> {
    return toConfigResponse(await this.configs.get(id));
  }

  @Endpoint({
    operationId: 'replaceNotificationConfig',
    summary: 'Replace a notification config by a new version',
    returns: NotificationConfigResponse,
    problems: [404, 409, 422],
  })
  @Put(':id')
  async replace(@Param('id', ObjectIdPipe) id: string, @Body() body: NotificationConfigDto): Promise<NotificationConfigResponse> {
    return toConfigResponse(await this.configs.replace(id, toConfigInput(body)));
  }

  @Endpoint({
    operationId: 'updateNotificationConfig',
    summary: 'Change parts of a notification config in a new version',
    returns: NotificationConfigResponse,
    problems: [404, 409, 422],
    consumes: MERGE_PATCH,
  })
  @ApiConsumes(...MERGE_PATCH)
  @Patch(':id')
  async update(@Param('id', ObjectIdPipe) id: string, @Body() body: PatchNotificationConfigDto): Promise<NotificationConfigResponse> {
    return toConfigResponse(await this.configs.merge(id, toConfigPatch(body)));
  }

  @Endpoint({
    operationId: 'deleteNotificationConfig',
    summary: 'Remove a notification config that no send is using',
    status: 204,
    problems: [404, 409],
  })
  @Delete(':id')
  async remove(@Param('id', ObjectIdPipe) id: string): Promise<void> {
    await this.configs.remove(id);
  }
}
