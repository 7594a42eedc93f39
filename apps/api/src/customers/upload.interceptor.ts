import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Multipart } from '@fastify/multipart';
import { createParamDecorator, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { DomainError, raise } from '@app/common';
import { Config } from '@app/config';
import { UploadTooLargeError, type ReceivedUpload } from '@app/customers';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { UnsupportedMediaTypeError, ValidationFailedError } from '../http/http.errors.js';

/** The form cannot be read: no file, more than one, a bad boundary, cut off. */
class BadUploadError extends DomainError {
  constructor(detail: string, cause?: unknown) {
    super('BAD_UPLOAD', 'malformed', detail, { cause });
  }
}

/** The local disk takes nothing: it is full, or the directory is not what it should be. */
class UploadStorageError extends DomainError {
  constructor(cause: unknown) {
    super('UPLOAD_STORAGE_UNAVAILABLE', 'unavailable', 'Uploads cannot be stored at the moment.', { cause });
  }
}

/** What surrounds the file in a multipart body, generously. */
const FORM_OVERHEAD = 16_384;
const MAX_FIELD_BYTES = 200;
const FILE_FIELD = 'file';
/** Of a file that lies on the local disk while its request runs. */
export const SPOOL_SUFFIX = '.upload';

/** A file that was received, and what tells its content from others. */
export interface UploadedFile extends ReceivedUpload {
  sha256: string;
}

type UploadRequest = FastifyRequest & { upload?: UploadedFile };

/** The file of the form that {@link UploadInterceptor} has received. */
export const Upload = createParamDecorator((_: unknown, context: ExecutionContext): UploadedFile => {
  const { upload } = context.switchToHttp().getRequest<UploadRequest>();
  return upload ?? raise(new Error('A route takes an upload without its interceptor'));
});

/** Reads a form: its fields become the body, its file lies on the local disk for as long as the request runs. */
@Injectable()
export class UploadInterceptor implements NestInterceptor {
  constructor(private readonly config: Config) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(this.receive(context.switchToHttp().getRequest<UploadRequest>(), () => lastValueFrom(next.handle())));
  }

  private async receive(request: UploadRequest, use: () => Promise<unknown>): Promise<unknown> {
    const { maxFileSize, dir } = this.config.upload;
    if (!request.isMultipart()) throw new UnsupportedMediaTypeError();
    if (Number(request.headers['content-length'] ?? 0) > maxFileSize + FORM_OVERHEAD) throw new UploadTooLargeError();
    const path = join(dir, randomUUID() + SPOOL_SUFFIX);
    try {
      await this.read(request, path);
      return await use();
    } finally {
      await rm(path, { force: true }).catch(() => undefined); // the sweeper removes what is left
    }
  }

  private async read(request: UploadRequest, path: string): Promise<void> {
    const { maxFileSize, dir } = this.config.upload;
    const limits = { fileSize: maxFileSize + 1, files: 1, fields: 4, fieldSize: MAX_FIELD_BYTES, parts: 6 };
    const fields = new Map<string, unknown>();
    try {
      await onDisk(mkdir(dir, { recursive: true }));
      for await (const part of received(request.parts({ limits }))) {
        if (part.type === 'file') request.upload = await spool(part, path, maxFileSize);
        else fields.set(part.fieldname, fieldOf(part, fields));
      }
    } catch (error) {
      drain(request);
      throw error;
    }
    if (!request.upload) throw new BadUploadError('The form has no file.');
    request.body = Object.fromEntries(fields);
  }
}

/** Reads past the rest of a refused body: while it is not read, neither the reply nor the caller's going away gets through. */
function drain({ raw }: FastifyRequest): void {
  raw.unpipe();
  raw.resume();
}

async function spool(part: Extract<Multipart, { type: 'file' }>, path: string, maxBytes: number): Promise<UploadedFile> {
  if (part.fieldname !== FILE_FIELD || !part.filename) {
    part.file.resume();
    throw new BadUploadError(`The file must be sent in the field "${FILE_FIELD}", with its name.`);
  }
  const hash = createHash('sha256');
  const spooled = await onDisk(open(path, 'wx', 0o600));
  let bytes = 0;
  try {
    for await (const chunk of received<Buffer>(part.file)) {
      bytes += chunk.length;
      // Without counting, a file that is too large would end as if it were whole, cut at the limit.
      if (bytes > maxBytes) throw new UploadTooLargeError();
      hash.update(chunk);
      await onDisk(spooled.appendFile(chunk));
    }
  } finally {
    await onDisk(spooled.close());
  }
  return { path, fileName: part.filename, sha256: hash.digest('base64url') };
}

function fieldOf(field: Extract<Multipart, { type: 'field' }>, fields: ReadonlyMap<string, unknown>): unknown {
  const { fieldname, value, valueTruncated } = field;
  if (fields.has(fieldname)) throw fault(fieldname, 'REPEATED', 'must be given once');
  if (fieldname === FILE_FIELD) throw new BadUploadError(`The field "${FILE_FIELD}" must be a file with its name.`);
  if (valueTruncated) throw fault(fieldname, 'TOO_LONG', `must have at most ${MAX_FIELD_BYTES} characters`);
  return value;
}

const fault = (field: string, code: string, detail: string): ValidationFailedError =>
  new ValidationFailedError([{ pointer: `/${field}`, code, detail }]);

/** What comes from the caller: an error of the connection or of the form's parser is theirs. */
async function* received<T>(form: AsyncIterable<T>): AsyncGenerator<T, void> {
  try {
    yield* form;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'FST_REQ_FILE_TOO_LARGE') throw new UploadTooLargeError();
    throw new BadUploadError('The form cannot be read: it needs exactly one file and known fields.', error);
  }
}

/** What is done on the local disk: whatever its error is, neither the caller nor the code can mend it. */
async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UploadStorageError(error);
  }
}
