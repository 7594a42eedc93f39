import type { Customer, CustomerContent } from './customer.js';
import { phoneKey } from './customer.rules.js';
import type { CustomerRecord } from './customer.schema.js';
import { searchTokens } from './customer.search.js';

/** The stored form of a customer's content, with what is derived from it. Fields without a value are absent. */
export type ContentFields = Pick<
  CustomerRecord,
  | 'email'
  | 'emailKey'
  | 'fullName'
  | 'phone'
  | 'phoneKey'
  | 'company'
  | 'position'
  | 'address'
  | 'city'
  | 'country'
  | 'language'
  | 'tags'
  | 'metadata'
  | 'isActive'
  | 'searchTokens'
>;

const OPTIONAL_FIELDS = ['phone', 'phoneKey', 'company', 'position', 'address', 'city', 'country'] as const;

export function toFields(content: CustomerContent): ContentFields {
  const fields: ContentFields = {
    email: content.email,
    emailKey: content.email,
    fullName: content.fullName,
    language: content.language,
    tags: content.tags,
    metadata: content.metadata,
    isActive: content.isActive,
    searchTokens: searchTokens(content),
  };
  const key = content.phone === null ? null : phoneKey(content.phone);
  const optional = { ...content, phoneKey: key };
  for (const name of OPTIONAL_FIELDS) {
    const value = optional[name];
    if (value !== null) fields[name] = value;
  }
  return fields;
}

/** The update that makes a stored customer have exactly this content. */
export function toUpdate(content: CustomerContent): { $set: ContentFields; $unset: Record<string, 1> } {
  const $set = toFields(content);
  const absent = OPTIONAL_FIELDS.filter((name) => !(name in $set));
  return { $set, $unset: Object.fromEntries(absent.map((name) => [name, 1 as const])) };
}

/** A record as it is read: without its search tokens. */
export type ReadRecord = Omit<CustomerRecord, 'searchTokens'>;

export function toContent(record: ReadRecord): CustomerContent {
  return {
    email: record.email,
    fullName: record.fullName,
    phone: record.phone ?? null,
    company: record.company ?? null,
    position: record.position ?? null,
    address: record.address ?? null,
    city: record.city ?? null,
    country: record.country ?? null,
    language: record.language,
    tags: record.tags,
    metadata: record.metadata,
    isActive: record.isActive,
  };
}

export function toCustomer(record: ReadRecord): Customer {
  return {
    ...toContent(record),
    id: record._id.toHexString(),
    phoneE164: record.phoneKey ?? null,
    version: record.version,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}
