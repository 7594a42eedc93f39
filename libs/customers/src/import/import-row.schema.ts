import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { RowFault } from './csv-row.js';

const KEPT_SECONDS = 30 * 86_400;

/** A rejected row of an import, for its report. Row 0 holds the header. Kept for 30 days. */
@Schema({ collection: 'import_rows', versionKey: false, suppressReservedKeysWarning: true })
export class ImportRowRecord {
  @Prop({ type: String, required: true })
  jobId: string;

  /** As a spreadsheet numbers it. */
  @Prop({ type: Number, required: true })
  row: number;

  /** Whose row it is, where that could be read: for erasing them. */
  @Prop({ type: String })
  emailKey?: string;

  /** The cells as they were. */
  @Prop({ type: [String], required: true })
  raw: string[];

  @Prop({ type: [Object], required: true })
  errors: RowFault[];

  @Prop({ type: Date, required: true })
  createdAt: Date;
}

export const ImportRowSchema = SchemaFactory.createForClass(ImportRowRecord);
ImportRowSchema.index({ jobId: 1, row: 1 }, { unique: true });
ImportRowSchema.index({ emailKey: 1 }, { partialFilterExpression: { emailKey: { $exists: true } } });
ImportRowSchema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS });
