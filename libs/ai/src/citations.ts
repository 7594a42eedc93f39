import type { PromptRecordKind } from './language-model.js';

type CitedKind = Extract<PromptRecordKind, 'notice' | 'fact' | 'message'>;

/** A source an answer refers to. */
export interface Citation {
  kind: CitedKind;
  id: string;
}

/** Ids of the records that stood in the prompt. */
export type KnownIds = Readonly<Record<CitedKind, ReadonlySet<string>>>;

export interface CitedText {
  /** The answer as a customer reads it. */
  text: string;
  /** Each source once, in the order of its first mark. */
  citations: Citation[];
  /** Marks that name no record of the prompt. */
  unknownCount: number;
}

const KIND_OF_MARK = { N: 'notice', F: 'fact', M: 'message' } as const satisfies Record<string, CitedKind>;
const MARK_OF_KIND: Readonly<Record<CitedKind, string>> = { notice: 'N', fact: 'F', message: 'M' };
/** Models also write several in one pair of brackets, or spaces inside. Blanks before it are looked at once a run, not once a blank. */
const MARK = /(?<![ \t])[ \t]*\[\[\s*([NFM]\s*:[^[\]\n]*)\]\]/g;
const ENTRY = /^\s*([NFM])\s*:\s*(\S+)\s*$/;

/** The mark of a source inside an answer: `[[N:id]]`. */
export const citationMark = ({ kind, id }: Citation): string => `[[${MARK_OF_KIND[kind]}:${id}]]`;

/** Ids by kind of the records of a prompt. */
export function knownIds(records: readonly { kind: PromptRecordKind; id: string }[]): KnownIds {
  const of = (kind: CitedKind): Set<string> => new Set(records.filter((record) => record.kind === kind).map(({ id }) => id));
  return { notice: of('notice'), fact: of('fact'), message: of('message') };
}

/** Takes the source marks out of an answer. Marks whose id was not in the prompt are dropped and counted. */
export function readCitations(text: string, known: KnownIds): CitedText {
  const citations: Citation[] = [];
  let unknownCount = 0;
  const plain = text.replace(MARK, (_, entries: string) => {
    for (const entry of entries.split(/[,;]/)) {
      const [, letter, id = ''] = ENTRY.exec(entry) ?? [];
      const kind = KIND_OF_MARK[letter as keyof typeof KIND_OF_MARK] as CitedKind | undefined;
      if (kind === undefined || !known[kind].has(id)) unknownCount++;
      else if (!citations.some((citation) => citation.kind === kind && citation.id === id)) citations.push({ kind, id });
    }
    return '';
  });
  return { text: plain.trim(), citations, unknownCount };
}
