import { TextDecoder } from 'node:util';
import { REPLACEMENT } from '@app/common';
import { EncodingUnknownError, NotTextError } from './import.errors.js';

/** How the text of an upload is written. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1258'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const HEAD_BYTES = 4_096;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Bytes that Windows-1258 leaves undefined; a decoder turns them into C1 controls. */
const UNDEFINED_IN_1258 = Buffer.from([0x81, 0x8a, 0x8d, 0x8e, 0x8f, 0x90, 0x9a, 0x9d, 0x9e]);
/** In other encodings than UTF-8 next to no byte above 0x7f can be read as one; in a UTF-8 file that was damaged, nearly all. */
const MAX_LOST_SHARE = 0.25;
const TEXT_CONTROLS = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1a, 0x1b]);
/** Text has hardly any control bytes; compressed or binary data have one in eight or so. */
const MAX_CONTROL_SHARE = 0.01;

/**
 * Tells the encoding of a file from all of its bytes: a byte order mark, else UTF-16 when zero bytes stand at odd or at
 * even places only, else UTF-8 when the bytes fit, all or most of them, else Windows-1258. Raises {@link NotTextError} for
 * binary data and {@link EncodingUnknownError} for text that is none of these.
 */
export async function sniffEncoding(chunks: AsyncIterable<Uint8Array>): Promise<Encoding> {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const lenient = new TextDecoder('utf-8');
  let head = Buffer.alloc(0);
  let isUtf8 = true;
  let fits1258 = true;
  let high = 0;
  let lost = 0;
  for await (const chunk of chunks) {
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    isUtf8 &&= decodes(strict, chunk, true);
    fits1258 &&= !UNDEFINED_IN_1258.some((byte) => chunk.includes(byte));
    for (const byte of chunk) if (byte > 0x7f) high++;
    lost += countLost(lenient.decode(chunk, { stream: true }));
  }
  isUtf8 &&= decodes(strict, new Uint8Array(), false);
  lost += countLost(lenient.decode());
  const wide = wideEncoding(head);
  if (wide) return wide;
  if (head.includes(0) || controlShare(head) > MAX_CONTROL_SHARE) throw new NotTextError();
  if (isUtf8 || lost < high * MAX_LOST_SHARE || head.subarray(0, UTF8_MARK.length).equals(UTF8_MARK)) return 'utf-8';
  if (fits1258) return 'windows-1258';
  throw new EncodingUnknownError();
}

/** The text of the chunks, without its byte order mark. Characters are never cut at the border of two chunks. */
export async function* decode(chunks: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<string, void> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Whether the first bytes are clean text: used where a signature of another format could be chance. */
export function isCleanText(head: Uint8Array): boolean {
  return !head.includes(0) && controlShare(head) === 0 && decodes(new TextDecoder('utf-8', { fatal: true }), head, true);
}

function decodes(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): boolean {
  try {
    decoder.decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

const countLost = (text: string): number => text.split(REPLACEMENT).length - 1;

function wideEncoding(head: Buffer): Encoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = { even: 0, odd: 0 };
  head.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2 === 0 ? 'even' : 'odd'] += 1;
  });
  if (isHighSide(zeros.odd, zeros.even, head.length)) return 'utf-16le';
  if (isHighSide(zeros.even, zeros.odd, head.length)) return 'utf-16be';
  return undefined;
}

/** A header is mostly ASCII: in UTF-16 much of one side is zero, and next to nothing of the other (U+0300 and its like). */
const isHighSide = (zeros: number, otherZeros: number, bytes: number): boolean => zeros * 8 >= bytes && otherZeros * 20 <= zeros;

function controlShare(head: Uint8Array): number {
  const controls = head.filter((byte) => byte < 0x20 && !TEXT_CONTROLS.has(byte)).length;
  return head.length === 0 ? 0 : controls / head.length;
}
