import type { JsonObject } from '@app/common';
import type { FilterContext } from './template.filters.js';
import type { CustomerVariable } from './template.tree.js';

/** What a template may read of its recipient. */
export interface TemplateCustomer {
  fullName: string;
  email: string;
  phone: string | null;
  company: string | null;
  position: string | null;
  address: string | null;
  city: string | null;
  country: string | null;
  language: string;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
}

type Read = (customer: TemplateCustomer) => unknown;

/** `customer.<field>`, by the names of the HTTP contract. */
export const CUSTOMER_FIELDS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['full_name', (customer) => customer.fullName],
  ['email', (customer) => customer.email],
  ['phone', (customer) => customer.phone],
  ['company', (customer) => customer.company],
  ['position', (customer) => customer.position],
  ['address', (customer) => customer.address],
  ['city', (customer) => customer.city],
  ['country', (customer) => customer.country],
  ['language', (customer) => customer.language],
  ['tags', (customer) => customer.tags],
  ['metadata', (customer) => customer.metadata],
]);

export const CUSTOMER_VALUES: Readonly<Record<CustomerVariable, Read>> = {
  customer_name: (customer) => customer.fullName,
  customer_email: (customer) => customer.email,
  customer_phone: (customer) => customer.phone,
  company: (customer) => customer.company,
  position: (customer) => customer.position,
  city: (customer) => customer.city,
  language: (customer) => customer.language,
  tags: (customer) => customer.tags,
};

/** Whose notice is rendered: `customer` is null in a preview without one. */
export interface RenderScope extends FilterContext {
  customer: TemplateCustomer | null;
  data: JsonObject;
}

/** A field that the value itself has; inherited ones (constructor and the like) do not exist for templates. */
export function ownValue(target: unknown, key: string | number): unknown {
  return typeof target === 'object' && target !== null && Object.hasOwn(target, key)
    ? (target as Record<string | number, unknown>)[key]
    : undefined;
}

/** A bare name that is no customer variable: the data of the send first, then the customer's metadata. */
export function dataValue({ data, customer }: RenderScope, name: string): unknown {
  return Object.hasOwn(data, name) ? data[name] : ownValue(customer?.metadata, name);
}
