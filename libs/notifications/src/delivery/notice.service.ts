import { Injectable } from '@nestjs/common';
import type { JsonObject } from '@app/common';
import { CustomerService } from '@app/customers';
import { NotificationConfigService } from '../config/notification-config.service.js';
import { PreviewSourceError } from '../notification.errors.js';
import { TemplateRenderer, type NoticeTemplate, type RenderedNotice } from '../template/template.renderer.js';
import type { TemplateVariable } from '../template/template.variables.js';
import { LedgerRepository } from './ledger.repository.js';
import { NoticeComposer } from './notice.composer.js';
import { NoticeRepository } from './notice.repository.js';
import type { NoticeRecord } from './notification.js';

/** What to preview: a stored config, or templates as they are written; for a customer, or for nobody in particular. */
export interface PreviewRequest {
  configId?: string;
  subject?: string | null;
  bodyTemplate?: string;
  customerId?: string;
  data: JsonObject;
}

export interface Preview extends RenderedNotice {
  variables: readonly TemplateVariable[];
}

/** Notices of one customer, for the assistant and for those who write them. */
@Injectable()
export class NoticeService {
  constructor(
    private readonly notices: NoticeRepository,
    private readonly ledger: LedgerRepository,
    private readonly configs: NotificationConfigService,
    private readonly customers: CustomerService,
    private readonly renderer: TemplateRenderer,
    private readonly composer: NoticeComposer,
  ) {}

  /** The newest 500 notices a customer has received, newest first. */
  async forCustomer(customerId: string): Promise<NoticeRecord[]> {
    const notices = await this.notices.findReached(customerId);
    const newest = new Map<string, string>();
    return notices.map((notice) => {
      const supersededBy = newest.get(notice.topicKey) ?? null;
      if (supersededBy === null) newest.set(notice.topicKey, notice.id);
      return { ...notice, supersededBy };
    });
  }

  /** The notice as a send would make it. Raises `TemplateInvalidError` and `RenderError`. */
  async preview(request: PreviewRequest): Promise<Preview> {
    const template = await this.templateOf(request);
    const variables = this.renderer.check(template);
    const customer = request.customerId === undefined ? null : await this.customers.get(request.customerId);
    return { ...this.composer.render(template, customer, request.data), variables };
  }

  /** Records that a customer wrote at `at`: the newest notice before it counts as answered, once. */
  async recordReply(customerId: string, at: Date): Promise<void> {
    await this.notices.recordReply(customerId, at);
  }

  /** Takes a person out of the ledger; see `LedgerRepository`. Returns how many lines were theirs. */
  async eraseFor(customerId: string): Promise<number> {
    return this.ledger.eraseCustomer(customerId);
  }

  private async templateOf({ configId, subject = null, bodyTemplate }: PreviewRequest): Promise<NoticeTemplate> {
    if (configId !== undefined && bodyTemplate === undefined && subject === null) return this.configs.get(configId);
    if (configId === undefined && bodyTemplate !== undefined) return { subject, bodyTemplate };
    throw new PreviewSourceError();
  }
}
