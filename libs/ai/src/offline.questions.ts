import { askedAspects, sentences, subjectOf, timeRange, type Aspect, type Subject, type TimeReference } from '@app/language';

/** One question of a message. */
export interface Question {
  text: string;
  aspects: readonly Aspect[];
  subject: Subject;
  time: TimeReference;
}

/** What stands after so many parts of a message is not read. */
const MOST_PARTS = 12;

type Moment = { now: Date; timeZone: string };

const JOINT = /\s*[,;]\s+(?:và|va|còn|con|and|also)?\s*|\s+(?:và|va|còn|and|also)\s+/giu;

function readQuestion(text: string, { now, timeZone }: Moment): Question {
  const time = timeRange(text, now, timeZone);
  return { text, aspects: askedAspects(text), subject: subjectOf(time.rest), time };
}

const isAsking = ({ text, aspects }: Question): boolean => aspects.length > 0 || text.trimEnd().endsWith('?');

/**
 * The questions of a message, each with its own subject. Parts that only ask ("và bao nhiêu tiền?") or only name a thing
 * join their neighbour; statements beside a complete question are left out.
 */
export function readQuestions(message: string, moment: Moment): Question[] {
  const parts = sentences(message)
    .flatMap(({ text }) => text.split(JOINT))
    .filter((part) => part.trim() !== '')
    .slice(0, MOST_PARTS)
    .map((part) => readQuestion(part, moment));
  const complete: string[] = [];
  let pending = '';
  for (const part of parts) {
    if (isAsking(part) && part.subject.isNamed) {
      complete.push(`${pending} ${part.text}`.trim());
      pending = '';
    } else if (isAsking(part) || part.time.range !== null) {
      const last = complete.length - 1;
      if (last >= 0) complete[last] = `${complete[last] ?? ''} ${part.text}`;
      else pending = `${pending} ${part.text}`.trim();
    }
  }
  return complete.length < 2
    ? [readQuestion(complete[0] !== undefined && parts.length > 1 ? complete[0] : message, moment)]
    : complete.map((text) => readQuestion(text, moment));
}

/** A question that names no subject goes on from the one before: "thế còn khi nào?" */
export function continueFrom(question: Question, previous: string | undefined, moment: Moment): Question {
  if (previous === undefined || question.subject.isNamed) return question;
  const before = readQuestion(previous, moment);
  if (!before.subject.isNamed) return question;
  const units = [...before.subject.units, ...question.subject.units];
  return {
    text: question.text,
    aspects: question.aspects.length > 0 ? question.aspects : before.aspects,
    subject: { units, isNamed: true },
    time: question.time.range === null && question.time.order === null ? { ...before.time, rest: question.time.rest } : question.time,
  };
}
