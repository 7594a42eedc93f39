import { conceptMentions } from './concepts.js';
import { extractSlots, type Slot } from './slots.js';
import { isNeutralWord } from './stop-words.js';
import type { Concept } from './vocabulary.js';
import { words, type Word } from './words.js';

/** One thing a question is about, and how much it matters that a source mentions it. */
type Unit = { weight: number } & ({ concept: Concept } | { code: string } | { word: string });

const CONCEPT_WEIGHT = 1;
const CODE_WEIGHT = 3;
const WORD_WEIGHT = 0.7;
/** They say what kind of figure is wanted more than what it is about. */
const WEAK: Readonly<Partial<Record<Concept, number>>> = {
  money: 0.4,
  due: 0.4,
  price: 0.4,
  code: 0.4,
  address: 0.4,
  customer: 0.1,
  support: 0.3,
};
/** What a customer calls one thing a notice may call the other. */
const RELATED: Readonly<Partial<Record<Concept, readonly Concept[]>>> = {
  pay: ['bill', 'charge', 'due', 'overdue'],
  bill: ['pay', 'charge'],
  overdue: ['pay', 'due'],
  due: ['pay', 'expire'],
  charge: ['bill', 'pay', 'price'],
  price: ['charge', 'money'],
  order: ['delivery'],
  delivery: ['order'],
  technician: ['install', 'maintenance', 'appointment'],
  install: ['technician', 'appointment'],
  appointment: ['technician', 'install', 'maintenance', 'meeting', 'change', 'event', 'delivery'],
  maintenance: ['outage', 'technician'],
  outage: ['maintenance'],
  internet: ['outage'],
  renew: ['expire', 'plan', 'contract'],
  expire: ['renew', 'due'],
  promotion: ['voucher', 'gift'],
  voucher: ['promotion', 'code', 'gift'],
  otp: ['code'],
  refund: ['money'],
  office: ['address'],
};
const RELATED_COVER = 0.8;
/** The same number can count anything. */
const LONE_NUMBER_COVER = 0.5;

/** What a question is about. */
export interface Subject {
  units: readonly Unit[];
  /** It names a thing, not only a kind of figure. */
  isNamed: boolean;
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** Reads the subject of a question whose time expressions are taken out (`TimeReference.rest`). */
export function subjectOf(text: string): Subject {
  const list = words(text);
  const slots = extractSlots(text);
  const mentions = conceptMentions(list);
  const codes = slots.filter(({ kind }) => kind === 'code');
  const isTaken = (word: Word, at: number): boolean =>
    mentions.some(({ first, last }) => at >= first && at < last) || slots.some(({ start, end }) => word.start < end && start < word.end);
  const units: Unit[] = [
    ...unique(mentions.map(({ concept }) => concept)).map((concept) => ({ weight: WEAK[concept] ?? CONCEPT_WEIGHT, concept })),
    ...unique(codes.map(({ value }) => value)).map((code) => ({ weight: CODE_WEIGHT, code })),
    ...unique(list.filter((word, at) => !isTaken(word, at) && !isNeutralWord(word)).map(({ fold }) => fold)).map((word) => ({
      weight: WORD_WEIGHT,
      word,
    })),
  ];
  return { units, isNamed: units.some(({ weight }) => weight >= WORD_WEIGHT) };
}

/** What a text offers to be matched against. */
export interface Coverage {
  terms: ReadonlySet<string>;
  hasAmount: boolean;
  hasDate: boolean;
}

/** Of a text by its `terms` and figures. */
export function coverageOf(terms: readonly string[], slots: readonly Pick<Slot, 'kind' | 'value'>[]): Coverage {
  const codes = slots.flatMap(({ kind, value }) => (kind === 'code' ? [value] : []));
  return {
    terms: new Set([...terms, ...codes]),
    hasAmount: slots.some(({ kind }) => kind === 'amount'),
    hasDate: slots.some(({ kind }) => kind === 'date'),
  };
}

function coverOf(unit: Unit, { terms, hasAmount, hasDate }: Coverage): number {
  if ('code' in unit) return terms.has(unit.code) ? 1 : 0;
  if ('word' in unit) {
    if (!terms.has(unit.word)) return 0;
    return /^\d+$/.test(unit.word) ? LONE_NUMBER_COVER : 1;
  }
  const { concept } = unit;
  if (terms.has(`~${concept}`) || (concept === 'money' && hasAmount) || (concept === 'due' && hasDate)) return 1;
  return RELATED[concept]?.some((other) => terms.has(`~${other}`)) === true ? RELATED_COVER : 0;
}

/** How much of a subject a text mentions, 0 to 1; a code it does not mention makes it 0. An empty subject is covered by anything. */
export function coveredShare({ units }: Subject, coverage: Coverage): number {
  let covered = 0;
  let total = 0;
  for (const unit of units) {
    const share = coverOf(unit, coverage);
    if ('code' in unit && share === 0) return 0;
    covered += share * unit.weight;
    total += unit.weight;
  }
  return total === 0 ? 1 : covered / total;
}

/** Terms of what is called otherwise in one than in the other: a bill is also found where only its payment is named. */
export const relatedTerms = ({ units }: Subject): string[] =>
  units.flatMap((unit) => ('concept' in unit ? (RELATED[unit.concept] ?? []).map((concept) => `~${concept}`) : []));
