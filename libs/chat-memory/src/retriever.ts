import {
  ASPECT_SLOTS,
  askedAspects,
  correctSpelling,
  coverageOf,
  coveredShare,
  placeInTime,
  relatedTerms,
  subjectOf,
  terms,
  timeRange,
  vocabularyOf,
  type Aspect,
  type Coverage,
  type PlaceInTime,
  type Slot,
  type TimeReference,
  type Vocabulary,
} from '@app/language';
import { bm25, buildBm25, type Bm25Index } from './bm25.js';

/** Something a customer was told or said, with what was worked out of it when it was stored. */
export interface RetrievableRecord {
  id: string;
  kind: 'notice' | 'message' | 'fact';
  at: Date;
  text: string;
  subject: string | null;
  /** `terms` of `@app/language` over subject and text. */
  terms: readonly string[];
  slots: readonly Pick<Slot, 'kind' | 'value'>[];
  topicKey: string | null;
  /** Id of the notice that replaced this one. */
  supersededBy: string | null;
  notificationType: string | null;
}

/** What {@link search} runs on. Rebuilt when the records change; holds no reference to a customer but the records. */
export interface RetrievalIndex {
  records: readonly RetrievableRecord[];
  bm25: Bm25Index;
  vocabulary: Vocabulary;
  coverages: readonly Coverage[];
}

export interface RetrievedRecord {
  record: RetrievableRecord;
  /** Comparable only within one search. */
  score: number;
  /** To be quoted as replaced. */
  isReplaced: boolean;
}

export interface SearchOptions {
  now: Date;
  timeZone: string;
  /** At most so many records; 6 unless told. */
  limit?: number;
}

const LIMIT = 6;
/** Share of its subject that a record must mention to have to do with a question. */
const FLOOR = 0.55;
const RELATED_WEIGHT = 0.5;
const KIND_PRIOR: Readonly<Record<RetrievableRecord['kind'], number>> = { notice: 1.2, fact: 1.1, message: 1 };
const RECENCY_GAIN = 0.2;
const RECENCY_HALF_LIFE_DAYS = 30;
const DAY_MS = 86_400_000;
const HOLDS_THE_FIGURE = 1.3;
const PLACE_GAIN: Readonly<Record<PlaceInTime, number>> = { named: 4, mentioned: 3, sent: 2, outside: 0.5 };
const REPLACED_WHEN_ASKED = 2;
/** Records that mention nearly as much of the question as the best one compete by date when the newest is asked for. */
const NEARLY_AS_MUCH = 0.8;

export function buildIndex(records: readonly RetrievableRecord[]): RetrievalIndex {
  const index = buildBm25(records.map((record) => record.terms));
  return {
    records,
    bm25: index,
    vocabulary: vocabularyOf(index.postings.keys()),
    coverages: records.map((record) => coverageOf(record.terms, record.slots)),
  };
}

/**
 * The records that answer a question, best first; empty when none mentions enough of it. Replaced notices are left out
 * unless the question asks what held before. Days the question names are looked for in the records first, then taken as
 * the time of sending. Pure: the same index, question and options give the same answer.
 */
export function search(index: RetrievalIndex, question: string, { now, timeZone, limit = LIMIT }: SearchOptions): RetrievedRecord[] {
  const corrected = correctSpelling(question, index.vocabulary);
  const time = timeRange(corrected, now, timeZone);
  const aspects = askedAspects(corrected);
  const subject = subjectOf(time.rest);
  const hasSubject = subject.units.length > 0;
  if (!hasSubject && time.range === null && time.order === null) return [];

  const query = new Map([
    ...relatedTerms(subject).map((term) => [term, RELATED_WEIGHT] as const),
    ...terms(time.rest).map((term) => [term, 1] as const),
  ]);
  const relevance = bm25(index.bm25, query);
  const found = (hasSubject ? [...relevance.keys()] : [...index.records.keys()]).flatMap((at): Found[] => {
    const record = index.records[at];
    const coverage = index.coverages[at];
    if (record === undefined || coverage === undefined || (record.supersededBy !== null && time.order !== 'earlier')) return [];
    const share = coveredShare(subject, coverage);
    if (share < FLOOR) return [];
    const place = placeInTime(time, record, timeZone);
    if (!hasSubject && place === 'outside' && time.range !== null) return [];
    const score = (relevance.get(at) ?? 1) * share * prior(record, now) * figureFactor(record, aspects) * timeFactor(record, place, time);
    return [{ record, score, share, isReplaced: record.supersededBy !== null }];
  });
  const ranked = time.order === 'latest' ? newestOfTheBest(found) : found.sort((a, b) => b.score - a.score || newerFirst(a, b));
  return ranked.slice(0, limit).map(({ record, score, isReplaced }) => ({ record, score, isReplaced }));
}

interface Found {
  record: RetrievableRecord;
  score: number;
  share: number;
  isReplaced: boolean;
}

const newerFirst = (a: Found, b: Found): number => b.record.at.getTime() - a.record.at.getTime() || (a.record.id < b.record.id ? -1 : 1);

function newestOfTheBest(found: Found[]): Found[] {
  const best = Math.max(...found.map(({ share }) => share));
  const rank = ({ share, record }: Found): number => (share >= best * NEARLY_AS_MUCH ? 2 : 0) + (record.kind === 'notice' ? 1 : 0);
  return found.sort((a, b) => rank(b) - rank(a) || newerFirst(a, b));
}

const timeFactor = ({ supersededBy }: RetrievableRecord, place: PlaceInTime, { range, order }: TimeReference): number =>
  (range === null ? 1 : PLACE_GAIN[place]) * (order === 'earlier' && supersededBy !== null ? REPLACED_WHEN_ASKED : 1);

function prior({ kind, at }: RetrievableRecord, now: Date): number {
  const days = Math.max(0, now.getTime() - at.getTime()) / DAY_MS;
  return KIND_PRIOR[kind] * (1 + RECENCY_GAIN * 0.5 ** (days / RECENCY_HALF_LIFE_DAYS));
}

const figureFactor = ({ slots }: RetrievableRecord, aspects: readonly Aspect[]): number =>
  aspects.reduce(
    (factor, aspect) => (slots.some(({ kind }) => ASPECT_SLOTS[aspect].includes(kind)) ? factor * HOLDS_THE_FIGURE : factor),
    1,
  );
