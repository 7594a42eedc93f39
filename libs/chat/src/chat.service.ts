import { Injectable } from '@nestjs/common';
import { LanguageModel, type AnswerLanguage } from '@app/ai';
import { ChatWindow, MessageService, TurnService, type Message, type ReplyDetails, type Turn, type TurnAnswer } from '@app/chat-memory';
import { Clock, raise } from '@app/common';
import { Config } from '@app/config';
import { CustomerNotFoundError, CustomerService, type Customer } from '@app/customers';
import { guessLanguage } from '@app/language';
import { NoticeService } from '@app/notifications';
import { toAnswer } from './answer.js';
import { DelimiterSource } from './delimiter.source.js';
import { toProfileRecord } from './profile.js';
import { assemblePrompt } from './prompt.assembler.js';
import { RecallService } from './recall.service.js';

/** A message of a customer. `content` is normalised by the rule of its field. */
export interface SendMessage {
  customerId: string;
  content: string;
  sessionId?: string;
  clientMessageId?: string;
}

/** One turn: what the customer said, and what was answered. */
export interface AnsweredTurn {
  turnId: string;
  message: Message;
  reply: Message;
  details: ReplyDetails;
}

const LANGUAGES: readonly string[] = ['vi', 'en'] satisfies AnswerLanguage[];
const asLanguage = (tag: string | null): AnswerLanguage | null => {
  const [primary = ''] = (tag ?? '').toLowerCase().split('-');
  return LANGUAGES.includes(primary) ? (primary as AnswerLanguage) : null;
};

const toAnswered = (message: Message, reply: Message): AnsweredTurn => ({
  turnId: reply.turnId ?? message.id,
  message,
  reply,
  details: reply.reply ?? raise(new Error(`message ${reply.id} is answered without details`)),
});

/** The assistant: one turn after another with each customer, from what is known of that customer alone. */
@Injectable()
export class ChatService {
  constructor(
    private readonly customers: CustomerService,
    private readonly turns: TurnService,
    private readonly window: ChatWindow,
    private readonly messages: MessageService,
    private readonly recall: RecallService,
    private readonly notices: NoticeService,
    private readonly model: LanguageModel,
    private readonly delimiters: DelimiterSource,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the message, has it answered and stores the answer. The message stays also when no provider answers
   * (`ModelUnavailableError`); sent again with its `clientMessageId` it is then the same turn. Raises what
   * `TurnService.begin` raises, and `CustomerNotFoundError`.
   */
  async send({ customerId, content, ...options }: SendMessage): Promise<AnsweredTurn> {
    const customer = await this.customers.get(customerId);
    try {
      const start = await this.turns.begin({ customerId, content, lang: guessLanguage(content), ...options });
      if (start.isAnswered) return toAnswered(start.message, start.reply);
      const { turn } = start;
      const reply = await this.turns.run(turn, (signal) => this.answer(customer, turn, signal));
      return toAnswered(turn.message, reply);
    } finally {
      await this.withdrawIfErased(customerId);
    }
  }

  private async answer(customer: Customer, { session, message }: Turn, signal: AbortSignal): Promise<TurnAnswer> {
    const started = performance.now();
    const now = this.clock.now();
    const { timezone: timeZone, memory } = this.config;
    const delimiter = this.delimiters.next();
    const lang = asLanguage(message.lang) ?? asLanguage(session.lang) ?? asLanguage(customer.language) ?? 'vi';
    const [reading, recalled] = await Promise.all([
      this.window.read({ customerId: customer.id, sessionId: session.id }, message.seq),
      this.recall.recall(message, now),
      this.notices.recordReply(customer.id, message.createdAt),
    ]);
    const { request, trace } = assemblePrompt({
      ...recalled,
      profile: toProfileRecord(customer),
      recent: reading.messages,
      question: message.text,
      lang,
      now,
      timeZone,
      budget: memory.promptBudgetTokens,
      delimiter,
    });
    const assembled = performance.now();
    const reply = await this.model.generate(request, signal);
    return toAnswer(reply, {
      request,
      trace: { ...trace, assemblyMs: round(assembled - started) },
      delimiter,
      degraded: reading.degraded ? ['redis'] : [],
      latencyMs: round(performance.now() - assembled),
    });
  }

  /** What was written for a customer who was erased meanwhile must not stay. */
  private async withdrawIfErased(customerId: string): Promise<void> {
    const erased = await this.customers.unknownIds([customerId]);
    if (erased.length === 0) return;
    await this.messages.withdrawFor(erased);
    throw new CustomerNotFoundError(customerId);
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
