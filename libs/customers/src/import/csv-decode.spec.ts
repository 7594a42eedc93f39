import { decode, sniffEncoding, type Encoding } from './csv-decode.js';
import { EncodingUnknownError, NotTextError } from './import.errors.js';

const TEXT = 'email,full_name\r\nan@example.vn,Nguyễn Thị Đào\r\nbe@example.vn,Trần Văn Bé\r\n';

/** What Vietnamese Windows programs write: base letters, tones as combining marks of their own byte. */
const LETTERS: Record<string, number[]> = { ễ: [0xea, 0xde], ị: [0x69, 0xf2], ầ: [0xe2, 0xcc], é: [0xe9], Đ: [0xd0], ă: [0xe3], à: [0xe0] };
const windows1258 = (text: string): Buffer =>
  Buffer.from([...text].flatMap((char) => (char < '\u0080' ? [char.charCodeAt(0)] : (LETTERS[char] ?? []))));

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes in pieces of `size`. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(bytes: Buffer, size: number): Promise<{ encoding: Encoding; text: string }> {
  const encoding = await sniffEncoding(inPieces(bytes, size));
  let text = '';
  for await (const part of decode(inPieces(bytes, size), encoding)) text += part;
  return { encoding, text: text.normalize('NFC') };
}

describe(sniffEncoding.name, () => {
  it.each<[string, Encoding, Buffer]>([
    ['UTF-8', 'utf-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', 'utf-8', Buffer.concat([BOM, Buffer.from(TEXT)])],
    ['UTF-8 in decomposed form', 'utf-8', Buffer.from(TEXT.normalize('NFD'))],
    ['UTF-16 LE with a byte order mark', 'utf-16le', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['UTF-16 BE with a byte order mark', 'utf-16be', swapped(Buffer.from(`\ufeff${TEXT}`, 'utf16le'))],
    ['UTF-16 LE without', 'utf-16le', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16 BE without', 'utf-16be', swapped(Buffer.from(TEXT, 'utf16le'))],
    ['Windows-1258', 'windows-1258', windows1258(TEXT)],
  ])('C1 C2 C3: should read %s, however it is cut', async (_, encoding, bytes) => {
    for (const size of [1, 7, bytes.length]) expect(await textOf(bytes, size)).toEqual({ encoding, text: TEXT });
  });

  it('C4: should read a lone 0xff as Windows-1258, never as a replacement character', async () => {
    const { encoding, text } = await textOf(Buffer.concat([Buffer.from('email,full_name\nan@example.vn,An'), Buffer.from([0xff])]), 5);
    expect(encoding).toBe('windows-1258');
    expect(text).toBe('email,full_name\nan@example.vn,Anÿ');
  });

  it.each([0x81, 0x8a, 0x8d, 0x8e, 0x8f, 0x90, 0x9a, 0x9d, 0x9e])('should refuse text with the undefined byte %p', async (byte) => {
    const bytes = Buffer.concat([Buffer.from('email,full_name\nan@example.vn,An'), Buffer.from([0xff, byte])]);
    await expect(sniffEncoding(inPieces(bytes, 4))).rejects.toThrow(EncodingUnknownError);
  });

  it('C4: should let a byte order mark settle it, whatever bytes follow', async () => {
    const { encoding, text } = await textOf(Buffer.concat([BOM, Buffer.from('email\nĐà'), Buffer.from([0xff, 0x8a])]), 2);
    expect({ encoding, text }).toEqual({ encoding: 'utf-8', text: 'email\nĐà\ufffd\ufffd' });
  });

  it('C4: should refuse UTF-8 that is cut inside a character', async () => {
    const bytes = Buffer.from('email,full_name\nan@example.vn,Đà');
    await expect(sniffEncoding(inPieces(bytes.subarray(0, -1), 4))).rejects.toThrow(EncodingUnknownError);
  });

  it('C4: should let a few broken characters be broken, and read the rest of the file as the UTF-8 it is', async () => {
    const cut = Buffer.concat([Buffer.from('email,full_name,city\nan@x.vn,Nguyễn Thị Hà,Huế\nbe@x.vn,Bùi H'), Buffer.from([0xe1, 0xba])]);
    for (const size of [1, 5, 1_000]) {
      const { encoding, text } = await textOf(Buffer.concat([cut, Buffer.from(',Huế\n')]), size);
      expect({ encoding, text }).toEqual({
        encoding: 'utf-8',
        text: 'email,full_name,city\nan@x.vn,Nguyễn Thị Hà,Huế\nbe@x.vn,Bùi H\ufffd,Huế\n',
      });
    }
  });

  it.each([
    ['a stray zero byte', Buffer.from('email,full_name\nan@example.vn,A\u0000n')],
    ['control characters', Buffer.from([...Array(64).keys()])],
    ['zero bytes only', Buffer.alloc(64)],
  ])('should refuse %s as binary', async (_, bytes) => {
    await expect(sniffEncoding(inPieces(bytes, 16))).rejects.toThrow(NotTextError);
  });
});
