import type { ModelMessage } from '@app/ai';
import { messageTokens, type MessageRole, type WindowMessage } from '@app/chat-memory';

/** What the customer said and what was answered: kept or dropped as a whole. */
export interface PastTurn {
  ids: string[];
  messages: ModelMessage[];
  tokens: number;
}

/** Notices reach a prompt as records, so they are no part of the talk. */
const SPEAKER: Record<MessageRole, ModelMessage['role'] | null> = { user: 'user', assistant: 'model', staff: 'model', notification: null };

/** The conversation in whole turns, oldest first. What was only an apology is left out. */
export function toTurns(recent: readonly WindowMessage[], clean: (text: string) => string): PastTurn[] {
  const turns: PastTurn[] = [];
  for (const { id, role, kind, text } of recent) {
    const speaker = SPEAKER[role];
    const said = clean(text);
    if (speaker === null || kind !== 'chat' || said === '') continue;
    const last = turns.at(-1);
    const turn = speaker === 'user' || !last ? { ids: [], messages: [], tokens: 0 } : last;
    if (turn !== last) turns.push(turn);
    turn.ids.push(id);
    turn.messages.push({ role: speaker, text: said });
    turn.tokens += messageTokens(said);
  }
  return turns;
}
