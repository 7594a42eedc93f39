import { hash, randomBytes } from 'node:crypto';
import type { ReadRow } from './csv-row.js';

/** Whether a row belongs to a part of the file. */
export type Part = (row: ReadRow) => boolean;

/**
 * Divides a file of `rows` rows into parts of about `most`, all rows of an e-mail in the same one, and those that cannot be
 * read in the first. Which e-mails meet in a part is chance: no file can be written so that one part holds them all.
 */
export function partsOf(rows: number, most: number): Part[] {
  const count = Math.max(1, Math.ceil(rows / most));
  if (count === 1) return [() => true];
  const salt = randomBytes(16).toString('hex');
  const partOf = (row: ReadRow): number => (row.ok ? parseInt(hash('sha1', salt + row.content.email).slice(0, 8), 16) % count : 0);
  return Array.from({ length: count }, (_, part) => (row) => partOf(row) === part);
}
