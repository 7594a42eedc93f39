import { existsSync, readdirSync } from 'node:fs';
import type { Harness } from './harness.js';
import type { Session } from './session.js';

const NO_COUNTS = { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
export type Counts = Partial<typeof NO_COUNTS>;
export type RowError = [row: number, column: string | null, code: string];

/** An import that has come to its end. */
export interface EndedImport {
  task: Record<string, any>;
  result: Record<string, any>;
  counts: typeof NO_COUNTS;
  errors: RowError[];
}

/** Sends a file and waits for the end of its import. */
export async function importFile(
  harness: Harness,
  session: Session,
  content: Buffer | string,
  options: { name?: string; fields?: Record<string, string> } = {},
): Promise<EndedImport> {
  const { status, body } = await session.upload('/customers/import', content, options);
  expect({ status, body }).toMatchObject({ status: 202, body: { status: 'pending', task_id: body.job_id } });
  return endOf(harness, session, body.job_id);
}

/** Waits for the end of an import, and holds it to what is true of every one: its outcomes are one for each row. */
export async function endOf(harness: Harness, session: Session, jobId: string): Promise<EndedImport> {
  const task = await harness.untilEnded(session, jobId);
  const { total_rows: total, created, updated, unchanged, skipped, failed, errors } = task['result'];
  expect(created + updated + unchanged + skipped + failed).toBe(total);
  expect(task).toMatchObject({ status: 'completed', progress: 1, total_items: total, processed_items: total, failed_items: failed });
  return {
    task,
    result: task['result'],
    counts: { created, updated, unchanged, skipped, failed },
    errors: errors.map(({ row, column, code }: Record<string, unknown>) => [row, column, code]),
  };
}

/** All five counts, those not given being none. */
export const countsOf = (counts: Counts): typeof NO_COUNTS => ({ ...NO_COUNTS, ...counts });

/** Everything that a refused upload could leave behind, by number. */
export async function leftovers({ config, connection }: Harness): Promise<Record<string, number>> {
  const { dir } = config.upload;
  const names = ['customers', 'tasks', 'import_rows', 'uploads.files', 'uploads.chunks'];
  const counts = names.map(async (name) => [name, await connection.collection(name).countDocuments()] as const);
  return { spooled: existsSync(dir) ? readdirSync(dir).length : 0, ...Object.fromEntries(await Promise.all(counts)) };
}
