import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Multipart } from '@fastify/multipart';
import { Injectable } from '@nestjs/common';
import { DomainError, raise, type Rule, type Violation } from '@app/common';
import { Config } from '@app/config';
import { UploadTooLargeError, type ImportOptions, type ReceivedUpload } from '@app/customers';
import type { FastifyRequest } from 'fastify';
import { oneOf } from '../http/dto.rules.js';
import { UnsupportedMediaTypeError, ValidationFailedError } from '../http/http.errors.js';

/** The form cannot be read: no file, more than one, a bad boundary, cut off. */
class BadUploadError extends DomainError {
  constructor(detail: string, cause?: unknown) {
    super('BAD_UPLOAD', 'malformed', detail, { cause });
  }
}

/** The local disk takes no more. */
class UploadStorageError extends DomainError {
  constructor(cause: unknown) {
    super('UPLOAD_STORAGE_UNAVAILABLE', 'unavailable', 'Uploads cannot be stored at the moment.', { cause });
  }
}

/** What surrounds the file in a multipart body, generously. */
const FORM_OVERHEAD = 16_384;
const FILE_FIELD = 'file';
const DISK_FAULTS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EMFILE', 'ENFILE', 'EIO']);

const FIELDS: Record<string, Rule<string>> = {
  on_duplicate: oneOf(['update', 'skip', 'fail'] as const),
  dry_run: oneOf(['true', 'false'] as const),
};

/** Reads the form of an import: the file onto the local disk, where it stays only while it is used. */
@Injectable()
export class UploadReceiver {
  constructor(private readonly config: Config) {}

  /** Hands the received file and options to `use`, and removes the file afterwards in every case. */
  async receive<T>(request: FastifyRequest, use: (upload: ReceivedUpload, options: ImportOptions) => Promise<T>): Promise<T> {
    const { maxFileSize, dir } = this.config.upload;
    if (!request.isMultipart()) throw new UnsupportedMediaTypeError();
    if (Number(request.headers['content-length'] ?? 0) > maxFileSize + FORM_OVERHEAD) throw new UploadTooLargeError();
    const path = join(dir, `${randomUUID()}.upload`);
    try {
      const { fileName, options } = await this.read(request, path);
      return await use({ path, fileName }, options);
    } finally {
      await rm(path, { force: true });
    }
  }

  private async read(request: FastifyRequest, path: string): Promise<{ fileName: string; options: ImportOptions }> {
    const { maxFileSize, dir } = this.config.upload;
    const limits = { fileSize: maxFileSize + 1, files: 1, fields: 4, fieldSize: 200, parts: 6 };
    const fields = new Map<string, string>();
    let fileName: string | undefined;
    try {
      await mkdir(dir, { recursive: true });
      for await (const part of request.parts({ limits })) {
        if (part.type === 'file') fileName = await spool(part, path, maxFileSize);
        else fields.set(part.fieldname, fieldOf(part, fields));
      }
    } catch (error) {
      drain(request);
      throw understood(error);
    }
    return { fileName: fileName ?? raise(new BadUploadError('The form has no file.')), options: toOptions(fields) };
  }
}

/** Reads past the rest of a refused body: while it is not read, neither the reply nor the caller's going away gets through. */
function drain({ raw }: FastifyRequest): void {
  raw.unpipe();
  raw.resume();
}

async function spool(part: Extract<Multipart, { type: 'file' }>, path: string, maxBytes: number): Promise<string> {
  if (part.fieldname !== FILE_FIELD || !part.filename) {
    part.file.resume();
    throw new BadUploadError(`The file must be sent in the field "${FILE_FIELD}", with its name.`);
  }
  // Without counting, a file that is too large would end as if it were whole, cut at the limit.
  async function* counted(chunks: Readable): AsyncGenerator<Buffer, void> {
    let bytes = 0;
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new UploadTooLargeError();
      yield chunk;
    }
  }
  await pipeline(part.file, counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return part.filename;
}

function fieldOf(part: Extract<Multipart, { type: 'field' }>, fields: ReadonlyMap<string, string>): string {
  const { fieldname, value, valueTruncated } = part;
  if (fields.has(fieldname)) throw fault(fieldname, 'REPEATED', 'must be given once');
  if (fieldname === FILE_FIELD) throw new BadUploadError(`The field "${FILE_FIELD}" must be a file with its name.`);
  const rule = Object.hasOwn(FIELDS, fieldname) ? FIELDS[fieldname] : undefined;
  if (!rule) throw fault(fieldname.slice(0, 64), 'UNKNOWN_FIELD', 'is not a known field');
  const checked = rule(valueTruncated ? undefined : value);
  return checked.ok ? checked.value : raise(fault(fieldname, checked.code, checked.detail));
}

const fault = (field: string, code: string, detail: string): ValidationFailedError =>
  new ValidationFailedError([{ pointer: `/${field}`, code, detail } satisfies Violation]);

function toOptions(fields: ReadonlyMap<string, string>): ImportOptions {
  const onDuplicate = (fields.get('on_duplicate') ?? 'update') as ImportOptions['onDuplicate'];
  return { onDuplicate, dryRun: fields.get('dry_run') === 'true' };
}

/** What an error of the parser, the client or the disk means to the caller. */
function understood(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'FST_REQ_FILE_TOO_LARGE') return new UploadTooLargeError();
  if (typeof code === 'string' && DISK_FAULTS.has(code)) return new UploadStorageError(error);
  return new BadUploadError('The form cannot be read: it needs exactly one file and known fields.', error);
}
