import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskContext } from '@app/tasks';
import type { TaskPayload } from '@app/jobs';
import { z } from 'zod';
import type { CustomerContent } from '../customer.js';
import type { ErasedEmailRepository } from '../erased-email.repository.js';
import { decode, type Encoding } from './csv-decode.js';
import { readHeader } from './csv-header.js';
import { readCsv, type CsvRecord } from './csv-reader.js';
import { rowReader, type ReadRow } from './csv-row.js';
import { absentFrom, ImportBatch, type EmailRows } from './import-batch.js';
import type { ImportCustomerRepository } from './import-customer.repository.js';
import { partsOf, type Part } from './import-parts.js';
import { applyRows, OUTCOMES, type Outcome, type Tally } from './import-plan.js';
import { hasLostLetters } from './import-warnings.js';
import type { ImportRowRepository, RejectedRow } from './import-row.repository.js';

const BATCH_ROWS = 1_000;
/** So many rows are checked without a pause: a few milliseconds, so that locks are renewed and probes answered. */
const ROWS_AT_ONCE = 100;

/** So many e-mails a dry run remembers at once: some forty megabytes. */
const IMAGINED_AT_ONCE = 100_000;

const count = z.int().nonnegative();
const checkpointSchema = z.object({
  /** Number of the last row that is done. */
  row: count,
  /** Number of the next batch. */
  batch: count,
  tally: z.object({ created: count, updated: count, unchanged: count, skipped: count, failed: count }),
  /** Rows whose names lost letters. */
  lostLetters: count.default(0),
});
type Checkpoint = z.infer<typeof checkpointSchema>;
/** What an import came to. */
export type ImportCounts = Pick<Checkpoint, 'tally' | 'lostLetters'>;

const START: Checkpoint = { row: 0, batch: 0, tally: { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 }, lostLetters: 0 };

/** A row that was read, whether it can be imported or not. */
type GoodRow = Extract<ReadRow, { ok: true }>;
type BadRow = Extract<ReadRow, { ok: false }>;
/** Good rows keep their cells: they may be rejected yet. */
interface BatchRow {
  read: ReadRow;
  cells: readonly string[];
}

/** One run of an import over its file, from the last checkpoint to the end. */
export class ImportRun {
  private done: Checkpoint;
  /** What a dry run would have written, as JSON: a later batch may name the same e-mail again. */
  private readonly imagined = new Map<string, Buffer>();

  constructor(
    private readonly customers: ImportCustomerRepository,
    private readonly erasedEmails: ErasedEmailRepository,
    private readonly rejectedRows: ImportRowRepository,
    private readonly payload: TaskPayload<'import_customers'>,
    private readonly context: TaskContext,
  ) {
    // A dry run remembers what it imagined only as long as it runs.
    this.done = context.checkpoint && !payload.dryRun ? checkpointSchema.parse(context.checkpoint) : START;
  }

  /** Goes over the file, in a dry run of a long one several times: each time for a part of the e-mails. */
  async over(bytes: () => AsyncIterable<Uint8Array>, encoding: Encoding): Promise<ImportCounts> {
    const { row } = this.done;
    const parts = partsOf(this.payload.dryRun ? (this.context.totalItems ?? 0) : 0, IMAGINED_AT_ONCE);
    for (const isInPart of parts) {
      this.imagined.clear();
      await this.finishAll(this.batches(readCsv(decode(bytes(), encoding)), row, isInPart));
    }
    return this.done;
  }

  /** While one batch is being written the next is read. */
  private async finishAll(batches: AsyncIterable<BatchRow[]>): Promise<void> {
    let finishing = Promise.resolve();
    try {
      for await (const batch of batches) {
        await finishing;
        finishing = this.finish(batch);
        finishing.catch(() => undefined); // it is awaited below, once the next batch has been read
      }
    } finally {
      await finishing;
    }
  }

  /** The rows of a part that stand after the one that is given. */
  private async *batches(file: AsyncIterable<CsvRecord[]>, after: number, isInPart: Part): AsyncGenerator<BatchRow[], void> {
    let readRow: ReturnType<typeof rowReader> | undefined;
    let rows = 0;
    let batch: BatchRow[] = [];
    for await (const records of file) {
      this.context.throwIfStopped();
      for (const record of records) {
        if (!readRow) {
          readRow = rowReader(readHeader(record.cells));
        } else if (record.row > after) {
          const read = readRow(record);
          if (isInPart(read)) batch.push({ read, cells: record.cells });
          if (++rows % ROWS_AT_ONCE === 0) await nextTurn();
          if (batch.length === BATCH_ROWS) {
            yield batch;
            batch = [];
          }
        }
      }
    }
    if (batch.length > 0) yield batch;
  }

