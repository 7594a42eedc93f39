/** A request that its caller may repeat. */
export interface KeyedRequest {
  /** Whose key it is, and for which route: keys of others never meet. */
  scope: string;
  key: string;
  /** Tells one payload from another. */
  requestHash: string;
}

/** What the request makes, should this be the first time it is made. */
export interface Resource {
  id: string;
  /** The customer whose data the reply will hold: it goes when they are forgotten. */
  customerId?: string;
}

/** A reply as it went out: the body word for word. */
export interface StoredReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The right to do the request. What it makes bears `resourceId`, however often it is tried. */
export interface Claim extends Pick<KeyedRequest, 'scope' | 'key'> {
  token: string;
  resourceId: string;
}

export type Begun = { kind: 'run'; claim: Claim } | { kind: 'replay'; reply: StoredReply };
