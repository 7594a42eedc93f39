import { Schema, type Types } from 'mongoose';

export const CUSTOMER_MEMORY = 'customer_memory';
export const MEMORY_FACTS = 'memory_facts';

/** The data version of what is remembered about a customer: raised by every write that retrieval must see. */
export interface CustomerMemoryDocument {
  customerId: Types.ObjectId;
  version: number;
}

export const customerMemorySchema = new Schema<CustomerMemoryDocument>(
  { customerId: { type: Schema.Types.ObjectId, required: true }, version: { type: Number, required: true } },
  { collection: CUSTOMER_MEMORY, versionKey: false },
);
customerMemorySchema.index({ customerId: 1 }, { unique: true });

type FactStatus = 'active' | 'superseded' | 'retracted' | 'expired';

/** Something learnt about a customer from what they or staff said. */
export interface MemoryFactDocument {
  customerId: Types.ObjectId;
  key: string;
  slot: string;
  value: string;
  text: string;
  status: FactStatus;
  createdAt: Date;
}

export const memoryFactSchema = new Schema<MemoryFactDocument>(
  {
    customerId: { type: Schema.Types.ObjectId, required: true },
    key: { type: String, required: true },
    slot: { type: String, default: '' },
    value: { type: String, required: true },
    text: { type: String, required: true },
    status: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: MEMORY_FACTS, versionKey: false },
);
memoryFactSchema.index({ customerId: 1, key: 1, slot: 1 }, { unique: true, partialFilterExpression: { status: 'active' } });
memoryFactSchema.index({ customerId: 1, status: 1, _id: 1 });
