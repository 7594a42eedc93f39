import {
  ASPECT_SLOTS,
  coverageOf,
  coveredShare,
  extractSlots,
  fold,
  placeInTime,
  sentences,
  terms,
  type Aspect,
  type Concept,
  type Coverage,
  type PlaceInTime,
  type Sentence,
  type Slot,
  type SlotKind,
} from '@app/language';
import type { PromptRecord } from './language-model.js';
import type { Question } from './offline.questions.js';

interface ReadSentence extends Sentence {
  figures: readonly Slot[];
  coverage: Coverage;
}

/** A notice read for answering. */
export interface ReadNotice {
  record: PromptRecord;
  sentences: readonly ReadSentence[];
  slots: readonly Slot[];
  coverage: Coverage;
}

/** A notice that answers a question: the sentences to quote, and what was asked but is not in it. */
export interface Evidence {
  notice: ReadNotice;
  quotes: readonly string[];
  missing: readonly Aspect[];
  share: number;
  place: PlaceInTime;
}

/** Below this share of its subject a notice is about something else. */
const FLOOR = 0.6;
/** Shares closer than this are equal. */
const TIE = 0.05;
/** Holding the figure counts more than being close to the subject. */
const FIT_WEIGHT = 10;
const NAMED_FIGURE_GAIN = 0.5;
const FIGURE_OF: Readonly<Partial<Record<Concept, SlotKind>>> = {
  charge: 'amount',
  price: 'amount',
  money: 'amount',
  code: 'code',
  due: 'date',
};
const QUOTED_SENTENCES = 2;
const PLACE_RANK: Readonly<Record<PlaceInTime, number>> = { named: 3, mentioned: 2, sent: 1, outside: 0 };
const PLACE =
  /\b(?:tai|dia chi|dia diem|address|located|location|venue|at|office|van phong|chi nhanh|so \d+|duong|quan|phuong|street|road|ward|district)\b/;
const WAY =
  /\b(?:qua|bang cach|bang the|ung dung|chuyen khoan|truy cap|bam|soan|goi|quet|tai app|via|app|by (?:card|transfer|cash)|scan|click|visit|call)\b/;
const DURATION =
  /\b(?:trong|sau|within|in) (?:vong )?\d+ (?:phut|gio|ngay|tuan|thang|minutes?|hours?|(?:working |business )?days?|weeks?)\b/;
const DESCRIBED: Readonly<Partial<Record<Aspect, RegExp>>> = { where: PLACE, how: WAY };
const CLOSING_MARKS = /[.!?…]+$/;

const figuresIn = ({ start, end }: Sentence, slots: readonly Slot[]): Slot[] =>
  slots.filter((slot) => slot.start >= start && slot.end <= end);

export function readNotice(record: PromptRecord): ReadNotice {
  const text = record.text.normalize('NFC');
  const subject = record.subject ?? '';
  const slots = extractSlots(text);
  const parts = sentences(text).map((sentence): ReadSentence => {
    const figures = figuresIn(sentence, slots);
    return { ...sentence, figures, coverage: coverageOf(terms(sentence.text), figures) };
  });
  const allTerms = [...terms(subject), ...parts.flatMap(({ coverage }) => [...coverage.terms])];
  return { record, sentences: parts, slots: [...slots, ...extractSlots(subject)], coverage: coverageOf(allTerms, slots) };
}

/** Where a notice stands to the days a question names. One that has no date of its own stands outside. */
export const placeOf = ({ record: { at }, slots }: ReadNotice, time: Question['time'], timeZone: string): PlaceInTime =>
  at === null ? 'outside' : placeInTime(time, { at, slots }, timeZone);

/** A month alone answers "when" worse than a day or an hour does, and a percentage "how much" worse than an amount. */
const precision = ({ kind, value }: Slot): number =>
  kind === 'percent' || (kind === 'date' && /^(?:\d{4}-|--)\d{2}$/.test(value)) ? 1 : 2;

