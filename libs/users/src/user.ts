/** An account of a member of staff. */
export interface User {
  id: string;
  username: string;
  email: string;
  fullName: string;
  isActive: boolean;
  isSuperuser: boolean;
  /** Tokens that carry another version are void. */
  tokenVersion: number;
  createdAt: Date;
}

/** What somebody fills in to get an account; each field has passed its rule. */
export interface Registration {
  username: string;
  email: string;
  fullName: string;
  password: string;
}