  private async finish(batch: readonly BatchRow[]): Promise<void> {
    this.context.throwIfStopped();
    const good = batch.filter((row): row is BatchRow & { read: GoodRow } => row.read.ok);
    const bad = batch.map(({ read }) => read).filter((read): read is BadRow => !read.ok);
    const groups = groupByEmail(good.map(({ read }) => read));
    const outcomes = groups.length === 0 ? [] : await this.outcomesOf(groups);
    const byRow = inFileOrder(good, groups, outcomes);

    const rejected = await this.withoutErased([...bad.map(toRejected), ...byRow.flatMap(refusedOf)]);
    await this.rejectedRows.saveRejected(this.context.jobId, rejected.kept);
    const tally = { ...this.done.tally };
    tally.failed += bad.length - rejected.erased;
    tally.skipped += rejected.erased;
    for (const { outcome } of byRow) tally[OUTCOMES[outcome].tally] += 1;
    const last = batch.at(-1)?.read.row ?? this.done.row;
    const lostLetters = this.done.lostLetters + good.filter(({ read }) => hasLostLetters(read.content)).length;
    this.done = { row: last, batch: this.done.batch + 1, tally, lostLetters };
    await this.context.saveCheckpoint(this.done, { processed: total(tally), failed: tally.failed });
  }

  /** Rows of somebody who was erased after the file was sent are skipped, like those that could be imported. */
  private async withoutErased(rows: readonly RejectedRow[]): Promise<{ kept: RejectedRow[]; erased: number }> {
    const emails = rows.flatMap(({ emailKey }) => emailKey ?? []);
    const erased = await this.erasedEmails.among(emails, this.context.requestedAt);
    const kept = rows.filter(({ emailKey }) => emailKey === undefined || !erased.has(emailKey));
    return { kept, erased: rows.length - kept.length };
  }

  private async outcomesOf(groups: readonly EmailRows[]): Promise<Outcome[][]> {
    if (this.payload.dryRun) return this.imagine(groups);
    const batch = new ImportBatch(this.customers, this.erasedEmails, this.context, this.payload.onDuplicate, this.done.batch);
    try {
      return await batch.write(groups);
    } catch (error) {
      if (this.context.signal.aborted) await this.tellHowFar(batch.rowsWritten);
      throw error;
    }
  }

  /** A run that is stopped inside a batch counts what it has written of it; the batch as a whole is still to be done. */
  private async tellHowFar(rowsWritten: number): Promise<void> {
    const { tally } = this.done;
    await this.context.saveCheckpoint(this.done, { processed: total(tally) + rowsWritten, failed: tally.failed });
  }

  /** What writing the rows would come to. */
  private async imagine(groups: readonly EmailRows[]): Promise<Outcome[][]> {
    const stored = await this.customers.findByEmails(groups.map(({ email }) => email));
    const erased = await this.erasedEmails.among(absentFrom(stored, groups), this.context.requestedAt);
    return groups.map(({ email, rows }) => {
      if (erased.has(email)) return rows.map(() => 's');
      const imagined = this.imagined.get(email);
      const before = imagined ? (JSON.parse(imagined.toString()) as CustomerContent) : (stored.get(email)?.content ?? null);
      const { outcomes, content } = applyRows(before, rows, this.payload.onDuplicate);
      if (content !== before) this.imagined.set(email, Buffer.from(JSON.stringify(content)));
      return outcomes;
    });
  }
}

export const total = ({ created, updated, unchanged, skipped, failed }: Tally): number => created + updated + unchanged + skipped + failed;

function groupByEmail(rows: readonly GoodRow[]): EmailRows[] {
  const groups = new Map<string, EmailRows>();
  for (const { content } of rows) {
    const group = groups.get(content.email);
    if (group) group.rows.push(content);
    else groups.set(content.email, { email: content.email, rows: [content] });
  }
  return [...groups.values()];
}

interface SettledRow {
  read: GoodRow;
  cells: readonly string[];
  outcome: Outcome;
}

function inFileOrder(
  good: readonly (BatchRow & { read: GoodRow })[],
  groups: readonly EmailRows[],
  outcomes: readonly Outcome[][],
): SettledRow[] {
  const waiting = new Map(groups.map(({ email }, at) => [email, (outcomes[at] ?? []).values()]));
  return good.flatMap(({ read, cells }) => {
    const next = waiting.get(read.content.email)?.next();
    return next?.done === false ? [{ read, cells, outcome: next.value }] : [];
  });
}

function refusedOf({ read, cells, outcome }: SettledRow): RejectedRow[] {
  const { fault } = OUTCOMES[outcome];
  const { email } = read.content;
  return fault ? [{ row: read.row, cells, emailKey: email, faults: [{ ...fault, value: fault.column === 'email' ? email : null }] }] : [];
}

const toRejected = ({ row, cells, faults, email }: BadRow): RejectedRow => ({
  row,
  cells,
  faults,
  ...(email !== undefined && { emailKey: email }),
});
