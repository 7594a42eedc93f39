import { deserialize, Double, Long, serialize } from 'bson';
import { TYPED, type Document } from './document.js';

/** As MongoDB's `hello` advertises it. */
export const MAX_MESSAGE_BYTES = 48_000_000;

const HEADER = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
/** Bits 2 to 15 are "required": a server that does not know one must not go on. */
const UNKNOWN_REQUIRED_BITS = 0xfffc;

/** Typed values are kept (an int stays an int), and documents to be stored stay raw: their bytes are what is stored. */
const BODY_OPTIONS = { ...TYPED, fieldsAsRaw: { documents: true } } as const;

/** Bytes that are not a message of this protocol; ends the connection they came from. */
export class ProtocolError extends Error {}

export interface Message {
  requestId: number;
  /** `query` is the old handshake on `admin.$cmd`, answered by an OP_REPLY. */
  kind: 'query' | 'message';
  /** The client wants no reply and would take one for the answer to its next command. */
  silent: boolean;
  body: Document;
  /** Kind-1 sections, raw; slices of the frame. */
  sequences: Map<string, Buffer[]>;
}

/** Cuts a byte stream into frames; a frame that arrives in many chunks is joined once. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private size = 0;

  push(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk);
    this.size += chunk.length;
    const frames: Buffer[] = [];
    for (let length = this.nextLength(); length !== undefined && this.size >= length; length = this.nextLength()) {
      const all = this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks, this.size);
      frames.push(all.subarray(0, length));
      this.size -= length;
      this.chunks = this.size === 0 ? [] : [all.subarray(length)];
    }
    return frames;
  }

  private nextLength(): number | undefined {
    if (this.size < 4) return undefined;
    if ((this.chunks[0] as Buffer).length < 4) this.chunks = [Buffer.concat(this.chunks, this.size)];
    const length = (this.chunks[0] as Buffer).readInt32LE(0);
    if (length < HEADER + 5 || length > MAX_MESSAGE_BYTES) throw new ProtocolError(`a message of ${length} bytes`);
    return length;
  }
}

export function parseMessage(frame: Buffer): Message {
  const opCode = frame.readInt32LE(12);
  if (opCode === OP_MSG) return parseOpMsg(frame);
  if (opCode === OP_QUERY) return parseOpQuery(frame);
  throw new ProtocolError(`unknown opcode ${opCode}`);
}

function parseOpMsg(frame: Buffer): Message {
  const flags = frame.readUInt32LE(HEADER);
  if (flags & UNKNOWN_REQUIRED_BITS) throw new ProtocolError(`unknown required flags ${flags}`);
  const end = flags & CHECKSUM_PRESENT ? frame.length - 4 : frame.length;
  const sequences = new Map<string, Buffer[]>();
  let body: Document | undefined;
  let at = HEADER + 4;
  while (at < end) {
    const kind = frame[at++];
    if (kind === 0 && body === undefined) {
      const size = documentSize(frame, at, end);
      body = readDocument(frame.subarray(at, at + size), BODY_OPTIONS);
      at += size;
    } else if (kind === 1) {
      at = parseSequence(frame, at, end, sequences);
    } else {
      throw new ProtocolError(`unexpected section of kind ${kind}`);
    }
  }
  if (body === undefined) throw new ProtocolError('no body section');
  return { requestId: frame.readInt32LE(4), kind: 'message', silent: (flags & MORE_TO_COME) !== 0, body, sequences };
}

function parseSequence(frame: Buffer, start: number, end: number, into: Map<string, Buffer[]>): number {
  if (start + 4 > end) throw new ProtocolError('a cut section');
  const stop = start + frame.readInt32LE(start);
  const nameEnd = frame.indexOf(0, start + 4);
  if (stop > end || nameEnd < 0 || nameEnd >= stop) throw new ProtocolError('a section with a wrong length');
  const name = frame.toString('utf8', start + 4, nameEnd);
  if (into.has(name)) throw new ProtocolError(`two sections named ${name}`);
  const documents: Buffer[] = [];
  for (let at = nameEnd + 1; at < stop;) {
    const size = documentSize(frame, at, stop);
    documents.push(frame.subarray(at, at + size));
    at += size;
  }
  into.set(name, documents);
  return stop;
}

function parseOpQuery(frame: Buffer): Message {
  const nameEnd = frame.indexOf(0, HEADER + 4);
  const at = nameEnd + 9;
  if (nameEnd < 0 || at >= frame.length) throw new ProtocolError('a cut OP_QUERY');
  if (frame.toString('utf8', HEADER + 4, nameEnd) !== 'admin.$cmd') throw new ProtocolError('OP_QUERY is only for the handshake');
  const size = documentSize(frame, at, frame.length);
  const body = readDocument(frame.subarray(at, at + size), TYPED);
  return { requestId: frame.readInt32LE(4), kind: 'query', silent: false, body: { ...body, $db: 'admin' }, sequences: new Map() };
}

function documentSize(frame: Buffer, at: number, end: number): number {
  const size = at + 5 <= end ? frame.readInt32LE(at) : 0;
  if (size < 5 || at + size > end || frame[at + size - 1] !== 0) throw new ProtocolError('a document with a wrong length');
  return size;
}

function readDocument(bytes: Buffer, options: typeof BODY_OPTIONS | typeof TYPED): Document {
  try {
    return deserialize(bytes, options);
  } catch (error) {
    throw new ProtocolError('a document that is no BSON', { cause: error });
  }
}

/** A document of a kind-1 section with its types kept. */
export function typedDocument(bytes: Buffer): Document {
  return readDocument(bytes, TYPED);
}

