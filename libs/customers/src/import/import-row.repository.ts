import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock } from '@app/common';
import { duplicatesOf } from '@app/connections';
import type { Model } from 'mongoose';
import type { RowFault } from './csv-row.js';
import { MAX_CELL } from './csv-records.js';
import { ImportRowRecord } from './import-row.schema.js';

/** A row that was not imported, and why. */
export interface RejectedRow {
  row: number;
  cells: readonly string[];
  faults: RowFault[];
  emailKey?: string;
}

const HEADER_ROW = 0;
const READ_BATCH = 500;
/** Characters of one rejected row that are kept; a document may not grow without end. */
const MAX_RAW = 1_000_000;

/** `import_rows`: the header and the rejected rows of each import, each stored once however often it is reported. */
@Injectable()
export class ImportRowRepository {
  constructor(
    @InjectModel(ImportRowRecord.name) private readonly model: Model<ImportRowRecord>,
    private readonly clock: Clock,
  ) {}

  async saveHeader(jobId: string, names: readonly string[]): Promise<void> {
    await this.saveRejected(jobId, [{ row: HEADER_ROW, cells: names, faults: [] }]);
  }

  async saveRejected(jobId: string, rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const createdAt = this.clock.now();
    const documents = rows.map(({ row, cells, faults, emailKey }) => ({
      jobId,
      row,
      raw: capped(cells),
      errors: faults,
      createdAt,
      ...(emailKey !== undefined && { emailKey }),
    }));
    await duplicatesOf(this.model.collection.insertMany(documents, { ordered: false }));
  }

  /** The header of the import's file; null for an import that is unknown or too old. */
  async findHeader(jobId: string): Promise<string[] | null> {
    const record = await this.model.findOne({ jobId, row: HEADER_ROW }).lean<ImportRowRecord>();
    return record?.raw ?? null;
  }

  /** The rejected rows in the order of the file. */
  rejected(jobId: string, limit?: number): AsyncIterable<ImportRowRecord> {
    const query = this.model.find({ jobId, row: { $gt: HEADER_ROW } }).sort({ row: 1 });
    return (limit === undefined ? query : query.limit(limit)).lean<ImportRowRecord>().cursor({ batchSize: READ_BATCH });
  }

  async deleteByEmail(emailKey: string): Promise<number> {
    return (await this.model.deleteMany({ emailKey })).deletedCount;
  }
}

function capped(cells: readonly string[]): string[] {
  let room = MAX_RAW;
  return cells.flatMap((cell) => {
    if (room <= 0) return [];
    room -= cell.length + 1;
    return [cell.slice(0, MAX_CELL).toWellFormed()];
  });
}
