import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { DomainError } from '@app/common';
import { mongo, Types, type Connection } from 'mongoose';
import { ENCODINGS, type Encoding } from './csv-decode.js';
import { UploadGoneError } from './import.errors.js';

const BUCKET = 'uploads';
const MOST_AT_ONCE = 1_000;
/** Of a file that is read. The driver alone would ask for as much as a reply can hold, 16 MiB. */
const CHUNKS_AT_ONCE = 4;

/** Uploaded files, in GridFS: the storage that the API and every worker see. */
@Injectable()
export class UploadStore {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Stores the file at `path`; gives its id. What was stored of it is removed when that fails. */
  async save(path: string, jobId: string, encoding: Encoding): Promise<string> {
    const upload = this.bucket().openUploadStream(jobId, { metadata: { jobId, encoding } });
    try {
      await pipeline(createReadStream(path), upload);
    } catch (error) {
      await upload.abort().catch(() => undefined);
      throw error;
    }
    return upload.id.toString();
  }

  /** How a stored file is encoded, and its bytes, each time anew. Raises {@link UploadGoneError}, also where bytes of it are missing. */
  async open(id: string): Promise<{ encoding: Encoding; bytes: () => AsyncIterable<Uint8Array> }> {
    const [file] = await this.bucket()
      .find({ _id: new Types.ObjectId(id) })
      .toArray();
    const encoding = ENCODINGS.find((name) => name === file?.metadata?.['encoding']);
    if (!file || !encoding) throw new UploadGoneError();
    return { encoding, bytes: () => this.bytesOf(file) };
  }

  /** Files stored before a moment, the oldest first, and the imports they belong to. */
  async listOlder(than: Date, limit: number): Promise<{ id: string; jobId: string }[]> {
    const files = await this.bucket()
      .find({ uploadDate: { $lt: than } }, { sort: { uploadDate: 1 }, limit })
      .toArray();
    return files.map(({ _id, filename }) => ({ id: _id.toHexString(), jobId: filename }));
  }

  /** Deletes a stored file; one that is not there is no fault. */
  async remove(id: string): Promise<void> {
    const _id = new Types.ObjectId(id);
    if ((await this.bucket().find({ _id }).toArray()).length > 0) await this.bucket().delete(_id);
  }

  /** Deletes what was stored before a moment of files that were never finished, because the process that stored them died. */
  async removeUnfinished(before: Date): Promise<void> {
    const chunks = this.connection.collection(`${BUCKET}.chunks`);
    const older = { $lt: Types.ObjectId.createFromTime(before.getTime() / 1_000) };
    const firsts = await chunks.find({ files_id: older, n: 0 }, { projection: { files_id: 1 }, limit: MOST_AT_ONCE }).toArray();
    const ids = firsts.map(({ files_id: id }) => id as Types.ObjectId);
    const files = await this.bucket()
      .find({ _id: { $in: ids } })
      .toArray();
    const finished = new Set(files.map(({ _id }) => _id.toHexString()));
    await chunks.deleteMany({ files_id: { $in: ids.filter((id) => !finished.has(id.toHexString())) } });
  }

  private async *bytesOf({ _id, length, chunkSize }: mongo.GridFSFile): AsyncGenerator<Uint8Array, void> {
    let start = 0;
    while (start < length) {
      const end = Math.min(start + CHUNKS_AT_ONCE * chunkSize, length);
      try {
        for await (const bytes of this.bucket().openDownloadStream(_id, { start, end }) as AsyncIterable<Buffer>) {
          start += bytes.length;
          yield bytes;
        }
      } catch (error) {
        throw isOfMissingBytes(error) ? new UploadGoneError() : error;
      }
      if (start < end) throw new UploadGoneError(); // the driver takes the last chunk there is for the end
    }
  }

  private bucket(): mongo.GridFSBucket {
    const { db } = this.connection;
    if (!db) throw new DomainError('DATABASE_UNAVAILABLE', 'unavailable', 'The database cannot be reached.');
    return new mongo.GridFSBucket(db, { bucketName: BUCKET });
  }
}

/** What the driver says when a file or a chunk of it was deleted. */
const isOfMissingBytes = (error: unknown): boolean =>
  error instanceof mongo.MongoGridFSChunkError || (error instanceof mongo.MongoRuntimeError && error.code === 'ENOENT');
