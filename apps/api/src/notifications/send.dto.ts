import { ApiProperty } from '@nestjs/swagger';
import { accept, defineRule, refuse, type JsonObject } from '@app/common';
import { cityRule, companyRule, languageRule, tagRule } from '@app/customers';
import {
  NOTIFICATION_TYPES,
  templateDataRule,
  type Audience,
  type NotificationType,
  type SendRequest,
  type StartedSend,
} from '@app/notifications';
import { Satisfies } from '../http/dto.decorators.js';
import { booleanRule, intRule, listOf, objectIdRule, objectRule, oneOf } from '../http/dto.rules.js';
import { ValidationFailedError } from '../http/http.errors.js';
import { notificationType } from './notification-configs.dto.js';

const MAX_RECIPIENTS = 10_000;

interface RecipientBody {
  customer_id: string;
  data?: JsonObject;
}

type FilterBody = Partial<Record<'tag' | 'city' | 'company' | 'language', string>>;

const customerIds = listOf(objectIdRule, MAX_RECIPIENTS);

const customerIdsRule = defineRule<'all' | string[]>({ oneOf: [{ type: 'string', enum: ['all'] }, customerIds.schema] }, (value) =>
  value === 'all' ? accept(value) : Array.isArray(value) ? customerIds(value) : refuse('WRONG_TYPE', 'must be "all" or a list of ids'),
);

const recipientsRule = listOf(
  objectRule<RecipientBody>({ customer_id: { rule: objectIdRule, required: true }, data: { rule: templateDataRule, required: true } }),
  MAX_RECIPIENTS,
);
const filterRule = objectRule<FilterBody>({
  tag: { rule: tagRule },
  city: { rule: cityRule },
  company: { rule: companyRule },
  language: { rule: languageRule },
});

export class SendNotificationDto {
  /** `"all"` active customers, or up to 10,000 ids. */
  @Satisfies(customerIdsRule, { optional: true })
  customer_ids?: 'all' | string[];

  /** Instead of `customer_ids`: up to 10,000 customers, each with data of their own over `data`. */
  @Satisfies(recipientsRule, { optional: true })
  recipients?: RecipientBody[];

  /** With `"all"`: only customers that match all of it. */
  @Satisfies(filterRule, { optional: true })
  filter?: FilterBody;

  @Satisfies(objectIdRule)
  notification_config_id: string;

  /** Values for the templates, for every recipient; at most 16,384 bytes as JSON, lists of at most 100. */
  @Satisfies(templateDataRule, { optional: true })
  data?: JsonObject;

  /** Left out: the type of the config. */
  @Satisfies(oneOf(NOTIFICATION_TYPES), { optional: true, nullable: true, api: notificationType })
  notification_type?: NotificationType | null;

  /** A recipient for whom a variable is missing fails. */
  @Satisfies(booleanRule, { optional: true, api: { default: false } })
  strict?: boolean;

  /** At most this many notices a second. */
  @Satisfies(intRule({ min: 1, max: 10_000 }), { optional: true, nullable: true })
  per_second?: number | null;
}

export class SendStartedResponse {
  message: string;
  job_id: string;
  /** The same as `job_id`. */
  task_id: string;
  notification_config_id: string;
  /** What is known now; the task's total is final. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  total_customers: number;
  @ApiProperty({ enum: ['pending'] })
  status: 'pending';
}

/** Raises {@link ValidationFailedError} when it is not clear who is meant. */
function toAudience({ customer_ids: ids, recipients, filter = {} }: SendNotificationDto): Audience {
  const refused = (pointer: string, code: string, detail: string) => new ValidationFailedError([{ pointer, code, detail }]);
  if (ids === undefined && recipients === undefined) throw refused('/customer_ids', 'REQUIRED', 'is required unless there are recipients');
  if (ids !== undefined && recipients !== undefined) throw refused('/recipients', 'NOT_ALLOWED', 'cannot stand beside customer_ids');
  if (ids !== 'all' && Object.keys(filter).length > 0) throw refused('/filter', 'NOT_ALLOWED', 'goes with customer_ids "all" only');
  if (recipients !== undefined)
    return { kind: 'recipients', recipients: recipients.map(({ customer_id: customerId, data = {} }) => ({ customerId, data })) };
  return ids === undefined || ids === 'all' ? { kind: 'all', filter } : { kind: 'customers', ids };
}

export function toSendRequest(body: SendNotificationDto): SendRequest {
  return {
    audience: toAudience(body),
    configId: body.notification_config_id,
    data: body.data ?? {},
    notificationType: body.notification_type ?? null,
    strict: body.strict ?? false,
    perSecond: body.per_second ?? null,
  };
}

export function toSendStartedResponse({ task, totalCustomers }: StartedSend, configId: string): SendStartedResponse {
  return {
    message: `The notification is being sent to ${totalCustomers} customers.`,
    job_id: task.jobId,
    task_id: task.jobId,
    notification_config_id: configId,
    total_customers: totalCustomers,
    status: 'pending',
  };
}
