import { ObjectId } from 'bson';
import { checkBson } from '../bson-check.js';
import { MAX_DOCUMENT_BYTES, RawDocument } from '../document.js';
import { fail } from '../errors.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { CommandContext, CommandTable } from './command.js';
import { checkBatch, checkId, eachStatement } from './write.js';

const ID_FIRST = Buffer.from('_id\0');
const OBJECT_ID = 0x07;

function* insert({ args, sequences, storage }: CommandContext): Steps<Reply> {
  const documents = sequences.get('documents') ?? args.required('documents', args.list('documents')).map(rawDocument);
  checkBatch(documents.length);
  const { db, collection } = args;
  let n = 0;
  const errors = yield* eachStatement(args, documents, function* (bytes) {
    storage.ensure(db, collection).insert(storable(bytes));
    n++;
  });
  return { n, ...errors, ok: 1 };
}

/** An element of the `documents` array, which is read as raw bytes. */
function rawDocument(value: unknown): Buffer {
  if (!(value instanceof Uint8Array)) return fail(14, "BSON field 'insert.documents' must be an array of objects");
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Checks a document that came in and puts its `_id` first, adding one where there is none. Its other bytes stay as they are. */
function storable(bytes: Buffer): RawDocument {
  if (bytes.length > MAX_DOCUMENT_BYTES)
    fail(2, `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`);
  const doc = new RawDocument(bytes);
  checkBson(doc);
  const hasIdFirst = bytes.compare(ID_FIRST, 0, 4, 5, 9) === 0;
  if (hasIdFirst && bytes[4] === OBJECT_ID) return doc;
  if (doc.get('_id') === undefined) return joined(Buffer.concat([Buffer.from([OBJECT_ID]), ID_FIRST, new ObjectId().id]), bytes);
  checkId(doc);
  if (hasIdFirst) return doc;
  const id = doc.pick((name) => name === '_id').bytes;
  return joined(id.subarray(4, -1), doc.pick((name) => name !== '_id').bytes);
}

/** A document with an element put before its others. */
function joined(element: Buffer, document: Buffer): RawDocument {
  const whole = Buffer.concat([document.subarray(0, 4), element, document.subarray(4)]);
  whole.writeInt32LE(whole.length, 0);
  return new RawDocument(whole);
}

export const INSERT: CommandTable = {
  insert: { fields: ['documents', 'ordered', 'bypassDocumentValidation'], isWrite: true, run: insert },
};
