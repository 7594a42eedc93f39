import type { JsonObject } from '@app/common';
import type { AudienceFilter } from '@app/jobs';
import type { NotificationType } from '../notification.rules.js';
import { RecipientsInvalidError } from '../notification.errors.js';
import type { Recipient } from './notification.js';

/** Who is to receive a send: all active customers that match, customers by id, or customers with data of their own. */
export type Audience =
  | { kind: 'all'; filter: AudienceFilter }
  | { kind: 'customers'; ids: readonly string[] }
  | { kind: 'recipients'; recipients: readonly Recipient[] };

export interface SendRequest {
  audience: Audience;
  configId: string;
  /** For every recipient. */
  data: JsonObject;
  /** Null: the type of the config. */
  notificationType: NotificationType | null;
  /** A recipient for whom a variable is missing fails. */
  strict: boolean;
  /** At most this many notices a second over the whole send; null: as fast as it goes. */
  perSecond: number | null;
}

/** Recipients of a batch of a send. */
export const BATCH_SIZE = 500;

/** What the batches of a send hold: an id, or an id with data. */
export type BatchItem = string | Recipient;

export const customerIdOf = (item: BatchItem): string => (typeof item === 'string' ? item : item.customerId);
export const toRecipient = (item: BatchItem): Recipient => (typeof item === 'string' ? { customerId: item, data: {} } : item);

/** The named recipients, each once; null when the audience is everybody. Raises {@link RecipientsInvalidError} when one is named with two sets of data. */
export function namedItems(audience: Audience): BatchItem[] | null {
  if (audience.kind === 'all') return null;
  if (audience.kind === 'customers') return [...new Set(audience.ids)];
  const seen = new Set<string>();
  const repeated = audience.recipients.flatMap(({ customerId }, index) => {
    if (seen.has(customerId)) return [index];
    seen.add(customerId);
    return [];
  });
  if (repeated.length === 0) return [...audience.recipients];
  throw new RecipientsInvalidError(
    repeated.map((index) => ({ pointer: `/recipients/${index}/customer_id`, code: 'DUPLICATE', detail: 'is named more than once' })),
  );
}

/** Names every unknown id with its place in the request. */
export function unknownRecipients(audience: Audience, unknown: readonly string[]): RecipientsInvalidError {
  const unknownIds = new Set(unknown);
  const ids = audience.kind === 'customers' ? audience.ids : audience.kind === 'recipients' ? audience.recipients.map(customerIdOf) : [];
  const field = (index: number): string => (audience.kind === 'customers' ? `/customer_ids/${index}` : `/recipients/${index}/customer_id`);
  return new RecipientsInvalidError(
    ids.flatMap((id, index) =>
      unknownIds.has(id) ? [{ pointer: field(index), code: 'CUSTOMER_NOT_FOUND', detail: `there is no customer ${id}` }] : [],
    ),
  );
}

export function inBatches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH_SIZE) }, (_, batch) =>
    items.slice(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE),
  );
}
