import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock } from '@app/common';
import { duplicatesIn } from '@app/connections';
import { mongo, Types, type Model } from 'mongoose';
import type { CustomerContent } from '../customer.js';
import { toContent, toFields, toUpdate, type ReadRecord } from '../customer.fields.js';
import { CustomerRecord } from '../customer.schema.js';

/** A stored customer as an import compares it. */
export interface StoredCustomer {
  id: string;
  version: number;
  /** The batch that wrote last. */
  importMark: string | undefined;
  content: CustomerContent;
}

/** One write of a batch: a new customer under this id, or a change of the customer as it was at `version`. */
export interface ImportWrite {
  id: string;
  /** 0 for a new customer. */
  version: number;
  content: CustomerContent;
}

/** What became of some writes of a batch. */
export interface StoredSlice {
  stored: ImportWrite[];
  /** To be decided anew. */
  open: ImportWrite[];
}

/** So many customers are read or prepared without a pause: a few milliseconds. */
const SLICE = 250;
const READ = { projection: { searchTokens: 0 }, batchSize: SLICE } as const;

/**
 * `customers`, as imports read and write it: slice by slice, without hydration. The driver's
 * collection is used, so nothing here is cast: callers pass normalised content.
 */
@Injectable()
export class ImportCustomerRepository {
  constructor(
    @InjectModel(CustomerRecord.name) private readonly model: Model<CustomerRecord>,
    private readonly clock: Clock,
  ) {}

  /** The customers with these e-mails, by e-mail. */
  async findByEmails(emails: readonly string[]): Promise<Map<string, StoredCustomer>> {
    const stored = new Map<string, StoredCustomer>();
    for (let at = 0; at < emails.length; at += SLICE) {
      const emailKey = { $in: emails.slice(at, at + SLICE) };
      for (const record of await this.model.collection.find<ReadRecord>({ emailKey }, READ).toArray())
        stored.set(record.email, toStored(record));
    }
    return stored;
  }

  /** Those of these ids under which there is a document: whether the customer was erased. */
  async findErasures(ids: readonly string[]): Promise<Map<string, boolean>> {
    const _id = { $in: ids.map((id) => new Types.ObjectId(id)) };
    const found = await this.model.collection.find({ _id }, { projection: { erasedAt: 1 } }).toArray();
    return new Map(found.map((record) => [record._id.toHexString(), record.erasedAt !== undefined]));
  }

  /**
   * Writes what can be written, slice by slice, and tells of each slice what could not: the customer was changed,
   * or the id or e-mail is taken. While the server stores one slice the next is prepared.
   */
  async *write(writes: readonly ImportWrite[], mark: { jobId: string; batch: number }): AsyncGenerator<StoredSlice, void> {
    let slice = writes.slice(0, SLICE);
    let operations = this.operationsOf(slice, mark);
    for (let next = SLICE; slice.length > 0; next += SLICE) {
      const storing = this.store(slice, operations, markOf(mark));
      slice = writes.slice(next, next + SLICE);
      operations = this.operationsOf(slice, mark);
      yield await storing;
    }
  }

  private operationsOf(writes: readonly ImportWrite[], mark: { jobId: string; batch: number }): mongo.AnyBulkWriteOperation[] {
    const importMark = markOf(mark);
    const updatedAt = this.clock.now();
    return writes.map(({ id, version, content }) => {
      const _id = new Types.ObjectId(id);
      const written = { importMark, updatedAt, version: version + 1 };
      if (version === 0)
        return { insertOne: { document: { _id, ...toFields(content), ...written, importJobId: mark.jobId, createdAt: updatedAt } } };
      const { $set, $unset } = toUpdate(content);
      const filter = { _id, version, erasedAt: { $exists: false } };
      return { updateOne: { filter, update: { $set: { ...$set, ...written }, $unset } } };
    });
  }

  private async store(writes: readonly ImportWrite[], operations: mongo.AnyBulkWriteOperation[], importMark: string): Promise<StoredSlice> {
    const { matched, refused } = await this.bulkWrite(operations);
    const updates = writes.filter(({ version }) => version > 0);
    const unmatched = matched < updates.length ? await this.unmarked(updates, importMark) : [];
    const open = new Set([...refused.flatMap((at) => writes[at] ?? []), ...unmatched]);
    return { stored: writes.filter((write) => !open.has(write)), open: [...open] };
  }

  /** A reply says how many updates matched, the mark says which. */
  private async unmarked(updates: readonly ImportWrite[], importMark: string): Promise<ImportWrite[]> {
    const _id = { $in: updates.map(({ id }) => new Types.ObjectId(id)) };
    const marked = await this.model.collection.find({ _id, importMark }, { projection: { _id: 1 } }).toArray();
    const ids = new Set(marked.map((record) => record._id.toHexString()));
    return updates.filter(({ id }) => !ids.has(id));
  }

  private async bulkWrite(operations: mongo.AnyBulkWriteOperation[]): Promise<{ matched: number; refused: number[] }> {
    try {
      const { matchedCount } = await this.model.collection.bulkWrite(operations, { ordered: false });
      return { matched: matchedCount, refused: [] };
    } catch (error) {
      if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
      return { matched: error.matchedCount, refused: [...duplicatesIn(error)] };
    }
  }
}

/** What marks a customer as written by a batch. */
const markOf = ({ jobId, batch }: { jobId: string; batch: number }): string => `${jobId}:${batch}`;

/** Whether a mark is this batch's or that of a later one of the same import, which another run of it has come to meanwhile. */
export function isAtOrAfter(importMark: string | undefined, { jobId, batch }: { jobId: string; batch: number }): boolean {
  const [job, last] = importMark?.split(':') ?? [];
  return job === jobId && Number(last) >= batch;
}

const toStored = (record: ReadRecord): StoredCustomer => ({
  id: record._id.toHexString(),
  version: record.version,
  importMark: record.importMark,
  content: toContent(record),
});
