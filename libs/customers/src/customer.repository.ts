import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock, decodeCursor, encodeCursor, type Page, type PageRequest } from '@app/common';
import { findPage, insertOne } from '@app/connections';
import { Types, type Model, type QueryFilter } from 'mongoose';
import type { AudienceCriteria, AudienceRequest, Customer, CustomerContent, CustomerFilter, CustomerSort } from './customer.js';
import { toCustomer, toFields, toUpdate, type ReadRecord } from './customer.fields.js';
import { CustomerRecord } from './customer.schema.js';
import { beginsWith, searchPrefixes } from './customer.search.js';

type Filter = QueryFilter<CustomerRecord>;

const NOT_ERASED: Filter = { erasedAt: { $exists: false } };
/** True of every customer until erased: by its index they are found where no other one serves. */
const HAS_KEY: Filter = { emailKey: { $gt: '' } };
const READ = { searchTokens: 0 } as const;
const EXPORTED = [
  'email',
  'fullName',
  'phone',
  'company',
  'position',
  'address',
  'city',
  'country',
  'language',
  'tags',
  'metadata',
] as const;
/** What an export reads of a customer. */
export type ExportRecord = Pick<CustomerRecord, (typeof EXPORTED)[number]>;
const READ_BATCH = 1_000;

/** The `customers` collection. Erased customers are absent to every read. A taken e-mail speaks through the duplicate key error. */
@Injectable()
export class CustomerRepository {
  constructor(
    @InjectModel(CustomerRecord.name) private readonly model: Model<CustomerRecord>,
    private readonly clock: Clock,
  ) {}

  async insert(content: CustomerContent, id = new Types.ObjectId().toHexString()): Promise<Customer> {
    const now = this.clock.now();
    const _id = new Types.ObjectId(id);
    return toCustomer(await insertOne(this.model, { _id, ...toFields(content), version: 1, createdAt: now, updatedAt: now }));
  }

  async findById(id: string): Promise<Customer | null> {
    const record = await this.model.findOne({ _id: id, ...NOT_ERASED }, READ).lean<ReadRecord>();
    return record && toCustomer(record);
  }

  async findByIds(ids: readonly string[]): Promise<Customer[]> {
    const records = await this.model.find({ _id: { $in: ids }, ...NOT_ERASED }, READ).lean<ReadRecord[]>();
    return records.map(toCustomer);
  }

  /** Those of `ids` that are customers. */
  async existingIds(ids: readonly string[]): Promise<string[]> {
    return this.idsOf({ _id: { $in: ids }, ...NOT_ERASED });
  }

  /** Writes the content if the customer still has `version`; null when it has not. */
  async replace(id: string, version: number, content: CustomerContent): Promise<Customer | null> {
    const { $set, $unset } = toUpdate(content);
    const record = await this.model
      .findOneAndUpdate(
        { _id: id, version, ...NOT_ERASED },
        { $set: { ...$set, updatedAt: this.clock.now() }, $unset, $inc: { version: 1 } },
        { returnDocument: 'after', projection: READ },
      )
      .lean<ReadRecord>();
    return record && toCustomer(record);
  }

  async list(filter: CustomerFilter, sort: CustomerSort, page: PageRequest): Promise<Page<Customer>> {
    const query = listFilter(filter);
    const list = `customers ${JSON.stringify(filter)}`;
    const [found, total] = await Promise.all([
      sort.field === 'email' ? this.pageByEmail(list, query, sort.direction, page) : this.pageBy(list, query, sort, page),
      page.includeTotal ? this.count(query) : undefined,
    ]);
    return { items: found.items.map(toCustomer), nextCursor: found.nextCursor, ...(total !== undefined && { total }) };
  }

  /** Everybody who matches, in batches and in no order, read in pace with the caller. */
  batches(filter: CustomerFilter): AsyncGenerator<ExportRecord[], void> {
    return this.read<ExportRecord>(filter, Object.fromEntries(EXPORTED.map((name) => [name, 1])));
  }

  /** The keys that those who match have in their own data; reading ends once there are more than `most`. */
  async metadataKeys(filter: CustomerFilter, most: number): Promise<string[]> {
    const keys = new Set<string>();
    for await (const records of this.read<Pick<ExportRecord, 'metadata'>>(filter, { metadata: 1 })) {
      for (const { metadata } of records) for (const key in metadata) keys.add(key);
      if (keys.size > most) break;
    }
    return [...keys];
  }

