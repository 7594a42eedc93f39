import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Page, PageRequest } from '@app/common';
import { duplicatesOf, findPage } from '@app/connections';
import { Types, type Model, type QueryFilter } from 'mongoose';
import { SESSIONS, type SessionDocument, type TurnClaim } from './session.schema.js';
import { toSession, type Session, type SessionFilter } from './session.js';

/** How far a session has come: its newest message and when that was. */
export interface SessionProgress {
  sessionId: string;
  lastSeq: number;
  at: Date;
}

/** What the end of a turn changes in its session, besides giving up the claim. */
export interface TurnEnd {
  lastSeq: number;
  at: Date;
  lang?: string;
  needsHuman?: boolean;
}

@Injectable()
export class SessionRepository {
  constructor(@InjectModel(SESSIONS) private readonly model: Model<SessionDocument>) {}

  async findById(id: string): Promise<Session | null> {
    const found = await this.model.findById(id).lean<SessionDocument>();
    return found && toSession(found);
  }

  async findOpen(customerIds: readonly string[]): Promise<Session[]> {
    const found = await this.model.find({ customerId: { $in: [...customerIds] }, isOpen: true }).lean<SessionDocument[]>();
    return found.map(toSession);
  }

  /** Opens a session for each customer who has none: where someone else was faster, theirs stays. */
  async insertOpen(customerIds: readonly string[], now: Date): Promise<void> {
    const fresh = { isOpen: true, lastSeq: 0, lastActivityAt: now, needsHuman: false, createdAt: now, updatedAt: now };
    const documents = customerIds.map((customerId) => ({ ...fresh, customerId: new Types.ObjectId(customerId) }));
    await duplicatesOf(this.model.collection.insertMany(documents, { ordered: false }));
  }

  /** Closes the open sessions that saw nothing since `before`; of `ids` only, when given. Returns how many. */
  async closeIdle(before: Date, now: Date, ids?: readonly string[]): Promise<number> {
    const result = await this.model.updateMany(
      { ...(ids && { _id: { $in: [...ids] } }), isOpen: true, lastActivityAt: { $lt: before } },
      { $set: { isOpen: false, updatedAt: now } },
    );
    return result.modifiedCount;
  }

  /** Returns false when there is no such session. */
  async close(id: string, now: Date): Promise<boolean> {
    const result = await this.model.updateOne({ _id: id }, { $set: { isOpen: false, updatedAt: now } });
    return result.matchedCount > 0;
  }

  /** Takes the turn if nobody holds it. Returns the session as it was before, or null when someone holds it, or it is closed or gone. */
  async claim(id: string, claim: TurnClaim, now: Date, evenClosed: boolean): Promise<Session | null> {
    const free: QueryFilter<SessionDocument> = { $or: [{ turn: { $exists: false } }, { 'turn.until': { $lte: now } }] };
    const before = await this.model
      .findOneAndUpdate(
        { _id: id, ...(evenClosed ? {} : { isOpen: true }), ...free },
        { $set: { turn: claim, lastActivityAt: now, updatedAt: now } },
        { returnDocument: 'before' },
      )
      .lean<SessionDocument>();
    return before && toSession(before);
  }

  /** Returns false when the claim is no longer held. */
  async renew(id: string, token: string, until: Date): Promise<boolean> {
    const result = await this.model.updateOne({ _id: id, 'turn.token': token }, { $set: { 'turn.until': until } });
    return result.matchedCount > 0;
  }

  /** Gives up the claim and records what the turn changed. Returns false when the claim was no longer held. */
  async release(id: string, token: string, end: TurnEnd): Promise<boolean> {
    const { lastSeq, at, lang, needsHuman } = end;
    const set = { updatedAt: at, ...(lang !== undefined && { lang }), ...(needsHuman !== undefined && { needsHuman }) };
    const result = await this.model.updateOne(
      { _id: id, 'turn.token': token },
      { $set: set, $unset: { turn: 1 }, $max: { lastSeq, lastActivityAt: at } },
    );
    return result.matchedCount > 0;
  }

  /** Sessions whose claim ran out: the process that held it is gone, or was held up. */
  async findAbandoned(now: Date, limit: number): Promise<Session[]> {
    const found = await this.model
      .find({ 'turn.until': { $lt: now } })
      .limit(limit)
      .lean<SessionDocument[]>();
    return found.map(toSession);
  }

  /** Moves sessions on, never back. Returns the ids of those that no longer exist. */
  async advance(progress: readonly SessionProgress[], now: Date): Promise<string[]> {
    const result = await this.model.collection.bulkWrite(
      progress.map(({ sessionId, lastSeq, at }) => ({
        updateOne: {
          filter: { _id: new Types.ObjectId(sessionId) },
          update: { $max: { lastSeq, lastActivityAt: at }, $set: { updatedAt: now } },
        },
      })),
      { ordered: false },
    );
    if (result.matchedCount === progress.length) return [];
    const ids = progress.map(({ sessionId }) => sessionId);
    const existing = new Set((await this.model.find({ _id: { $in: ids } }, { _id: 1 }).lean()).map(({ _id }) => _id.toHexString()));
    return ids.filter((id) => !existing.has(id));
  }

  async setNeedsHuman(id: string, needsHuman: boolean, now: Date): Promise<void> {
    await this.model.updateOne({ _id: id }, { $set: { needsHuman, updatedAt: now } });
  }

  async exists(id: string): Promise<boolean> {
    return (await this.model.exists({ _id: id })) !== null;
  }

  async list(filter: SessionFilter, page: PageRequest): Promise<Page<Session>> {
    const found = await findPage(
      this.model,
      { list: SESSIONS, filter: { ...filter }, sort: { field: 'lastActivityAt', direction: -1 } },
      page,
    );
    return { ...found, items: found.items.map(toSession) };
  }

  async count(customerId: string): Promise<number> {
    return this.model.countDocuments({ customerId });
  }

  async idsOf(customerIds: readonly string[]): Promise<{ id: string; customerId: string }[]> {
    const found = await this.model.find({ customerId: { $in: [...customerIds] } }, { customerId: 1 }).lean();
    return found.map(({ _id, customerId }) => ({ id: _id.toHexString(), customerId: customerId.toHexString() }));
  }

  /** Ends every session of these customers at once, and with it the claim of a turn that is being answered. */
  async revoke(customerIds: readonly string[], now: Date): Promise<void> {
    await this.model.updateMany(
      { customerId: { $in: [...customerIds] } },
      { $set: { isOpen: false, updatedAt: now }, $unset: { turn: 1 } },
    );
  }

  async deleteById(id: string): Promise<boolean> {
    return (await this.model.deleteOne({ _id: id })).deletedCount > 0;
  }

  async deleteOf(customerIds: readonly string[]): Promise<number> {
    return (await this.model.deleteMany({ customerId: { $in: [...customerIds] } })).deletedCount;
  }
}
