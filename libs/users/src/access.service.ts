import { Injectable } from '@nestjs/common';
import { Clock, type Actor } from '@app/common';
import type { TokenClaims } from './token.service.js';
import type { User } from './user.js';
import { UserService } from './user.service.js';

/** How long what is known of an account is believed: the promise is that a disabled user is out everywhere within 5 s. */
const BELIEVED_MS = 2_000;
const MOST_KEPT = 10_000;

interface Known {
  readAt: number;
  user: Promise<User | null>;
}

/** Who stands behind a token now. Reads each account at most once in two seconds per process. */
@Injectable()
export class AccessService {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly users: UserService,
    private readonly clock: Clock,
  ) {}

  /** Null when the account is gone or disabled, or has voided the token since. */
  async actorOf({ userId, tokenVersion }: TokenClaims): Promise<Actor | null> {
    const user = await this.read(userId);
    if (!user?.isActive || user.tokenVersion !== tokenVersion) return null;
    return { id: user.id, isSuperuser: user.isSuperuser };
  }

  private read(userId: string): Promise<User | null> {
    const now = this.clock.now().getTime();
    const known = this.known.get(userId);
    // A clock that was set back must not prolong what is believed.
    if (known && now >= known.readAt && now - known.readAt < BELIEVED_MS) return known.user;
    const user = this.users.find(userId);
    this.remember(userId, { readAt: now, user });
    return user;
  }

  /** Keeps the entries in the order of reading, so that the oldest goes first. A failed read is not kept. */
  private remember(userId: string, entry: Known): void {
    this.known.delete(userId);
    this.known.set(userId, entry);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KEPT && oldest !== undefined) this.known.delete(oldest);
    entry.user.catch(() => {
      if (this.known.get(userId) === entry) this.known.delete(userId);
    });
  }
}
