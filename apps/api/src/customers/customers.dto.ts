import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { textRule } from '@app/common';
import {
  addressRule,
  cityRule,
  companyRule,
  countryRule,
  emailRule,
  fullNameRule,
  languageRule,
  metadataPatchRule,
  metadataRule,
  phoneRule,
  positionRule,
  tagRule,
  tagsRule,
  type Customer,
  type CustomerFilter,
  type CustomerInput,
  type CustomerPatch,
  type CustomerSort,
  type ImportOptions,
  type StartedImport,
} from '@app/customers';
import { QueryBoolean, Satisfies } from '../http/dto.decorators.js';
import { booleanRule, oneOf } from '../http/dto.rules.js';
import { PageQueryDto } from '../http/page.dto.js';

const CLEARABLE = { optional: true, nullable: true } as const;

/** A customer as a whole. What is left out, or null, takes its default. */
export class CustomerDto {
  /** Unique; compared and kept trimmed, in lower case and NFC. */
  @Satisfies(emailRule)
  email: string;

  @Satisfies(fullNameRule)
  full_name: string;

  /** Kept as written; 6 to 15 digits. Found by any stretch of its digits. */
  @Satisfies(phoneRule, CLEARABLE)
  phone?: string | null;

  @Satisfies(companyRule, CLEARABLE)
  company?: string | null;

  @Satisfies(positionRule, CLEARABLE)
  position?: string | null;

  /** Line breaks become commas. */
  @Satisfies(addressRule, CLEARABLE)
  address?: string | null;

  @Satisfies(cityRule, CLEARABLE)
  city?: string | null;

  @Satisfies(countryRule, CLEARABLE)
  country?: string | null;

  /** A BCP 47 tag. */
  @Satisfies(languageRule, { ...CLEARABLE, api: { default: 'vi' } })
  language?: string | null;

  @Satisfies(tagsRule, CLEARABLE)
  tags?: string[] | null;

  /** Data of your own, for templates. */
  @Satisfies(metadataRule, CLEARABLE)
  metadata?: Record<string, string> | null;

  @Satisfies(booleanRule, { optional: true, api: { default: true } })
  is_active?: boolean;
}

/** A change of a customer (RFC 7396): absent keeps, null clears, metadata is merged key by key. */
export class PatchCustomerDto {
  @Satisfies(emailRule, { optional: true })
  email?: string;

  @Satisfies(fullNameRule, { optional: true })
  full_name?: string;

  @Satisfies(phoneRule, CLEARABLE)
  phone?: string | null;

  @Satisfies(companyRule, CLEARABLE)
  company?: string | null;

  @Satisfies(positionRule, CLEARABLE)
  position?: string | null;

  @Satisfies(addressRule, CLEARABLE)
  address?: string | null;

  @Satisfies(cityRule, CLEARABLE)
  city?: string | null;

  @Satisfies(countryRule, CLEARABLE)
  country?: string | null;

  @Satisfies(languageRule, CLEARABLE)
  language?: string | null;

  @Satisfies(tagsRule, CLEARABLE)
  tags?: string[] | null;

  @Satisfies(metadataPatchRule, CLEARABLE)
  metadata?: Record<string, string | null> | null;

  @Satisfies(booleanRule, { optional: true })
  is_active?: boolean;
}

const SORTS = {
  created_at: { field: 'createdAt', direction: 1 },
  '-created_at': { field: 'createdAt', direction: -1 },
  full_name: { field: 'fullName', direction: 1 },
  '-full_name': { field: 'fullName', direction: -1 },
  email: { field: 'email', direction: 1 },
  '-email': { field: 'email', direction: -1 },
} as const satisfies Record<string, CustomerSort>;
type SortName = keyof typeof SORTS;
const DEFAULT_SORT: SortName = '-created_at';

/** Which customers are meant. */
export class CustomerFilterQueryDto {
  /** Every word begins a word of name, e-mail or company, or stands in the phone's digits; case and marks do not matter. */
  @Satisfies(textRule({ min: 0, max: 200 }), { optional: true })
  search?: string;

