import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { insertOne, isDuplicateKey } from '@app/connections';
import type { Model } from 'mongoose';
import { IdempotencyRecord } from './idempotency.schema.js';
import type { StoredReply } from './idempotency.js';

/** The token of a key whose customer was erased: no request holds it, so one that is still under way keeps no reply. */
const NOBODYS = 'erased';

/** The `idempotency_keys` collection: every change is a compare-and-set on the token of the request under way. */
@Injectable()
export class IdempotencyRepository {
  constructor(@InjectModel(IdempotencyRecord.name) private readonly model: Model<IdempotencyRecord>) {}

  /** False when the key is known in its scope. */
  async insert(record: Omit<IdempotencyRecord, '_id'>): Promise<boolean> {
    try {
      await insertOne(this.model, record);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  find(scope: string, key: string): Promise<IdempotencyRecord | null> {
    return this.model.findOne({ scope, key }).lean<IdempotencyRecord>().exec();
  }

  /** Hands an unanswered request over from one token to the next; false when somebody else was faster. */
  async takeOver({ scope, key, token }: IdempotencyRecord, next: { token: string; until: Date }): Promise<boolean> {
    const { matchedCount } = await this.model.updateOne({ scope, key, token, reply: { $exists: false } }, { $set: next });
    return matchedCount === 1;
  }

  async keepReply(scope: string, key: string, token: string, reply: StoredReply): Promise<void> {
    await this.model.updateOne({ scope, key, token }, { $set: { reply } });
  }

  /** Lets the next request with the key go on at once. */
  async release(scope: string, key: string, token: string, now: Date): Promise<void> {
    await this.model.updateOne({ scope, key, token }, { $set: { until: now } });
  }

  /** Removes a key whose time is over. */
  async expire({ scope, key, token }: IdempotencyRecord): Promise<void> {
    await this.model.deleteOne({ scope, key, token });
  }

  /** Forgets what was asked and answered about a customer; the keys stay, so that nothing is done again or answered later. */
  async erase(customerId: string): Promise<number> {
    const { modifiedCount } = await this.model.updateMany(
      { customerId },
      { $unset: { reply: 1, requestHash: 1, resourceId: 1, customerId: 1 }, $set: { token: NOBODYS } },
    );
    return modifiedCount;
  }
}
