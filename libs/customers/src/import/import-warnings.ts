import type { JsonObject } from '@app/common';
import type { RowContent } from './csv-row.js';

/** What stands in the place of a letter that the encoding of a file does not have. */
const LOST_LETTER = /\p{L}\?|\?\p{L}/u;

/** Whether a program seems to have saved the row's name in an encoding without its letters. */
export const hasLostLetters = ({ fullName }: RowContent): boolean => LOST_LETTER.test(fullName);

/** What a person should look at although no row failed of it. */
export function warningsOf({ lostLetters }: { lostLetters: number }): JsonObject[] {
  if (lostLetters === 0) return [];
  const message = 'have a question mark in a word of the name: save the sheet as "CSV UTF-8" and send it again';
  return [{ code: 'LOST_LETTERS', message, rows: lostLetters }];
}
