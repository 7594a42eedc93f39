import { Injectable } from '@nestjs/common';
import { raise, type Actor, type Page, type PageRequest } from '@app/common';
import { isDuplicateOf } from '@app/connections';
import { TaskService } from '@app/tasks';
import { ConfigBusyError, ConfigInUseError, ConfigNameTakenError, ConfigNotFoundError } from '../notification.errors.js';
import { TemplateRenderer } from '../template/template.renderer.js';
import type { ConfigContent, ConfigFilter, ConfigInput, ConfigPatch, NotificationConfig } from './notification-config.js';
import { NotificationConfigRepository, type CheckedContent } from './notification-config.repository.js';

/** Rounds of compare-and-set before a change gives up; each lost round means that another writer made progress. */
const MAX_ROUNDS = 50;

/**
 * What can be sent. Templates are checked whenever they are saved: a faulty one raises `TemplateInvalidError`. Unknown
 * ids raise {@link ConfigNotFoundError}, a taken name {@link ConfigNameTakenError}.
 */
@Injectable()
export class NotificationConfigService {
  constructor(
    private readonly repository: NotificationConfigRepository,
    private readonly renderer: TemplateRenderer,
    private readonly tasks: TaskService,
  ) {}

  async create(input: ConfigInput, actor: Actor): Promise<NotificationConfig> {
    return refuseTakenName(this.repository.insert(this.check(withDefaults(input)), actor.id));
  }

  async get(id: string): Promise<NotificationConfig> {
    return (await this.repository.findById(id)) ?? raise(new ConfigNotFoundError());
  }

  list(filter: ConfigFilter, page: PageRequest): Promise<Page<NotificationConfig>> {
    return this.repository.list(filter, page);
  }

  /** Makes the config have exactly this content; what is left out takes its default. */
  replace(id: string, input: ConfigInput): Promise<NotificationConfig> {
    return this.change(id, () => withDefaults(input));
  }

  /** Changes what the patch names and nothing else, whatever others change meanwhile. */
  merge(id: string, patch: ConfigPatch): Promise<NotificationConfig> {
    const changes = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    return this.change(id, (stored) => ({ ...contentOf(stored), ...changes }));
  }

  /** What was sent with it stays as it was sent. Raises {@link ConfigInUseError} while a send is under way. */
  async remove(id: string): Promise<void> {
    await this.get(id);
    if (await this.tasks.isUnderWay('send_notification', { name: 'configId', value: id })) throw new ConfigInUseError();
    if (!(await this.repository.delete(id))) throw new ConfigNotFoundError();
  }

  private async change(id: string, next: (stored: NotificationConfig) => ConfigContent): Promise<NotificationConfig> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const stored = await this.get(id);
      const written = await refuseTakenName(this.repository.replace(id, stored.version, this.check(next(stored))));
      if (written) return written;
    }
    throw new ConfigBusyError();
  }

  private check(content: ConfigContent): CheckedContent {
    const further: Record<string, string> = content.emailTemplate === null ? {} : { '/email_template': content.emailTemplate };
    return { ...content, variables: [...this.renderer.check(content, further)] };
  }
}

async function refuseTakenName<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    throw isDuplicateOf(error, 'nameKey') ? new ConfigNameTakenError(error) : error;
  }
}

const withDefaults = (input: ConfigInput): ConfigContent => ({
  name: input.name,
  description: input.description ?? null,
  subject: input.subject ?? null,
  bodyTemplate: input.bodyTemplate,
  emailTemplate: input.emailTemplate ?? null,
  notificationType: input.notificationType ?? 'info',
  topicVariables: input.topicVariables ?? null,
  isActive: input.isActive ?? true,
});

const contentOf = ({
  name,
  description,
  subject,
  bodyTemplate,
  emailTemplate,
  notificationType,
  topicVariables,
  isActive,
}: ConfigContent): ConfigContent => ({
  name,
  description,
  subject,
  bodyTemplate,
  emailTemplate,
  notificationType,
  topicVariables,
  isActive,
});
