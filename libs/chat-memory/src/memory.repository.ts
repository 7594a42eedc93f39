import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Types, type Model } from 'mongoose';
import { CUSTOMER_MEMORY, MEMORY_FACTS, type CustomerMemoryDocument, type MemoryFactDocument } from './memory.schema.js';

@Injectable()
export class MemoryRepository {
  constructor(
    @InjectModel(CUSTOMER_MEMORY) private readonly memory: Model<CustomerMemoryDocument>,
    @InjectModel(MEMORY_FACTS) private readonly facts: Model<MemoryFactDocument>,
  ) {}

  /** Tells every process that what is remembered about these customers has changed. */
  async raiseVersions(customerIds: readonly string[]): Promise<void> {
    if (customerIds.length === 0) return;
    await this.memory.collection.bulkWrite(
      [...new Set(customerIds)].map((id) => {
        const customerId = new Types.ObjectId(id);
        return { updateOne: { filter: { customerId }, update: { $inc: { version: 1 } }, upsert: true } };
      }),
      { ordered: false },
    );
  }

  async countFacts(customerId: string): Promise<number> {
    return this.facts.countDocuments({ customerId, status: 'active' });
  }

  async deleteOf(customerIds: readonly string[]): Promise<void> {
    const filter = { customerId: { $in: [...customerIds] } };
    await Promise.all([this.memory.deleteMany(filter), this.facts.deleteMany(filter)]);
  }
}