  @QueryBoolean()
  is_active?: boolean;

  @Satisfies(tagRule, { optional: true })
  tag?: string;

  @Satisfies(companyRule, { optional: true })
  company?: string;

  @Satisfies(cityRule, { optional: true })
  city?: string;
}

export class ListCustomersQueryDto extends IntersectionType(PageQueryDto, CustomerFilterQueryDto) {
  @Satisfies(oneOf(Object.keys(SORTS) as SortName[]), { optional: true, api: { default: DEFAULT_SORT } })
  sort?: SortName;
}

export class CustomerResponse {
  @ApiProperty({ pattern: '^[0-9a-f]{24}$' })
  id: string;
  email: string;
  full_name: string;
  phone: string | null;
  company: string | null;
  position: string | null;
  address: string | null;
  city: string | null;
  country: string | null;
  /** BCP 47. */
  language: string;
  tags: string[];
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata: Record<string, string>;
  is_active: boolean;
  created_at: Date;
  updated_at: Date;
}

export class CustomerPage {
  items: CustomerResponse[];
  next_cursor: string | null;
  @ApiProperty({ type: 'integer', required: false })
  total?: number;
}

/** The fields of an import's form beside its file. */
export class ImportFormDto {
  @Satisfies(oneOf(['update', 'skip', 'fail'] as const), { optional: true })
  on_duplicate?: 'update' | 'skip' | 'fail';

  @QueryBoolean()
  dry_run?: boolean;
}

/** An import that was accepted. Its progress and result are those of the task. */
export class ImportStartedResponse {
  message: string;
  job_id: string;
  /** The same as `job_id`. */
  task_id: string;
  file_name: string;
  @ApiProperty({ type: 'string', enum: ['pending'] })
  status: 'pending';
}

export function toCustomerInput(dto: CustomerDto): CustomerInput {
  const { email, full_name: fullName, is_active: isActive, language, tags, metadata, ...texts } = dto;
  return {
    email,
    fullName,
    phone: texts.phone ?? null,
    company: texts.company ?? null,
    position: texts.position ?? null,
    address: texts.address ?? null,
    city: texts.city ?? null,
    country: texts.country ?? null,
    ...(language && { language }),
    ...(tags && { tags }),
    ...(metadata && { metadata }),
    ...(isActive !== undefined && { isActive }),
  };
}

export function toCustomerPatch({ full_name: fullName, is_active: isActive, ...rest }: PatchCustomerDto): CustomerPatch {
  return { ...rest, ...(fullName !== undefined && { fullName }), ...(isActive !== undefined && { isActive }) };
}

export function toCustomerFilter({ search, is_active: isActive, tag, company, city }: CustomerFilterQueryDto): CustomerFilter {
  return {
    ...(search !== undefined && { search }),
    ...(isActive !== undefined && { isActive }),
    ...(tag !== undefined && { tag }),
    ...(company !== undefined && { company }),
    ...(city !== undefined && { city }),
  };
}

export const toCustomerSort = ({ sort = DEFAULT_SORT }: ListCustomersQueryDto): CustomerSort => SORTS[sort];

export function toCustomerResponse(customer: Customer): CustomerResponse {
  return {
    id: customer.id,
    email: customer.email,
    full_name: customer.fullName,
    phone: customer.phone,
    company: customer.company,
    position: customer.position,
    address: customer.address,
    city: customer.city,
    country: customer.country,
    language: customer.language,
    tags: customer.tags,
    metadata: customer.metadata,
    is_active: customer.isActive,
    created_at: customer.createdAt,
    updated_at: customer.updatedAt,
  };
}

export function toImportOptions({ on_duplicate: onDuplicate = 'update', dry_run: dryRun = false }: ImportFormDto): ImportOptions {
  return { onDuplicate, dryRun };
}

export function toImportStartedResponse({ jobId, fileName }: StartedImport): ImportStartedResponse {
  return { message: 'The import has been accepted.', job_id: jobId, task_id: jobId, file_name: fileName, status: 'pending' };
}
