import { fail } from './errors.js';

/** MongoDB's default for nested objects and arrays. */
const DEEPEST = 180;

const FIXED: Readonly<Record<number, number>> = {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
};

/** Raises 22 unless the bytes are one well-formed document: what is stored is later read by offsets alone. */
export function checkBson(bytes: Buffer): void {
  if (checkDocument(bytes, 0, bytes.length, 0) !== bytes.length) malformed();
}

function checkDocument(bytes: Buffer, start: number, limit: number, depth: number): number {
  if (depth > DEEPEST) fail(15, `BSONObj exceeded the maximum nested object depth: ${DEEPEST}`);
  if (start + 5 > limit) malformed();
  const end = start + bytes.readInt32LE(start);
  if (end < start + 5 || end > limit || bytes[end - 1] !== 0) malformed();
  let at = start + 4;
  while (at < end - 1) {
    const type = bytes[at++] as number;
    while (at < end && bytes[at] !== 0) at++;
    at = skipValue(bytes, type, at + 1, end - 1, depth);
  }
  return at === end - 1 ? end : malformed();
}

function skipValue(bytes: Buffer, type: number, at: number, end: number, depth: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return at + fixed <= end ? at + fixed : malformed();
  switch (type) {
    case 0x02:
    case 0x0d:
    case 0x0e:
      return skipText(bytes, at, end);
    case 0x03:
    case 0x04:
      return checkDocument(bytes, at, end, depth + 1);
    case 0x05: {
      const next = at + 5 + lengthAt(bytes, at, end);
      return next <= end ? next : malformed();
    }
    case 0x0b:
      return skipName(bytes, skipName(bytes, at, end), end);
    case 0x0c: {
      const next = skipText(bytes, at, end) + 12;
      return next <= end ? next : malformed();
    }
    case 0x0f: {
      const next = at + lengthAt(bytes, at, end);
      if (next > end || checkDocument(bytes, skipText(bytes, at + 4, end), end, depth + 1) !== next) malformed();
      return next;
    }
    default:
      return malformed();
  }
}

function skipText(bytes: Buffer, at: number, end: number): number {
  const length = lengthAt(bytes, at, end);
  const next = at + 4 + length;
  return length >= 1 && next <= end && bytes[next - 1] === 0 ? next : malformed();
}

function skipName(bytes: Buffer, at: number, end: number): number {
  const zero = bytes.indexOf(0, at);
  return zero >= 0 && zero < end ? zero + 1 : malformed();
}

function lengthAt(bytes: Buffer, at: number, end: number): number {
  const length = at + 4 <= end ? bytes.readInt32LE(at) : -1;
  return length >= 0 ? length : malformed();
}

function malformed(): never {
  return fail(22, 'InvalidBSON: not a well-formed BSON document');
}
