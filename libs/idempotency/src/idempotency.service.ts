import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, raise } from '@app/common';
import { KeyInUseError, KeyReusedError, ReplyErasedError } from './idempotency.errors.js';
import type { Begun, Claim, KeyedRequest, Resource, StoredReply } from './idempotency.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { KEPT_SECONDS, type IdempotencyRecord } from './idempotency.schema.js';

/** A request that is not answered by then has died; nobody waits that long for a reply. */
const RUNNING_MS = 60_000;

/**
 * Replies kept by `Idempotency-Key` for 24 hours (IETF draft-ietf-httpapi-idempotency-key-header-07): the first request
 * runs, the same one again gets the same reply. One that died on the way is run again under the same resource id, so
 * that what it may have stored is found instead of made twice.
 */
@Injectable()
export class IdempotencyService {
  constructor(
    private readonly repository: IdempotencyRepository,
    private readonly clock: Clock,
  ) {}

  /** Raises {@link KeyReusedError}, {@link KeyInUseError} or {@link ReplyErasedError}. */
  async begin(request: KeyedRequest, resource: Resource): Promise<Begun> {
    const { scope, key, requestHash } = request;
    const now = this.clock.now();
    const hold = { token: randomUUID(), until: new Date(now.getTime() + RUNNING_MS) };
    const { id: resourceId, customerId } = resource;
    const fresh = { scope, key, requestHash, resourceId, ...hold, createdAt: now, ...(customerId !== undefined && { customerId }) };
    if (await this.repository.insert(fresh)) return { kind: 'run', claim: { scope, key, token: hold.token, resourceId } };

    const known = (await this.repository.find(scope, key)) ?? raise(new KeyInUseError());
    if (this.isOver(known, now)) {
      await this.repository.expire(known);
      return this.begin(request, resource);
    }
    if (known.requestHash === undefined || known.resourceId === undefined) throw new ReplyErasedError();
    if (known.requestHash !== requestHash) throw new KeyReusedError();
    if (known.reply) return { kind: 'replay', reply: known.reply };
    if (known.until > now || !(await this.repository.takeOver(known, hold))) throw new KeyInUseError();
    return { kind: 'run', claim: { scope, key, token: hold.token, resourceId: known.resourceId } };
  }

  /** Keeps the reply for those who ask again. */
  keep({ scope, key, token }: Claim, reply: StoredReply): Promise<void> {
    return this.repository.keepReply(scope, key, token, reply);
  }

  /** The request failed in a way that another try may mend: the same payload may come again at once. */
  release({ scope, key, token }: Claim): Promise<void> {
    return this.repository.release(scope, key, token, this.clock.now());
  }

  /** Forgets replies about a customer; asking again gets {@link ReplyErasedError}. Gives their number. */
  erase(customerId: string): Promise<number> {
    return this.repository.erase(customerId);
  }

  private isOver({ createdAt }: IdempotencyRecord, now: Date): boolean {
    return createdAt.getTime() + KEPT_SECONDS * 1_000 <= now.getTime();
  }
}
