import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { insertOne } from '@app/connections';
import type { Model } from 'mongoose';
import { UserRecord } from './user.schema.js';

export type NewUserRecord = Omit<UserRecord, '_id' | 'createdAt' | 'updatedAt'>;

/** The `users` collection. Unique indexes speak through the driver's duplicate key errors. */
@Injectable()
export class UserRepository {
  constructor(@InjectModel(UserRecord.name) private readonly users: Model<UserRecord>) {}

  async isEmpty(): Promise<boolean> {
    return (await this.users.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()) === null;
  }

  insert(user: NewUserRecord): Promise<UserRecord> {
    return insertOne(this.users, user);
  }

  findById(id: string): Promise<UserRecord | null> {
    return this.users.findById(id).lean<UserRecord>().exec();
  }

  /** By a folded username, or a folded e-mail address: only the latter holds an `@`. */
  findByName(fold: string): Promise<UserRecord | null> {
    return this.users
      .findOne(fold.includes('@') ? { emailFold: fold } : { usernameFold: fold })
      .lean<UserRecord>()
      .exec();
  }
}
