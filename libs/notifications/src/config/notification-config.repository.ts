import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock, type Page, type PageRequest } from '@app/common';
import { findPage, insertOne, isDuplicateKey } from '@app/connections';
import { fold } from '@app/language';
import { Types, type Model, type QueryFilter } from 'mongoose';
import { checksumOf } from '../template/template.renderer.js';
import type { TemplateVariable } from '../template/template.variables.js';
import type { ConfigContent, ConfigFilter, ConfigVersion, NotificationConfig } from './notification-config.js';
import {
  NOTIFICATION_CONFIG_VERSIONS,
  NOTIFICATION_CONFIGS,
  type ConfigDocument,
  type ConfigVersionDocument,
} from './notification-config.schema.js';

/** Content with what was read out of its templates. */
export type CheckedContent = ConfigContent & { variables: TemplateVariable[] };

const keysOf = ({ name, description }: ConfigContent): { nameKey: string; searchFold: string } => ({
  nameKey: name.toLowerCase().normalize('NFC'),
  searchFold: fold(`${name} ${description ?? ''}`),
});

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `notification_configs` and their versions. A change is a compare-and-set on the version. */
@Injectable()
export class NotificationConfigRepository {
  constructor(
    @InjectModel(NOTIFICATION_CONFIGS) private readonly configs: Model<ConfigDocument>,
    @InjectModel(NOTIFICATION_CONFIG_VERSIONS) private readonly versions: Model<ConfigVersionDocument>,
    private readonly clock: Clock,
  ) {}

  async insert(content: CheckedContent, createdBy: string): Promise<NotificationConfig> {
    const now = this.clock.now();
    return toConfig(
      await insertOne(this.configs, { ...content, ...keysOf(content), version: 1, createdBy, createdAt: now, updatedAt: now }),
    );
  }

  /** Null when the config is gone or no longer has this version. */
  async replace(id: string, version: number, content: CheckedContent): Promise<NotificationConfig | null> {
    const replaced = await this.configs
      .findOneAndUpdate(
        { _id: id, version },
        { $set: { ...content, ...keysOf(content), updatedAt: this.clock.now() }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      )
      .lean<ConfigDocument>();
    return replaced && toConfig(replaced);
  }

  async findById(id: string): Promise<NotificationConfig | null> {
    const found = await this.configs.findById(id).lean<ConfigDocument>();
    return found && toConfig(found);
  }

  async namesOf(ids: readonly string[]): Promise<Map<string, string>> {
    const found = await this.configs.find({ _id: { $in: [...ids] } }, { name: 1 }).lean<Pick<ConfigDocument, '_id' | 'name'>[]>();
    return new Map(found.map(({ _id, name }) => [_id.toHexString(), name]));
  }

  async list({ search, notificationType, isActive }: ConfigFilter, page: PageRequest): Promise<Page<NotificationConfig>> {
    const words = fold(search ?? '')
      .split(/\s+/)
      .filter((word) => word !== '');
    const filter: QueryFilter<ConfigDocument> = {
      ...(notificationType && { notificationType }),
      ...(isActive !== undefined && { isActive }),
      ...(words.length > 0 && { $and: words.map((word) => ({ searchFold: { $regex: escapePattern(word) } })) }),
    };
    const found = await findPage(this.configs, { list: NOTIFICATION_CONFIGS, filter, sort: { field: 'createdAt', direction: -1 } }, page);
    return { ...found, items: found.items.map(toConfig) };
  }

  async delete(id: string): Promise<boolean> {
    return (await this.configs.deleteOne({ _id: id })).deletedCount === 1;
  }

  /** Keeps a config as it is now, for whatever is sent with it. Safe to repeat. */
  async keepVersion(config: NotificationConfig): Promise<void> {
    const { id, version, subject, bodyTemplate, notificationType, topicVariables, variables } = config;
    const content = { subject, bodyTemplate, notificationType, topicVariables, variables };
    try {
      await insertOne(this.versions, {
        configId: new Types.ObjectId(id),
        version,
        ...content,
        checksum: checksumOf(content),
        createdAt: this.clock.now(),
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async findVersion(configId: string, version: number): Promise<ConfigVersion | null> {
    const found = await this.versions.findOne({ configId, version }).lean<ConfigVersionDocument>();
    return found && toVersion(found);
  }
}

function toConfig(document: ConfigDocument): NotificationConfig {
  const { _id, nameKey: _nameKey, searchFold: _searchFold, ...content } = document;
  return { id: _id.toHexString(), ...content };
}

function toVersion({
  configId,
  version,
  subject,
  bodyTemplate,
  notificationType,
  topicVariables,
  variables,
}: ConfigVersionDocument): ConfigVersion {
  return { configId: configId.toHexString(), version, subject, bodyTemplate, notificationType, topicVariables, variables };
}
