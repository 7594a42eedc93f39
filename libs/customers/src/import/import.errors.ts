import { DomainError, type Violation } from '@app/common';

/** The upload is larger than `MAX_FILE_SIZE`. */
export class UploadTooLargeError extends DomainError {
  constructor() {
    super('UPLOAD_TOO_LARGE', 'too-large', 'The file is larger than what may be uploaded.');
  }
}

/** The upload is an archive, an office document, an image or anything else that is not text, whatever its name. */
export class NotTextError extends DomainError {
  constructor() {
    super('NOT_A_CSV_FILE', 'unsupported', 'The file is not a text file. Save the sheet as CSV and send that.');
  }
}

/** The upload is text in an encoding that cannot be told with certainty. */
export class EncodingUnknownError extends DomainError {
  constructor() {
    super(
      'ENCODING_UNKNOWN',
      'invalid',
      'The encoding of the file is not UTF-8, UTF-16 or Windows-1258. Save it as UTF-8 and send it again.',
    );
  }
}

/** The upload has no bytes, or only blank rows. */
export class EmptyFileError extends DomainError {
  constructor() {
    super('CSV_EMPTY', 'invalid', 'The file is empty.');
  }
}

/** The upload has a header and nothing below it. */
export class NoRowsError extends DomainError {
  constructor() {
    super('CSV_NO_ROWS', 'invalid', 'The file has a header but no rows.');
  }
}

/** The header lacks a required column, names one twice or names one that cannot be kept. */
export class BadHeaderError extends DomainError {
  constructor(violations: readonly Violation[]) {
    super('CSV_BAD_HEADER', 'invalid', 'The header of the file cannot be used.', { violations });
  }
}

/** The uploaded file is no longer kept, so the import cannot go on. */
export class UploadGoneError extends DomainError {
  constructor() {
    super('UPLOAD_GONE', 'conflict', 'The uploaded file is no longer kept. Send it again.');
  }
}

/** No import has this job id, or its report is no longer kept. */
export class ImportNotFoundError extends DomainError {
  constructor() {
    super('IMPORT_NOT_FOUND', 'not-found', 'There is no such import, or its report is no longer kept.');
  }
}