function fitOf(aspect: Aspect, { text, figures }: ReadSentence): number {
  const pattern = DESCRIBED[aspect];
  if (pattern !== undefined) return pattern.test(fold(text)) ? 2 : 0;
  const span = aspect === 'when' && DURATION.test(fold(text)) ? 1 : 0;
  return Math.max(span, ...figures.filter(({ kind }) => ASPECT_SLOTS[aspect].includes(kind)).map(precision));
}

/** The first of those with the highest score above zero. */
function best<T>(items: readonly T[], score: (item: T) => number): T | undefined {
  let found: { item: T; score: number } | undefined;
  for (const item of items) {
    const value = score(item);
    if (value > (found?.score ?? 0)) found = { item, score: value };
  }
  return found?.item;
}

/** "Phí vận chuyển modem" asks for nothing, but it is the sentence with the amount that is wanted. */
const holdsWhatIsNamed = ({ units }: Question['subject'], { figures }: ReadSentence): boolean =>
  units.some((unit) => 'concept' in unit && figures.some(({ kind }) => FIGURE_OF[unit.concept] === kind));

/** The sentences of a notice that hold what was asked for; without such a wish the whole of a short notice, or what fits best. */
function quotesFor({ aspects, subject }: Question, { sentences: parts }: ReadNotice): { quotes: Sentence[]; missing: Aspect[] } {
  const closeness = ({ coverage }: ReadSentence): number => coveredShare(subject, coverage);
  const found = new Map(
    aspects.map((aspect) => [
      aspect,
      best(parts, (part) => (fitOf(aspect, part) === 0 ? 0 : fitOf(aspect, part) * FIT_WEIGHT + closeness(part))),
    ]),
  );
  const missing = aspects.filter((aspect) => found.get(aspect) === undefined);
  if (aspects.length > 0) return { quotes: inOrder([...found.values()]), missing };
  const isShort = parts.length <= QUOTED_SENTENCES;
  return {
    quotes: isShort
      ? [...parts]
      : inOrder([best(parts, (part) => closeness(part) + (holdsWhatIsNamed(subject, part) ? NAMED_FIGURE_GAIN : Number.EPSILON))]),
    missing,
  };
}

const inOrder = (parts: readonly (Sentence | undefined)[]): Sentence[] =>
  [...new Set(parts)].filter((part) => part !== undefined).sort((a, b) => a.start - b.start);

/** A quotation as it stands in the notice, but for its closing mark. */
export const asQuote = (sentence: string): string => `"${sentence.replace(CLOSING_MARKS, '')}"`;

/**
 * The notices that answer a question equally well, newest first; empty when none is above the floor, none holds a figure
 * that was asked for, or none has to do with the days it names.
 */
export function evidenceFor(question: Question, notices: readonly ReadNotice[], timeZone: string): Evidence[] {
  const found = notices.flatMap((notice): Evidence[] => {
    const share = coveredShare(question.subject, notice.coverage);
    const place = placeOf(notice, question.time, timeZone);
    if (share < FLOOR || (question.time.range !== null && place === 'outside')) return [];
    const { quotes, missing } = quotesFor(question, notice);
    return quotes.length === 0 ? [] : [{ notice, quotes: quotes.map(({ text }) => asQuote(text)), missing, share, place }];
  });
  const highest = (score: (evidence: Evidence) => number, slack = 0) => (among: readonly Evidence[]): Evidence[] => {
    const top = Math.max(...among.map(score));
    return among.filter((evidence) => score(evidence) >= top - slack);
  }; // prettier-ignore
  const fitting = highest(({ missing }) => -missing.length)(found);
  const placed = highest(({ place }) => PLACE_RANK[place])(fitting);
  return highest(({ share }) => share, TIE)(placed).sort((a, b) => timeOf(b) - timeOf(a));
}

const timeOf = ({ notice }: Evidence): number => notice.record.at?.getTime() ?? 0;
