import type { NotificationType } from '../notification.rules.js';
import type { TemplateVariable } from '../template/template.variables.js';

/** What the author of a notification writes. */
export interface ConfigContent {
  name: string;
  description: string | null;
  subject: string | null;
  bodyTemplate: string;
  /** Checked and kept, never sent. */
  emailTemplate: string | null;
  notificationType: NotificationType;
  /** Null: every data value that is no figure. */
  topicVariables: string[] | null;
  isActive: boolean;
}

/** A notification as it can be sent: its templates, and what they ask for. */
export interface NotificationConfig extends ConfigContent {
  id: string;
  variables: TemplateVariable[];
  /** Raised by every change, from 1 on. */
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export type ConfigInput = Pick<ConfigContent, 'name' | 'bodyTemplate'> & Partial<ConfigContent>;
/** A change after RFC 7396: absent keeps, null clears. */
export type ConfigPatch = Partial<ConfigContent>;

/** Which configs a list shows. `search`: every word of it stands somewhere in name or description, whatever its case and marks. */
export interface ConfigFilter {
  search?: string;
  notificationType?: NotificationType;
  isActive?: boolean;
}

/** A config as it was when something was sent with it; never changes. */
export interface ConfigVersion {
  configId: string;
  version: number;
  subject: string | null;
  bodyTemplate: string;
  notificationType: NotificationType;
  topicVariables: string[] | null;
  variables: TemplateVariable[];
}
