/** What is known about a customer and may be changed. Texts are normalised by the rules of `customer.rules.ts`. */
export interface CustomerContent {
  email: string;
  fullName: string;
  /** As it was written; see {@link phoneKey} for its normal form. */
  phone: string | null;
  company: string | null;
  position: string | null;
  address: string | null;
  city: string | null;
  country: string | null;
  /** BCP 47. */
  language: string;
  tags: string[];
  metadata: Record<string, string>;
  isActive: boolean;
}

/** A customer as the back office knows them. */
export interface Customer extends CustomerContent {
  id: string;
  /** E.164, when the phone could be normalised. */
  phoneE164: string | null;
  /** Raised by every change. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** What a new customer must and may have; the rest takes its default. */
export type CustomerInput = Pick<CustomerContent, 'email' | 'fullName'> & Partial<CustomerContent>;

/** A change after RFC 7396: absent keeps, null clears, metadata is merged key by key. */
export type CustomerPatch = {
  [K in Exclude<keyof CustomerContent, 'email' | 'fullName' | 'isActive' | 'metadata'>]?: CustomerContent[K] | null;
} & Partial<Pick<CustomerContent, 'email' | 'fullName' | 'isActive'>> & { metadata?: Record<string, string | null> | null };

/** Which customers a list shows. `search`: every word begins a word of name, e-mail or company, or stands in the phone's digits. */
export interface CustomerFilter {
  search?: string;
  isActive?: boolean;
  tag?: string;
  company?: string;
  city?: string;
}

export type CustomerSortField = 'createdAt' | 'fullName' | 'email';
export interface CustomerSort {
  field: CustomerSortField;
  direction: 1 | -1;
}

/** A stretch of the active customers that match, by id: after `afterId`, up to and including `upToId`. */
export interface AudienceRequest {
  filter: AudienceCriteria;
  afterId?: string;
  upToId: string;
  limit: number;
}

export interface AudienceCriteria {
  tag?: string | undefined;
  city?: string | undefined;
  company?: string | undefined;
  language?: string | undefined;
}