  /** While the caller works on a batch the next one is on its way. */
  private async *read<R extends object>(filter: CustomerFilter, projection: object): AsyncGenerator<R[], void> {
    const query = { ...conditionsOf(filter), ...HAS_KEY };
    const cursor = this.model.collection.find<R>(query as object, { projection: { ...projection, _id: 0 }, batchSize: READ_BATCH });
    try {
      for (let hasMore = await cursor.hasNext(); hasMore;) {
        const batch = cursor.readBufferedDocuments();
        const next = cursor.hasNext();
        next.catch(() => undefined);
        yield batch;
        hasMore = await next;
      }
    } finally {
      await cursor.close();
    }
  }

  private pageBy(list: string, filter: Filter, sort: CustomerSort, page: PageRequest): Promise<Page<ReadRecord>> {
    return findPage<CustomerRecord>(this.model, { list, filter, sort, projection: READ }, { ...page, includeTotal: false });
  }

  /** E-mail keys are unique, so they need no tie-breaker: the unique index alone gives the order. */
  private async pageByEmail(list: string, filter: Filter, direction: 1 | -1, page: PageRequest): Promise<Page<ReadRecord>> {
    const scope = [list, 'email', direction];
    const after = page.cursor === undefined ? undefined : String(decodeCursor(scope, page.cursor).value);
    const range = after === undefined ? { $gt: '' } : { [direction === 1 ? '$gt' : '$lt']: after, $gte: '' };
    const records = await this.model
      .find({ ...filter, emailKey: range }, READ)
      .sort({ emailKey: direction })
      .skip(page.skip ?? 0)
      .limit(page.limit + 1)
      .lean<ReadRecord[]>();
    const items = records.slice(0, page.limit);
    const last = records.length > page.limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? encodeCursor(scope, { value: last.email, id: last._id.toHexString() }) : null };
  }

  private count(filter: Filter): Promise<number> {
    return this.model.countDocuments({ ...filter, ...HAS_KEY }).exec();
  }

  /** Ids of active customers, ascending. */
  async audience({ filter, afterId, upToId, limit }: AudienceRequest): Promise<string[]> {
    const range = { $lte: new Types.ObjectId(upToId), ...(afterId !== undefined && { $gt: new Types.ObjectId(afterId) }) };
    const records = await this.model
      .find({ ...audienceFilter(filter), _id: range }, { _id: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<{ _id: Types.ObjectId }[]>();
    return records.map(({ _id }) => _id.toHexString());
  }

  countAudience(filter: AudienceCriteria, upToId: string): Promise<number> {
    return this.model.countDocuments({ ...audienceFilter(filter), _id: { $lte: new Types.ObjectId(upToId) } }).exec();
  }

  /** The highest id there is; null when there are no customers. */
  async highestId(): Promise<string | null> {
    const [id] = await this.model.find({}, { _id: 1 }).sort({ _id: -1 }).limit(1).lean<{ _id: Types.ObjectId }[]>();
    return id?._id.toHexString() ?? null;
  }

  /** Hides the customer from every read and frees the e-mail, if they still have `version`; false when they have not. */
  async markErased(id: string, version: number): Promise<boolean> {
    const now = this.clock.now();
    const { matchedCount } = await this.model.updateOne(
      { _id: id, version, ...NOT_ERASED },
      { $set: { erasedAt: now, updatedAt: now, isActive: false }, $unset: { emailKey: 1 }, $inc: { version: 1 } },
    );
    return matchedCount === 1;
  }

  /** Deletes a customer marked as erased. */
  async purge(id: string): Promise<void> {
    await this.model.deleteOne({ _id: id, erasedAt: { $exists: true } });
  }

  private async idsOf(filter: Filter): Promise<string[]> {
    const records = await this.model.find(filter, { _id: 1 }).lean<{ _id: Types.ObjectId }[]>();
    return records.map(({ _id }) => _id.toHexString());
  }
}

const listFilter = (filter: CustomerFilter): Filter => ({ ...NOT_ERASED, ...conditionsOf(filter) });

function conditionsOf({ search, isActive, tag, company, city }: CustomerFilter): Filter {
  const prefixes = search === undefined ? [] : searchPrefixes(search);
  return {
    ...(prefixes.length > 0 && { $and: prefixes.map((prefix) => ({ searchTokens: beginsWith(prefix) })) }),
    ...(isActive !== undefined && { isActive }),
    ...(tag !== undefined && { tags: tag }),
    ...(company !== undefined && { company }),
    ...(city !== undefined && { city }),
  };
}

function audienceFilter({ tag, city, company, language }: AudienceCriteria): Filter {
  return {
    ...NOT_ERASED,
    isActive: true,
    ...(tag !== undefined && { tags: tag }),
    ...(city !== undefined && { city }),
    ...(company !== undefined && { company }),
    ...(language !== undefined && { language }),
  };
}