/** A reply that is already a whole OP_MSG frame except for its two ids. */
export class Frame {
  constructor(readonly bytes: Buffer) {}
}

export type Reply = Document | Frame;

/** The bytes to send; `ok` is a double in all replies of MongoDB. */
export function encodeReply(reply: Reply, message: Message, requestId: number): Buffer {
  const bytes =
    reply instanceof Frame
      ? reply.bytes
      : frameOf(serialize({ ...reply, ok: new Double(Number(reply['ok'])) }, { ignoreUndefined: true }), message.kind);
  bytes.writeInt32LE(requestId, 4);
  bytes.writeInt32LE(message.requestId, 8);
  return bytes;
}

function frameOf(body: Uint8Array, kind: Message['kind']): Buffer {
  const prefix = kind === 'query' ? HEADER + 20 : HEADER + 5;
  const bytes = Buffer.alloc(prefix + body.length);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(kind === 'query' ? OP_REPLY : OP_MSG, 12);
  if (kind === 'query') bytes.writeInt32LE(1, HEADER + 16);
  bytes.set(body, prefix);
  return bytes;
}

const DOCUMENT = 3;
const ARRAY = 4;
/** Of a document whose length is written when it is known. */
const LENGTH = Buffer.alloc(4);
const END = Buffer.alloc(1);
const MESSAGE_HEAD = frameOf(new Uint8Array(), 'message');

const elementsIn = (document: Document): Uint8Array => serialize(document).subarray(4, -1);
const OK = elementsIn({ ok: new Double(1) });

const elementHead = (type: number, name: string): Buffer => Buffer.from(`${String.fromCharCode(type)}${name}\0`);

const headOf = (batch: string): Buffer =>
  Buffer.concat([MESSAGE_HEAD, LENGTH, elementHead(DOCUMENT, 'cursor'), LENGTH, elementHead(ARRAY, batch), LENGTH]);
const BATCH_HEADS = { firstBatch: headOf('firstBatch'), nextBatch: headOf('nextBatch') };

/** `{cursor: {<batch>: [...], id, ns}, ok: 1}` around stored bytes, with no document serialised. */
export function cursorFrame(docs: readonly Uint8Array[], id: bigint, ns: string, batch: keyof typeof BATCH_HEADS): Frame {
  const head = BATCH_HEADS[batch];
  const list = docs.flatMap((doc, i) => [elementHead(DOCUMENT, String(i)), doc]);
  const tail = Buffer.concat([END, elementsIn({ id: Long.fromBigInt(id), ns }), END, OK, END]);
  const bytes = Buffer.concat([head, ...list, tail]);
  const listAt = head.length - LENGTH.length;
  const cursorAt = listAt - elementHead(ARRAY, batch).length - LENGTH.length;
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(bytes.length - MESSAGE_HEAD.length, MESSAGE_HEAD.length);
  bytes.writeInt32LE(bytes.length - OK.length - END.length - cursorAt, cursorAt);
  bytes.writeInt32LE(bytes.length - tail.length + END.length - listAt, listAt);
  return new Frame(bytes);
}

/** A reply with one stored document in it, byte for byte: `{...before, [name]: <bytes>, ok: 1}`. */
export function documentFrame(before: Document, name: string, bytes: Uint8Array): Frame {
  const body = Buffer.concat([LENGTH, elementsIn(before), elementHead(DOCUMENT, name), bytes, OK, END]);
  body.writeInt32LE(body.length, 0);
  return new Frame(frameOf(body, 'message'));
}
