import type { JsonValue } from '@app/common';
import { z } from 'zod';

const objectId = z.string().regex(/^[0-9a-f]{24}$/);
const jsonValue: z.ZodType<JsonValue> = z.json();

const importCustomers = z.object({
  /** The uploaded file in GridFS. */
  fileId: objectId,
  /** The name it was sent under, for people. */
  fileName: z.string(),
  onDuplicate: z.enum(['update', 'skip', 'fail']),
  dryRun: z.boolean(),
});

const audienceFilter = z.object({
  tag: z.string().optional(),
  city: z.string().optional(),
  company: z.string().optional(),
  language: z.string().optional(),
});

const sendNotification = z.object({
  configId: objectId,
  configVersion: z.int().positive(),
  audience: z.discriminatedUnion('kind', [
    /** Every active customer that matched when the send was asked for: none added later than `upToId`. */
    z.object({ kind: z.literal('all'), filter: audienceFilter, upToId: objectId }),
    /** The recipients stand in the task's batches. */
    z.object({ kind: z.literal('explicit') }),
  ]),
  data: z.record(z.string(), jsonValue),
  notificationType: z.string().nullable(),
  strict: z.boolean(),
  perSecond: z.int().positive().nullable(),
});

/**
 * The tasks a user can start: the queue each runs on and the schema of its payload. The payload lives in the task's
 * record; a queue carries ids only.
 */
export const TASKS = {
  import_customers: { queue: 'imports', payload: importCustomers },
  send_notification: { queue: 'deliveries', payload: sendNotification },
} as const satisfies Record<string, { queue: QueueName; payload: z.ZodType }>;

export type QueueName = 'imports' | 'deliveries';
export type TaskName = keyof typeof TASKS;
export type TaskPayload<N extends TaskName> = z.infer<(typeof TASKS)[N]['payload']>;
export type AudienceFilter = z.infer<typeof audienceFilter>;

export const TASK_NAMES = Object.keys(TASKS) as TaskName[];

/** What a queue carries: which task, and for a part of one, which batch of which attempt. */
export const queueMessage = z.object({
  jobId: z.uuid(),
  part: z.object({ attempt: z.int().positive(), batch: z.int().nonnegative() }).optional(),
  /** Set once the batches of the entry are on the queue. */
  dispatched: z.boolean().optional(),
});
export type QueueMessage = z.infer<typeof queueMessage>;
