import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { parseConfig } from '@app/config';
import { defer, lastValueFrom } from 'rxjs';
import { UploadInterceptor, type UploadedFile } from './upload.interceptor.js';

const fileOf = (content: Iterable<string> | AsyncIterable<string>) => ({
  type: 'file',
  fieldname: 'file',
  filename: 'a.csv',
  file: Readable.from(content, { objectMode: false }),
});

describe(UploadInterceptor.name, () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'upload-spec-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Receives a form; gives what `use` made of its file. */
  const receive = (
    parts: () => Iterable<unknown> | AsyncIterable<unknown>,
    { uploadDir = dir, use }: { uploadDir?: string; use?: (upload: UploadedFile) => Promise<unknown> } = {},
  ): Promise<unknown> => {
    const request = { isMultipart: () => true, headers: {}, parts, raw: Readable.from([]), upload: undefined as never };
    const context = { switchToHttp: () => ({ getRequest: () => request }) } as unknown as ExecutionContext;
    const next: CallHandler = { handle: () => defer(async () => use?.(request.upload)) };
    return lastValueFrom(new UploadInterceptor(parseConfig({ UPLOAD_DIR: uploadDir })).intercept(context, next));
  };

  it('should keep the file on the disk while it is used', async () => {
    const use = async ({ path, fileName }: UploadedFile) => [fileName, await readFile(path, 'utf8')];
    expect(await receive(() => [fileOf(['email', ',full_name'])], { use })).toEqual(['a.csv', 'email,full_name']);
    expect(await readdir(dir)).toEqual([]);
  });

  it.each<[string, (at: string) => Promise<string>]>([
    ['is a file', async (at) => (await writeFile(at, ''), at)],
    ['lies below a file', async (at) => (await writeFile(at, ''), join(at, 'uploads'))],
    ['is a link to nothing', async (at) => (await symlink(join(at, 'nothing'), at), at)],
  ])('Q15: should say that uploads cannot be stored when their directory %s', async (_, make) => {
    const uploadDir = await make(join(dir, 'uploads'));
    const receiving = receive(() => [fileOf(['email'])], { uploadDir });
    await expect(receiving).rejects.toMatchObject({ code: 'UPLOAD_STORAGE_UNAVAILABLE', kind: 'unavailable' });
  });

  it('Q15: should say so when the directory goes away meanwhile', async () => {
    const parts = async function* () {
      await rm(dir, { recursive: true });
      yield fileOf(['email']);
    };
    await expect(receive(parts)).rejects.toMatchObject({ code: 'UPLOAD_STORAGE_UNAVAILABLE' });
  });

  it.each<[string, () => Iterable<unknown> | AsyncIterable<unknown>]>([
    [
      'between its parts',
      async function* () {
        throw new Error('Unexpected end of multipart data');
      },
    ],
    [
      'inside its file',
      () => [
        fileOf(
          (async function* () {
            yield 'email';
            throw new Error('terminated early');
          })(),
        ),
      ],
    ],
  ])('should refuse a form that cannot be read %s', async (_, parts) => {
    await expect(receive(parts)).rejects.toMatchObject({ code: 'BAD_UPLOAD', kind: 'malformed' });
    expect(await readdir(dir)).toEqual([]);
  });

  it('should not blame the caller for a fault of ours', async () => {
    await expect(receive(() => [null])).rejects.toThrow(TypeError);
  });
});
