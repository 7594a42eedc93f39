import { Injectable } from '@nestjs/common';
import { raise, type Page, type PageRequest } from '@app/common';
import { isDuplicateOf } from '@app/connections';
import type {
  AudienceCriteria,
  AudienceRequest,
  Customer,
  CustomerContent,
  CustomerFilter,
  CustomerInput,
  CustomerPatch,
  CustomerSort,
} from './customer.js';
import {
  CustomerBusyError,
  CustomerChangedError,
  CustomerNotFoundError,
  EmailTakenError,
  MetadataTooLargeError,
} from './customer.errors.js';
import { CustomerRepository } from './customer.repository.js';
import { ErasedEmailRepository } from './erased-email.repository.js';
import { DEFAULT_LANGUAGE, MAX_METADATA_KEYS, patchMetadata } from './customer.rules.js';

/** Rounds of compare-and-set before a change gives up; each lost round means that another writer made progress. */
const MAX_ROUNDS = 50;

/** Customers as the back office knows them. Unknown and erased ids raise {@link CustomerNotFoundError}; a taken e-mail raises {@link EmailTakenError}. */
@Injectable()
export class CustomerService {
  constructor(
    private readonly repository: CustomerRepository,
    private readonly erasedEmails: ErasedEmailRepository,
  ) {}

  /** Adds a customer, under `id` where the caller has promised one: adding that one again gives what is stored. */
  async create(input: CustomerInput, id?: string): Promise<Customer> {
    try {
      return await refuseTakenEmail(this.repository.insert(withDefaults(input), id));
    } catch (error) {
      const stored = id === undefined ? null : await this.repository.findById(id);
      return stored ?? raise(error as Error);
    }
  }

  async get(id: string): Promise<Customer> {
    return (await this.repository.findById(id)) ?? raise(new CustomerNotFoundError(id));
  }

  list(filter: CustomerFilter, sort: CustomerSort, page: PageRequest): Promise<Page<Customer>> {
    return this.repository.list(filter, sort, page);
  }

  /** The customer, at one of these versions where any are given. Raises {@link CustomerChangedError}. */
  async getAt(id: string, versions: readonly number[] | undefined): Promise<Customer> {
    const customer = await this.get(id);
    refuseOther(versions, customer);
    return customer;
  }

  /** Makes the customer have exactly this content; what is left out takes its default. Raises {@link CustomerChangedError}. */
  replace(id: string, input: CustomerInput, versions?: readonly number[]): Promise<Customer> {
    return this.change(id, versions, () => withDefaults(input));
  }

  /**
   * Changes what the patch names and nothing else, whatever others change meanwhile. Raises {@link MetadataTooLargeError}
   * and {@link CustomerChangedError}.
   */
  merge(id: string, patch: CustomerPatch, versions?: readonly number[]): Promise<Customer> {
    return this.change(id, versions, (stored) => applyPatch(stored, patch));
  }

  /** The customers with these ids, by id; erased and unknown ones are absent. */
  async findByIds(ids: readonly string[]): Promise<Map<string, Customer>> {
    return new Map((await this.repository.findByIds(ids)).map((customer) => [customer.id, customer]));
  }

  /** Ids of active customers that match, ascending: one page of an audience. */
  audience(request: AudienceRequest): Promise<string[]> {
    return this.repository.audience(request);
  }

  /** How many active customers match, up to and including `upToId`. */
  countAudience(filter: AudienceCriteria, upToId: string): Promise<number> {
    return this.repository.countAudience(filter, upToId);
  }

  /** The highest customer id at this moment, null when there are none: the end of an audience. */
  highestId(): Promise<string | null> {
    return this.repository.highestId();
  }

  /** Those of `ids` that are no customers, in their order. */
  async unknownIds(ids: readonly string[]): Promise<string[]> {
    const existing = new Set(await this.repository.existingIds(ids));
    return ids.filter((id) => !existing.has(id));
  }

  /**
   * Makes the customer absent to every read and frees the e-mail; imports that were asked for before will not bring them
   * back. A customer who is absent stays so. Raises {@link CustomerChangedError}.
   */
  async markErased(id: string, versions?: readonly number[]): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const stored = await this.repository.findById(id);
      if (!stored) return;
      refuseOther(versions, stored);
      await this.erasedEmails.remember(stored.email);
      if (await this.repository.markErased(id, stored.version)) return;
    }
    throw new CustomerBusyError();
  }

  /** Deletes what is left of a customer who was marked as erased. */
  purge(id: string): Promise<void> {
    return this.repository.purge(id);
  }

  private async change(
    id: string,
    versions: readonly number[] | undefined,
    next: (stored: Customer) => CustomerContent,
  ): Promise<Customer> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const stored = await this.getAt(id, versions);
      const written = await refuseTakenEmail(this.repository.replace(id, stored.version, next(stored)));
      if (written) return written;
    }
    throw new CustomerBusyError();
  }
}

function refuseOther(versions: readonly number[] | undefined, { version }: Customer): void {
  if (versions && !versions.includes(version)) throw new CustomerChangedError();
}

async function refuseTakenEmail<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    throw isDuplicateOf(error, 'emailKey') ? new EmailTakenError(error) : error;
  }
}

function withDefaults(input: CustomerInput): CustomerContent {
  return {
    email: input.email,
    fullName: input.fullName,
    phone: input.phone ?? null,
    company: input.company ?? null,
    position: input.position ?? null,
    address: input.address ?? null,
    city: input.city ?? null,
    country: input.country ?? null,
    language: input.language ?? DEFAULT_LANGUAGE,
    tags: input.tags ?? [],
    metadata: input.metadata ?? {},
    isActive: input.isActive ?? true,
  };
}

function applyPatch(stored: Customer, patch: CustomerPatch): CustomerContent {
  const { metadata: metadataPatch, ...changes } = patch;
  const metadata = mergedMetadata(stored.metadata, metadataPatch);
  if (Object.keys(metadata).length > MAX_METADATA_KEYS) throw new MetadataTooLargeError(MAX_METADATA_KEYS);
  const named = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const content = { ...stored, ...named, metadata };
  return { ...content, language: content.language ?? DEFAULT_LANGUAGE, tags: content.tags ?? [] };
}

function mergedMetadata(stored: Record<string, string>, patch: Record<string, string | null> | null | undefined): Record<string, string> {
  if (patch === undefined) return stored;
  return patch === null ? {} : patchMetadata(stored, patch);
}
