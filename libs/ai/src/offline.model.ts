import {
  correctSpelling,
  coverageOf,
  coveredShare,
  formatDate,
  terms,
  vocabularyOf,
  type PlaceInTime,
  type Vocabulary,
} from '@app/language';
import { citationMark } from './citations.js';
import { LanguageModel, type ModelHealth, type ModelReply, type ModelRequest, type PromptRecord } from './language-model.js';
import { asQuote, evidenceFor, placeOf, readNotice, type Evidence, type ReadNotice } from './offline.evidence.js';
import { intentOf, type Intent } from './offline.intents.js';
import { asksAboutAnother } from './offline.persons.js';
import { PHRASES, type ProfileField } from './offline.phrases.js';
import { continueFrom, readQuestions, type Question } from './offline.questions.js';

const NAME = 'offline';
const MODEL = 'extractive-1';
/** More than this many names in one question back help nobody. */
const NAMED_NOTICES = 4;
const LABEL_LENGTH = 60;
const SAID_FLOOR = 0.6;

interface Answer {
  text: string;
  needsHuman: boolean;
  /** It quotes a notice, so that asking for further wishes is fitting. */
  quotes?: boolean;
}

/**
 * Answers without any model: by quoting the sentence of a notice that holds what was asked for. The same request gives
 * the same bytes. It computes and infers nothing; what no notice says, it does not know.
 */
export class OfflineModel extends LanguageModel {
  readonly name = NAME;

  async generate(request: ModelRequest, signal: AbortSignal): Promise<ModelReply> {
    signal.throwIfAborted();
    const { text, needsHuman } = new OfflineTurn(request).answer();
    return { text, provider: NAME, model: MODEL, finishReason: 'stop', usage: null, needsHuman, degraded: [] };
  }

  health(): ModelHealth[] {
    return [{ provider: NAME, model: MODEL, up: true, reason: null }];
  }
}

/** One request being answered. */
class OfflineTurn {
  private readonly phrases;
  private readonly notices: readonly ReadNotice[];
  private readonly profile: ReadonlyMap<string, string>;
  private readonly vocabulary: Vocabulary;

  constructor(private readonly request: ModelRequest) {
    this.phrases = PHRASES[request.lang];
    this.notices = request.records.filter(({ kind }) => kind === 'notice').map(readNotice);
    this.profile = readProfile(request.records.find(({ kind }) => kind === 'profile'));
    this.vocabulary = vocabularyOf(this.notices.flatMap(({ coverage }) => [...coverage.terms]));
  }

  answer(): Answer {
    const { question, history } = this.request;
    const asker = { fullName: this.profile.get('full_name') ?? null, notices: this.notices.map(({ record }) => record.text) };
    if (asksAboutAnother(question, asker)) return { text: this.phrases.otherPerson, needsHuman: false };
    const previous = history.findLast(({ role }) => role === 'user')?.text;
    const answers = readQuestions(correctSpelling(question, this.vocabulary), this.request).map((asked) => this.answerOne(asked, previous));
    const texts = [...new Set(answers.map(({ text }) => text))];
    const needsHuman = answers.some((answer) => answer.needsHuman);
    if (!needsHuman && answers.some(({ quotes }) => quotes) && this.request.lang === 'vi') texts.push(this.phrases.closing);
    return { text: texts.join(' '), needsHuman };
  }

  private answerOne(question: Question, previous: string | undefined): Answer {
    const intent = intentOf(question);
    return intent.kind === 'profile' ? this.fromProfile(intent.field) : this.byIntent[intent.kind](question, previous);
  }

  private readonly byIntent: Readonly<
    Record<Exclude<Intent['kind'], 'profile'>, (question: Question, previous: string | undefined) => Answer>
  > = {
    human: () => ({ text: this.phrases.human, needsHuman: true }),
    complaint: () => ({ text: this.phrases.complaint, needsHuman: true }),
    greeting: () => ({ text: this.phrases.greeting, needsHuman: false }),
    thanks: () => ({ text: this.phrases.thanks, needsHuman: false }),
    acknowledged: () => ({ text: this.phrases.closing, needsHuman: false }),
    introduction: () => ({ text: this.phrases.introduction, needsHuman: false }),
    said: (question) => this.fromMessages(question),
    newest: (question) => this.newestNotice(question),
    detail: (question, previous) => this.fromNotices(continueFrom(question, previous, this.request)),
  };

