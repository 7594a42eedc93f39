import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { ErasureRecord } from './erasure.schema.js';

/** Whom to forget. */
export interface Person {
  customerId: string;
  emailKey: string;
}

/** An erasure that is not done. */
export interface OpenErasure extends Person {
  id: string;
  /** The customer's versions that it is meant for; absent where any will do. */
  versions?: readonly number[];
}

/** What was deleted, by kind. */
export type ErasureCounts = Record<string, number>;

type OpenRecord = ErasureRecord & Person;

/** The `erasures` collection. States only rise: `begun`, `erased`, `done`. */
@Injectable()
export class ErasureRepository {
  constructor(@InjectModel(ErasureRecord.name) private readonly erasures: Model<ErasureRecord>) {}

  /** Notes that somebody is to be forgotten; noting it twice changes nothing. */
  async begin(subjectHmac: string, person: Omit<OpenErasure, 'id'>, now: Date): Promise<OpenErasure> {
    const record = await this.erasures
      .findOneAndUpdate(
        { subjectHmac },
        { $setOnInsert: { ...person, state: 'begun', counts: {}, createdAt: now, updatedAt: now } },
        { upsert: true, returnDocument: 'after' },
      )
      .lean<OpenRecord>();
    return toErasure(record);
  }

  /** Gives up an erasure that has not gone through once. */
  async withdraw(id: string): Promise<void> {
    await this.erasures.deleteOne({ _id: id, state: 'begun' });
  }

  /** An erasure that has not gone through once. */
  async findBegun(subjectHmac: string): Promise<OpenErasure | null> {
    const record = await this.erasures.findOne({ subjectHmac, state: 'begun' }).lean<OpenRecord>();
    return record && toErasure(record);
  }

  /** Erasures begun before `before` that have not gone through once, oldest first. */
  async listBegun(before: Date, limit: number): Promise<OpenErasure[]> {
    const records = await this.erasures
      .find({ state: 'begun', createdAt: { $lte: before } })
      .sort({ createdAt: 1 })
      .limit(limit)
      .lean<OpenRecord[]>();
    return records.map(toErasure);
  }

  /** Erasures that went through once before `before`, oldest first. */
  async listErased(before: Date, limit: number): Promise<OpenErasure[]> {
    const records = await this.erasures
      .find({ state: 'erased', createdAt: { $lte: before }, erasedAt: { $lte: before } })
      .sort({ createdAt: 1 })
      .limit(limit)
      .lean<OpenRecord[]>();
    return records.map(toErasure);
  }

  async markErased(id: string, counts: ErasureCounts, now: Date): Promise<void> {
    await this.erasures.updateOne(
      { _id: id, state: 'begun' },
      { $set: { state: 'erased', erasedAt: now, updatedAt: now }, $inc: byKind(counts) },
    );
  }

  /** Drops who it was. */
  async markDone(id: string, counts: ErasureCounts, now: Date): Promise<void> {
    await this.erasures.updateOne(
      { _id: id, state: 'erased' },
      { $set: { state: 'done', doneAt: now, updatedAt: now }, $unset: { customerId: 1, emailKey: 1 }, $inc: byKind(counts) },
    );
  }
}

const toErasure = ({ _id, customerId, emailKey, versions }: OpenRecord): OpenErasure => ({
  id: _id.toHexString(),
  customerId,
  emailKey,
  ...(versions && { versions }),
});

const byKind = (counts: ErasureCounts): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([kind, count]) => [`counts.${kind}`, count]));
