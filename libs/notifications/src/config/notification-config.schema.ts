import { Schema, type Types } from 'mongoose';
import type { NotificationType } from '../notification.rules.js';
import type { TemplateVariable } from '../template/template.variables.js';
import type { ConfigContent } from './notification-config.js';

export const NOTIFICATION_CONFIGS = 'notification_configs';
export const NOTIFICATION_CONFIG_VERSIONS = 'notification_config_versions';

export interface ConfigDocument extends ConfigContent {
  _id: Types.ObjectId;
  /** The name in lower case. */
  nameKey: string;
  /** Name and description, folded. */
  searchFold: string;
  variables: TemplateVariable[];
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface ConfigVersionDocument {
  _id: Types.ObjectId;
  configId: Types.ObjectId;
  version: number;
  subject: string | null;
  bodyTemplate: string;
  notificationType: NotificationType;
  topicVariables: string[] | null;
  variables: TemplateVariable[];
  checksum: string;
  createdAt: Date;
}

const variables = { type: [new Schema({ name: String, required: Boolean, source: String }, { _id: false })], required: true };

export const configSchema = new Schema<ConfigDocument>(
  {
    name: { type: String, required: true },
    nameKey: { type: String, required: true },
    searchFold: { type: String, required: true },
    description: { type: String, default: null },
    subject: { type: String, default: null },
    bodyTemplate: { type: String, required: true },
    emailTemplate: { type: String, default: null },
    notificationType: { type: String, required: true },
    topicVariables: { type: [String], default: null },
    variables,
    isActive: { type: Boolean, required: true },
    version: { type: Number, required: true },
    createdBy: { type: String, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: NOTIFICATION_CONFIGS, versionKey: false },
);
configSchema.index({ nameKey: 1 }, { unique: true });
configSchema.index({ notificationType: 1, _id: 1 });
configSchema.index({ createdAt: 1, _id: 1 });
configSchema.index({ isActive: 1, createdAt: 1, _id: 1 });
configSchema.index({ searchFold: 1 });

export const configVersionSchema = new Schema<ConfigVersionDocument>(
  {
    configId: { type: Schema.Types.ObjectId, required: true },
    version: { type: Number, required: true },
    subject: { type: String, default: null },
    bodyTemplate: { type: String, required: true },
    notificationType: { type: String, required: true },
    topicVariables: { type: [String], default: null },
    variables,
    checksum: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: NOTIFICATION_CONFIG_VERSIONS, versionKey: false },
);
configVersionSchema.index({ configId: 1, version: 1 }, { unique: true });
