import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import { decode, isCleanText, sniffEncoding, type Encoding } from './csv-decode.js';
import { readHeader, type CsvHeader } from './csv-header.js';
import { readCsv } from './csv-reader.js';
import { RECORD_FAULTS } from './csv-records.js';
import { BadHeaderError, EmptyFileError, NoRowsError, NotTextError, UploadTooLargeError } from './import.errors.js';

/** A file that an import can read. */
export interface CheckedUpload {
  encoding: Encoding;
  header: CsvHeader;
  /** Rows below the header, blank ones not counted. */
  totalRows: number;
}

/** As many bytes as signatures of file formats need. */
const HEAD_BYTES = 4_100;
/** Formats written in plain characters: their signatures are too long to begin a CSV file by chance. */
const TEXTUAL_FORMATS = new Set(['application/pdf', 'application/rtf', 'application/xml', 'application/postscript', 'image/svg+xml']);

/**
 * Reads a spooled file once from end to end: size, kind (by content, whatever its name), encoding, header, number of
 * rows. Raises the error that tells what is wrong: {@link UploadTooLargeError}, {@link EmptyFileError},
 * {@link NotTextError}, `EncodingUnknownError`, `BadHeaderError` or {@link NoRowsError}.
 */
export async function checkUpload(path: string, maxBytes: number): Promise<CheckedUpload> {
  const { size } = await stat(path);
  if (size > maxBytes) throw new UploadTooLargeError();
  if (size === 0) throw new EmptyFileError();
  await refuseOtherFormats(path);
  const encoding = await sniffEncoding(createReadStream(path));

  let header: CsvHeader | undefined;
  let totalRows = 0;
  for await (const records of readCsv(decode(createReadStream(path), encoding))) {
    const [first] = records;
    if (header) totalRows += records.length;
    else if (first) {
      if (first.fault) throw new BadHeaderError([{ pointer: 'header', code: first.fault, detail: RECORD_FAULTS[first.fault] }]);
      header = readHeader(first.cells);
      totalRows += records.length - 1;
    }
  }
  if (!header) throw new EmptyFileError();
  if (totalRows === 0) throw new NoRowsError();
  return { encoding, header, totalRows };
}

async function refuseOtherFormats(path: string): Promise<void> {
  const head = await readHead(path);
  const format = await fileTypeFromBuffer(head);
  if (format && (TEXTUAL_FORMATS.has(format.mime) || !isCleanText(head))) throw new NotTextError();
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
