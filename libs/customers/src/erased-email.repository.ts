import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import type { Model } from 'mongoose';
import { ErasedEmailRecord } from './erased-email.schema.js';

/** The `erased_emails` collection: whom an import that was asked for before must not bring back. */
@Injectable()
export class ErasedEmailRepository {
  constructor(
    @InjectModel(ErasedEmailRecord.name) private readonly model: Model<ErasedEmailRecord>,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async remember(email: string): Promise<void> {
    await this.model.updateOne({ emailHmac: this.hmacOf(email) }, { $set: { erasedAt: this.clock.now() } }, { upsert: true });
  }

  /** Those of `emails` that were erased at `since` or later. */
  async among(emails: readonly string[], since: Date): Promise<Set<string>> {
    if (emails.length === 0 || !(await this.model.exists({ erasedAt: { $gte: since } }))) return new Set();
    const byHmac = new Map(emails.map((email) => [this.hmacOf(email), email]));
    const found = await this.model.find({ emailHmac: { $in: [...byHmac.keys()] }, erasedAt: { $gte: since } }).lean<ErasedEmailRecord[]>();
    return new Set(found.flatMap(({ emailHmac }) => byHmac.get(emailHmac) ?? []));
  }

  private hmacOf(email: string): string {
    return createHmac('sha256', this.config.secretKey).update(`erased-email:${email}`).digest('base64url');
  }
}
