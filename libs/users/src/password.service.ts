import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { compare, hash } from 'bcrypt';
import { exceedsPasswordBytes } from './user.rules.js';

/** About 65 ms on the reference machine (OWASP Password Storage Cheat Sheet: 10 or more). */
const BCRYPT_COST = 10;

/** Hashes passwords with bcrypt and compares them in the same time whether or not there is a hash to compare with. */
@Injectable()
export class PasswordService {
  /** What an unknown account's password is compared with, so that the answer takes as long as for a known one. */
  private readonly decoy = hash(randomUUID(), BCRYPT_COST);

  hash(password: string): Promise<string> {
    return hash(password, BCRYPT_COST);
  }

  /** Whether `password` is the one behind `stored`; never for a missing hash, nor for a password bcrypt would cut. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    const same = await compare(password, stored ?? (await this.decoy));
    return same && stored !== undefined && !exceedsPasswordBytes(password);
  }
}