  private fromProfile(field: ProfileField): Answer {
    const value = this.profile.get(field);
    return value === undefined
      ? { text: this.phrases.noProfile(field), needsHuman: true }
      : { text: this.phrases.profile(field, value), needsHuman: false };
  }

  /** The customer's own words: those about the subject, else the last ones. */
  private fromMessages({ subject, time }: Question): Answer {
    const { records, history } = this.request;
    const said = [
      ...records
        .filter(({ kind, role }) => kind === 'message' && role === 'user')
        .sort((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0)),
      ...(time.range === null ? history.filter(({ role }) => role === 'user').map(({ text }) => ({ text, at: null, id: null })) : []),
    ].filter(({ at }) => time.range === null || (at !== null && at >= time.range.from && at < time.range.to));
    const fitting = subject.isNamed ? said.filter(({ text }) => coveredShare(subject, coverageOf(terms(text), [])) >= SAID_FLOOR) : said;
    const last = fitting.at(-1);
    if (last === undefined) return { text: this.phrases.nothingSaid, needsHuman: false };
    const mark = last.id === null ? '' : citationMark({ kind: 'message', id: last.id });
    return { text: this.phrases.youSaid(last.text, last.at && this.day(last.at), mark), needsHuman: false };
  }

  /** Of a time that the question names: what was sent then, or else what speaks of it. */
  private newestNotice({ time }: Question): Answer {
    const live = this.notices.filter(({ record }) => !record.supersededBy).sort(newestFirst);
    const place = (notice: ReadNotice): PlaceInTime => placeOf(notice, time, this.request.timeZone);
    const wasSent = ({ record: { at } }: ReadNotice): boolean =>
      time.range !== null && at !== null && at >= time.range.from && at < time.range.to;
    const newest = time.range === null ? live[0] : (live.find(wasSent) ?? live.find((notice) => place(notice) !== 'outside'));
    if (newest === undefined) return { text: this.phrases.noNotice, needsHuman: true };
    return this.quoting(newest.record, newest.sentences.map(({ text }) => asQuote(text)).join(', ')); // prettier-ignore
  }

  private fromNotices(question: Question): Answer {
    const { order } = question.time;
    const candidates = this.notices.filter(({ record }) => Boolean(record.supersededBy) === (order === 'earlier'));
    const found = asksNothing(question) ? [] : evidenceFor(question, candidates, this.request.timeZone);
    const [first, ...others] = order === null ? found : found.slice(0, 1);
    if (first === undefined) return { text: this.phrases.unknown, needsHuman: true };
    if (others.length > 0) {
      const labels = [first, ...others].slice(0, NAMED_NOTICES).map((evidence) => this.label(evidence));
      return { text: this.phrases.which(labels), needsHuman: false };
    }
    const answer = this.quoting(first.notice.record, first.quotes.join(', '));
    if (first.missing.length === 0) return answer;
    return { text: `${answer.text} ${this.phrases.missing(first.missing)}`, needsHuman: true };
  }

  private quoting(record: PromptRecord, quotes: string): Answer {
    const mark = citationMark({ kind: 'notice', id: record.id });
    const say = record.supersededBy ? this.phrases.replaced : this.phrases.quote;
    return { text: say(this.day(record.at ?? this.request.now), quotes, mark), needsHuman: false, quotes: true };
  }

  private label({ notice: { record, sentences } }: Evidence): string {
    const name = record.subject || (sentences[0]?.text ?? '');
    const short = [...name].length > LABEL_LENGTH ? `${[...name].slice(0, LABEL_LENGTH - 1).join('')}…` : name;
    return this.phrases.notice(short, this.day(record.at ?? this.request.now));
  }

  private day(at: Date): string {
    return formatDate(at, this.request.lang, this.request.timeZone);
  }
}

/** Neither a subject, nor a kind of figure, nor days; or days alone and "when": "hôm nay là thứ mấy?" is not about notices. */
const asksNothing = ({ subject, aspects, time }: Question): boolean =>
  subject.units.length === 0 && (time.range === null ? aspects.length === 0 : aspects.includes('when'));

const newestFirst = (a: ReadNotice, b: ReadNotice): number => (b.record.at?.getTime() ?? 0) - (a.record.at?.getTime() ?? 0);

/** The `name: value` lines of a profile record. */
function readProfile(record: PromptRecord | undefined): Map<string, string> {
  const lines = record?.text.split('\n') ?? [];
  const entries = lines.map((line) => /^\s*([a-z_]+)\s*:\s*(\S.*?)\s*$/i.exec(line)).filter((match) => match !== null);
  return new Map(entries.map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}
