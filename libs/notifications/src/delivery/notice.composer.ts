import { Injectable } from '@nestjs/common';
import type { JsonObject } from '@app/common';
import { Config } from '@app/config';
import type { Customer } from '@app/customers';
import type { ConfigVersion } from '../config/notification-config.js';
import { RenderError } from '../template/template.errors.js';
import { TemplateRenderer, type NoticeTemplate, type RenderedNotice } from '../template/template.renderer.js';
import type { RenderScope } from '../template/template.scope.js';
import { NoticeAnalyzer } from './notice.analysis.js';
import { topicKeyOf } from './notice.topic.js';
import { noticeText, type NoticeContent } from './notification.js';
import type { Verdict } from './ledger.repository.js';

const DEFAULT_LANGUAGE = 'vi';

/** From one recipient and their data to what becomes of them. */
export type Compose = (customer: Customer | null, data: JsonObject) => Verdict;

/** Makes the text of a notice for one recipient, and what it is found by. */
@Injectable()
export class NoticeComposer {
  private readonly analyzer = new NoticeAnalyzer();

  constructor(
    private readonly renderer: TemplateRenderer,
    private readonly config: Config,
  ) {}

  /** The text alone, as a send would make it. Raises `RenderError`. */
  render(template: NoticeTemplate, customer: Customer | null, data: JsonObject, strict = false): RenderedNotice {
    return this.renderer.compile(template).render(this.scope(customer, data), strict);
  }

  /** What becomes of each recipient of a send with this version; a customer that does not exist any more is null. */
  composing(version: ConfigVersion, strict: boolean): Compose {
    const compiled = this.renderer.compile(version);
    const dataNames = compiled.variables.filter(({ source }) => source === 'data').map(({ name }) => name);
    const { configId, topicVariables } = version;
    const content = (customer: Customer, data: JsonObject): NoticeContent => {
      const scope = this.scope(customer, data);
      const { subject, body } = compiled.render(scope, strict);
      const { lang, ...analysis } = this.analyzer.analyze(noticeText({ subject, body }));
      const topicKey = topicKeyOf({ configId, topicVariables, dataNames, scope, slots: analysis.slots });
      return { subject, body, ...analysis, topicKey, lang: lang ?? customer.language };
    };
    return (customer, data) => {
      if (customer === null) return { status: 'skipped', skipReason: 'deleted' };
      if (!customer.isActive) return { status: 'skipped', skipReason: 'inactive' };
      try {
        return { status: 'sending', content: content(customer, data) };
      } catch (error) {
        if (!(error instanceof RenderError)) throw error;
        return { status: 'failed', error: { code: error.code, text: error.message } };
      }
    };
  }

  private scope(customer: Customer | null, data: JsonObject): RenderScope {
    return { customer, data, language: customer?.language ?? DEFAULT_LANGUAGE, timezone: this.config.timezone };
  }
}
