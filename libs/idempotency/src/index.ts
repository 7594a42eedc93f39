export { KeyInUseError, KeyReusedError, ReplyErasedError } from './idempotency.errors.js';
export type { Begun, Claim, KeyedRequest, Resource, StoredReply } from './idempotency.js';
export { IdempotencyModule } from './idempotency.module.js';
export { IdempotencyService } from './idempotency.service.js';
