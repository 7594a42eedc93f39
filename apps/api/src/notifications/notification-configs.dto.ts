import { ApiProperty } from '@nestjs/swagger';
import { textRule } from '@app/common';
import {
  bodyTemplateRule,
  configDescriptionRule,
  configNameRule,
  emailTemplateRule,
  NOTIFICATION_TYPES,
  subjectTemplateRule,
  topicVariablesRule,
  type ConfigFilter,
  type ConfigInput,
  type ConfigPatch,
  type NotificationConfig,
  type NotificationType,
  type TemplateVariable,
} from '@app/notifications';
import { QueryBoolean, Satisfies } from '../http/dto.decorators.js';
import { booleanRule, oneOf } from '../http/dto.rules.js';
import { PageQueryDto } from '../http/page.dto.js';

export const notificationType = { enumName: 'NotificationType' } as const;
const CLEARABLE = { optional: true, nullable: true } as const;

/** A notification config as a whole. What is left out, or null, takes its default. */
export class NotificationConfigDto {
  /** Unique, whatever its case. */
  @Satisfies(configNameRule)
  name: string;

  @Satisfies(configDescriptionRule, CLEARABLE)
  description?: string | null;

  /** A template of one line. */
  @Satisfies(subjectTemplateRule, CLEARABLE)
  subject?: string | null;

  /** A template: `{name}` or `{{ name | filter }}`, `{% if %}`, `{% for %}`. */
  @Satisfies(bodyTemplateRule)
  body_template: string;

  /** Checked and kept, never sent. */
  @Satisfies(emailTemplateRule, CLEARABLE)
  email_template?: string | null;

  @Satisfies(oneOf(NOTIFICATION_TYPES), { optional: true, api: { ...notificationType, default: 'info' } })
  notification_type?: NotificationType;

  /** The data variables that say what matter a notice is about. Left out: every data value that is no figure. */
  @Satisfies(topicVariablesRule, CLEARABLE)
  topic_variables?: string[] | null;

  @Satisfies(booleanRule, { optional: true, api: { default: true } })
  is_active?: boolean;
}

/** A change of a notification config (RFC 7396): absent keeps, null clears. */
export class PatchNotificationConfigDto {
  @Satisfies(configNameRule, { optional: true })
  name?: string;

  @Satisfies(configDescriptionRule, CLEARABLE)
  description?: string | null;

  @Satisfies(subjectTemplateRule, CLEARABLE)
  subject?: string | null;

  @Satisfies(bodyTemplateRule, { optional: true })
  body_template?: string;

  @Satisfies(emailTemplateRule, CLEARABLE)
  email_template?: string | null;

  @Satisfies(oneOf(NOTIFICATION_TYPES), { optional: true, api: notificationType })
  notification_type?: NotificationType;

  @Satisfies(topicVariablesRule, CLEARABLE)
  topic_variables?: string[] | null;

  @Satisfies(booleanRule, { optional: true })
  is_active?: boolean;
}

export class ListNotificationConfigsQueryDto extends PageQueryDto {
  /** Every word of it stands somewhere in name or description. */
  @Satisfies(textRule({ min: 0, max: 200 }), { optional: true })
  search?: string;

  @Satisfies(oneOf(NOTIFICATION_TYPES), { optional: true, api: notificationType })
  notification_type?: NotificationType;

  @QueryBoolean()
  is_active?: boolean;
}

export class TemplateVariableResponse {
  name: string;
  /** Printed somewhere without a default and without a condition on it. */
  required: boolean;
  @ApiProperty({ enum: ['customer', 'data'] })
  source: 'customer' | 'data';
}

export class NotificationConfigResponse {
  @ApiProperty({ pattern: '^[0-9a-f]{24}$' })
  id: string;
  name: string;
  description: string | null;
  subject: string | null;
  body_template: string;
  email_template: string | null;
  @ApiProperty({ enum: NOTIFICATION_TYPES, ...notificationType })
  notification_type: NotificationType;
  is_active: boolean;
  @ApiProperty({ type: 'array', items: { type: 'string' }, nullable: true })
  topic_variables: string[] | null;
  variables: TemplateVariableResponse[];
  @ApiProperty({ type: 'integer', minimum: 1 })
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export class NotificationConfigPage {
  items: NotificationConfigResponse[];
  next_cursor: string | null;
  @ApiProperty({ type: 'integer', required: false })
  total?: number;
}

export const toVariableResponse = ({ name, required, source }: TemplateVariable): TemplateVariableResponse => ({ name, required, source });

export function toConfigInput(body: NotificationConfigDto): ConfigInput {
  return {
    name: body.name,
    bodyTemplate: body.body_template,
    ...(body.description && { description: body.description }),
    ...(body.subject && { subject: body.subject }),
    ...(body.email_template && { emailTemplate: body.email_template }),
    ...(body.notification_type && { notificationType: body.notification_type }),
    ...(body.topic_variables && { topicVariables: body.topic_variables }),
    ...(body.is_active !== undefined && { isActive: body.is_active }),
  };
}

export function toConfigPatch(body: PatchNotificationConfigDto): ConfigPatch {
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.subject !== undefined && { subject: body.subject }),
    ...(body.body_template !== undefined && { bodyTemplate: body.body_template }),
    ...(body.email_template !== undefined && { emailTemplate: body.email_template }),
    ...(body.notification_type !== undefined && { notificationType: body.notification_type }),
    ...(body.topic_variables !== undefined && { topicVariables: body.topic_variables }),
    ...(body.is_active !== undefined && { isActive: body.is_active }),
  };
}

export function toConfigFilter({ search, notification_type: type, is_active: isActive }: ListNotificationConfigsQueryDto): ConfigFilter {
  return { ...(search && { search }), ...(type && { notificationType: type }), ...(isActive !== undefined && { isActive }) };
}

export function toConfigResponse(config: NotificationConfig): NotificationConfigResponse {
  return {
    id: config.id,
    name: config.name,
    description: config.description,
    subject: config.subject,
    body_template: config.bodyTemplate,
    email_template: config.emailTemplate,
    notification_type: config.notificationType,
    is_active: config.isActive,
    topic_variables: config.topicVariables,
    variables: config.variables.map(toVariableResponse),
    version: config.version,
    created_by: config.createdBy,
    created_at: config.createdAt,
    updated_at: config.updatedAt,
  };
}
