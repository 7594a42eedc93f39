import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Clock, raise, type Actor, type JsonObject } from '@app/common';
import { Config } from '@app/config';
import { isMongoUnavailable } from '@app/connections';
import type { TaskPayload } from '@app/jobs';
import { TaskNotFoundError, TaskService, type RunHandler, type Task, type TaskContext } from '@app/tasks';
import { ErasedEmailRepository } from '../erased-email.repository.js';
import { ImportCustomerRepository } from './import-customer.repository.js';
import { ImportNotFoundError } from './import.errors.js';
import type { DuplicatePolicy } from './import-plan.js';
import { ImportRowRepository } from './import-row.repository.js';
import { ImportRun, total } from './import-run.js';
import { warningsOf } from './import-warnings.js';
import { errorsCsv } from './csv-report.js';
import { checkUpload } from './upload.check.js';
import { UploadStore } from './upload.store.js';

/** A file that was received, on the local disk. The caller removes it. */
export interface ReceivedUpload {
  path: string;
  /** The name it was sent under, for people. */
  fileName: string;
}

export interface ImportOptions {
  onDuplicate: DuplicatePolicy;
  /** Nothing is written to customers; the result says what would have been. */
  dryRun: boolean;
  /** The task's id, where the caller has promised one: starting that one again changes nothing. */
  jobId?: string | undefined;
}

/** An import that will run: the id of its task, and the name under which its file is shown. */
export interface StartedImport {
  jobId: string;
  fileName: string;
}

/** Imports of customers from CSV files: started by the API, run by a worker. */
@Injectable()
export class CustomerImportService implements RunHandler<'import_customers'> {
  constructor(
    private readonly uploads: UploadStore,
    private readonly customers: ImportCustomerRepository,
    private readonly erasedEmails: ErasedEmailRepository,
    private readonly rows: ImportRowRepository,
    private readonly tasks: TaskService,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** Checks the file, see {@link checkUpload} for what is refused, stores it and starts the task. On a refusal nothing is stored. */
  async start(upload: ReceivedUpload, options: ImportOptions, actor: Actor): Promise<StartedImport> {
    const { onDuplicate, dryRun, jobId = randomUUID() } = options;
    const { encoding, header, totalRows } = await checkUpload(upload.path, this.config.upload.maxFileSize);
    const fileName = displayName(upload.fileName);
    const fileId = await this.uploads.save(upload.path, jobId, encoding);
    let task: Task;
    try {
      await this.rows.saveHeader(jobId, header.names);
      const payload = { fileId, fileName, onDuplicate, dryRun };
      task = await this.tasks.start('import_customers', payload, actor, { jobId, totalItems: totalRows });
    } catch (error) {
      task = await this.recorded(jobId, fileId, error);
    }
    if (task.parameters['fileId'] !== fileId) await this.uploads.remove(fileId);
    return { jobId, fileName };
  }

  /** Imports the rows that are not done yet. The result has the names that clients know it by. */
  async run(payload: TaskPayload<'import_customers'>, context: TaskContext): Promise<JsonObject> {
    const { encoding, bytes } = await this.uploads.open(payload.fileId);
    const { tally, lostLetters } = await new ImportRun(this.customers, this.erasedEmails, this.rows, payload, context).over(
      bytes,
      encoding,
    );
    const totalRows = total(tally);
    const durationMs = Math.max(1, this.clock.now().getTime() - context.startedAt.getTime());
    return {
      total_rows: totalRows,
      ...tally,
      warnings: warningsOf({ lostLetters }),
      errors_csv: `/customers/import/${context.jobId}/errors.csv`,
      duration_ms: durationMs,
      rows_per_second: Math.round((totalRows * 1_000) / durationMs),
    };
  }

  /** The first errors of an import, in the order of the file. */
  async errors(jobId: string, limit: number): Promise<JsonObject[]> {
    const errors: JsonObject[] = [];
    for await (const { row, errors: faults } of this.rows.rejected(jobId, limit))
      errors.push(...faults.map((fault) => ({ row, ...fault })));
    return errors.slice(0, limit);
  }

  /** The rejected rows as a CSV file, to be mended and sent again. Raises {@link ImportNotFoundError}. */
  async errorsCsv(jobId: string): Promise<Readable> {
    const names = (await this.rows.findHeader(jobId)) ?? raise(new ImportNotFoundError());
    return Readable.from(errorsCsv(names, this.rows.rejected(jobId)));
  }

  /** Forgets the rejected rows of a person; gives their number. */
  eraseRows(email: string): Promise<number> {
    return this.rows.deleteByEmail(email);
  }

  /**
   * The task of a start that failed, should it be recorded all the same: by this try, whose reply was lost, or by an
   * earlier one. The file of a task that may still be recorded is left to `UploadSweeper`; the header, which belongs to
   * every try under this id, goes by its age.
   */
  private async recorded(jobId: string, fileId: string, failure: unknown): Promise<Task> {
    try {
      return await this.tasks.get(jobId);
    } catch (error) {
      const isUnknown = error instanceof TaskNotFoundError && !isMongoUnavailable(failure);
      if (isUnknown) await this.uploads.remove(fileId).catch(() => undefined);
      throw failure;
    }
  }
}

const MAX_NAME = 255;

/** A file name that is safe to show: without folders and control characters. */
function displayName(fileName: string): string {
  const base = fileName.normalize('NFC').split(/[\\/]/).at(-1) ?? '';
  return [...base.toWellFormed().replace(/\p{C}/gu, '')].slice(0, MAX_NAME).join('').trim() || 'upload.csv';
}
