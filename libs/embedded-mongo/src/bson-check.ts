import { elementsOf, type RawDocument } from './document.js';
import { fail, MongoError } from './errors.js';

/** MongoDB's default for nested objects and arrays. */
const DEEPEST = 180;
const TEXTS = [0x02, 0x0c, 0x0d, 0x0e];
const NESTED = [0x03, 0x04];
const CODE_WITH_SCOPE = 0x0f;

/** Raises 22 unless the bytes of a document are one and well-formed: what is stored is later read by offsets alone. */
export function checkBson(doc: RawDocument): void {
  try {
    if (checkElements(doc.bytes, 0, doc.elements, 0) !== doc.bytes.length) malformed();
  } catch (error) {
    if (error instanceof MongoError) throw error;
    malformed();
  }
}

function checkDocument(bytes: Buffer, start: number, depth: number): number {
  if (depth > DEEPEST) fail(15, `BSONObj exceeded the maximum nested object depth: ${DEEPEST}`);
  return checkElements(bytes, start, elementsOf(bytes, start), depth);
}

function checkElements(bytes: Buffer, start: number, elements: RawDocument['elements'], depth: number): number {
  for (const [type, , , at, length] of elements) {
    if (TEXTS.includes(type)) checkText(bytes, at, at + length);
    else if (NESTED.includes(type)) checkDocument(bytes, at, depth + 1);
    else if (type === CODE_WITH_SCOPE && checkDocument(bytes, checkText(bytes, at + 4, at + length), depth + 1) !== at + length)
      malformed();
  }
  return start + bytes.readInt32LE(start);
}

/** Where a text ends that has to end before `limit`. */
function checkText(bytes: Buffer, at: number, limit: number): number {
  const length = bytes.readInt32LE(at);
  const end = at + 4 + length;
  return length >= 1 && end <= limit && bytes[end - 1] === 0 ? end : malformed();
}

function malformed(): never {
  return fail(22, 'InvalidBSON: not a well-formed BSON document');
}
