import { SYSTEM_POLICY, type AnswerLanguage, type ModelMessage, type ModelRequest, type PromptRecord } from '@app/ai';
import { messageTokens, textTokens, type AssemblyTrace, type WindowMessage } from '@app/chat-memory';
import { cleanRecordText, cleanText, isoDay, toDataBlock, toRecordLine } from './prompt.text.js';
import { toTurns, type PastTurn } from './prompt.turns.js';

/** Tokens each section may take; what a section leaves is not given to another, except to recent turns. */
const SECTION = { profile: 150, notices: 700, turns: 1_000, retrieved: 300 } as const;
/** So many recent turns are kept beyond their section as long as the whole budget has room. */
const WANTED_TURNS = 6;
const MAX_OUTPUT_TOKENS = 600;

/** Everything one prompt may be made of, about one customer. Best first in `notices` and `retrieved`. */
export interface PromptMaterial {
  profile: PromptRecord;
  notices: readonly PromptRecord[];
  retrieved: readonly PromptRecord[];
  /** The conversation so far, oldest first, with notices and apologies among it. */
  recent: readonly WindowMessage[];
  question: string;
  lang: AnswerLanguage;
  now: Date;
  timeZone: string;
  /** Estimated tokens of the whole prompt: never exceeded. */
  budget: number;
  /** Unguessable, new for each prompt. */
  delimiter: string;
}

export interface AssembledPrompt {
  request: ModelRequest;
  trace: Omit<AssemblyTrace, 'assemblyMs'>;
}

interface Chosen {
  record: PromptRecord;
  line: string;
}

/** What is left of the budget, and what has been done with it. */
class Ledger {
  readonly trace: Omit<AssemblyTrace, 'assemblyMs'> = { records: [], dropped: [], tokens: 0 };

  constructor(private left: number) {}

  get remaining(): number {
    return this.left;
  }

  spend(kind: string, id: string, tokens: number): void {
    this.left -= tokens;
    this.trace.tokens += tokens;
    this.trace.records.push({ kind, id, tokens });
  }

  drop(kind: string, id: string): void {
    this.trace.dropped.push({ kind, id, reason: 'budget' });
  }
}

/** A line costs its characters and its line break. */
const lineTokens = (line: string): number => textTokens(`${line}\n`);

/** Cuts `text` until `cost` fits: only for the one text that must be there. */
function shorten(text: string, limit: number, cost: (text: string) => number): string {
  let kept = text;
  while (kept !== '' && cost(kept) > limit) {
    const excess = Math.max(1, Math.ceil((cost(kept) - limit) * 2));
    kept = `${kept
      .slice(0, Math.max(0, kept.length - excess - 1))
      .toWellFormed()
      .replace(/\ufffd$/, '')}…`;
    if (kept === '…') kept = '';
  }
  return kept;
}

/**
 * Makes the prompt of one turn: policy, then one block of records, then recent whole turns, then the question. Pure: the
 * same material gives the same bytes. The estimate of the whole never exceeds the budget; whole records are dropped,
 * the least important first, never policy or question.
 */
export function assemblePrompt(material: PromptMaterial): AssembledPrompt {
  const { delimiter, timeZone, lang, now } = material;
  const header = JSON.stringify({ kind: 'turn', today: isoDay(now, timeZone), time_zone: timeZone, answer_in: lang });
  const ledger = new Ledger(material.budget);
  ledger.spend('policy', 'system', messageTokens(SYSTEM_POLICY));
  ledger.spend('frame', 'header', messageTokens(toDataBlock([header], delimiter)));
  const question = shorten(cleanText(material.question, delimiter), ledger.remaining, messageTokens);
  ledger.spend('question', 'question', messageTokens(question));

  const clean = (record: PromptRecord): PromptRecord => ({
    ...record,
    text: cleanRecordText(record.text, delimiter),
    ...(record.subject && { subject: cleanRecordText(record.subject, delimiter) }),
  });
  const choose = (records: readonly PromptRecord[], limit: number): Chosen[] => chooseRecords(records.map(clean), limit, ledger, timeZone);

  const profile = choose([material.profile], SECTION.profile);
  const notices = choose(material.notices, SECTION.notices);
  const { turns, skipped } = chooseTurns(
    toTurns(material.recent, (text) => cleanText(text, delimiter)),
    ledger,
  );
  const shown = new Set(turns.flatMap(({ ids }) => ids));
  const retrieved = choose(
    material.retrieved.filter(({ id }) => !shown.has(id)),
    SECTION.retrieved,
  );
  for (const { ids } of skipped) ledger.drop('turn', ids[0] ?? '');

  const chosen = [...profile, ...notices, ...retrieved];
  const history: ModelMessage[] = turns.flatMap(({ messages }) => messages);
  const request: ModelRequest = {
    system: SYSTEM_POLICY,
    dataBlock: toDataBlock([header, ...chosen.map(({ line }) => line)], delimiter),
    records: chosen.map(({ record }) => record),
    history,
    question,
    lang,
    now,
    timeZone,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
  };
  return { request, trace: ledger.trace };
}

/** The records that fit, in order of importance. The first is cut to fit if it must be, the others stand whole or not at all. */
function chooseRecords(records: readonly PromptRecord[], section: number, ledger: Ledger, timeZone: string): Chosen[] {
  const chosen: Chosen[] = [];
  let left = Math.min(section, ledger.remaining);
  for (const [index, record] of records.entries()) {
    const cost = (text: string): number => lineTokens(toRecordLine({ ...record, text }, timeZone));
    const text = index === 0 ? shorten(record.text, left, cost) : record.text;
    const tokens = cost(text);
    if (text === '' || tokens > left) {
      ledger.drop(record.kind, record.id);
      continue;
    }
    const kept = { ...record, text };
    chosen.push({ record: kept, line: toRecordLine(kept, timeZone) });
    ledger.spend(record.kind, record.id, tokens);
    left -= tokens;
  }
  return chosen;
}

/** The newest whole turns that fit, oldest first. */
function chooseTurns(past: readonly PastTurn[], ledger: Ledger): { turns: PastTurn[]; skipped: PastTurn[] } {
  const turns: PastTurn[] = [];
  let spent = 0;
  let next = past.length - 1;
  for (; next >= 0; next -= 1) {
    const turn = past[next];
    if (!turn) break;
    const isWithinSection = spent + turn.tokens <= SECTION.turns && turn.tokens <= ledger.remaining;
    const isWanted = turns.length < WANTED_TURNS && turn.tokens <= ledger.remaining - SECTION.retrieved;
    if (!isWithinSection && !isWanted) break;
    turns.unshift(turn);
    spent += turn.tokens;
    ledger.spend('turn', turn.ids[0] ?? '', turn.tokens);
  }
  return { turns, skipped: past.slice(0, next + 1) };
}
