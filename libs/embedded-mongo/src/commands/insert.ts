import { ObjectId } from 'bson';
import { checkBson } from '../bson-check.js';
import type { Steps } from '../committer.js';
import { MAX_DOCUMENT_BYTES, RawDocument } from '../document.js';
import { fail } from '../errors.js';
import type { Reply } from '../wire.js';
import type { CommandContext, CommandTable } from './context.js';
import { namespaceOf } from './context.js';
import { checkBatch, checkId, commit, eachStatement, isOrdered } from './write.js';

const ID_FIRST = Buffer.from('_id\0');
const OBJECT_ID = 0x07;

async function insert(context: CommandContext): Promise<Reply> {
  const { args, sequences } = context;
  const documents = sequences.get('documents') ?? args.required('documents', args.list('documents')).map(rawDocument);
  checkBatch(documents.length);
  namespaceOf(args);
  return commit(context, insertSteps(context, documents));
}

/** An element of the `documents` array, which is read as raw bytes. */
function rawDocument(value: unknown): Buffer {
  if (!(value instanceof Uint8Array)) return fail(14, "BSON field 'insert.documents' must be an array of objects");
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function* insertSteps({ args, server: { storage } }: CommandContext, documents: Buffer[]): Steps<Reply> {
  const [db, name] = [args.database(), args.collection()];
  let n = 0;
  const writeErrors = yield* eachStatement(documents, isOrdered(args), (bytes) => {
    const doc = storable(bytes);
    storage.ensure(db, name).insert(doc);
    n++;
  });
  return { n, ...(writeErrors.length > 0 && { writeErrors }), ok: 1 };
}

/** Checks a document that came in and puts its `_id` first, adding one where there is none. Its other bytes stay as they are. */
function storable(bytes: Buffer): RawDocument {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    fail(2, `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`);
  }
  checkBson(bytes);
  const hasIdFirst = bytes.compare(ID_FIRST, 0, 4, 5, 9) === 0;
  const doc = new RawDocument(bytes);
  if (hasIdFirst && bytes[4] === OBJECT_ID) return doc;
  if (hasIdFirst || doc.get('_id') !== undefined) {
    checkId(doc);
    return hasIdFirst ? doc : idFirst(doc);
  }
  const id = Buffer.concat([Buffer.from([OBJECT_ID]), ID_FIRST, new ObjectId().id]);
  const whole = Buffer.concat([bytes.subarray(0, 4), id, bytes.subarray(4)]);
  whole.writeInt32LE(whole.length, 0);
  return new RawDocument(whole);
}

function idFirst(doc: RawDocument): RawDocument {
  const id = doc.pick((name) => name === '_id').bytes;
  const rest = doc.pick((name) => name !== '_id').bytes;
  const whole = Buffer.concat([id.subarray(0, -1), rest.subarray(4)]);
  whole.writeInt32LE(whole.length, 0);
  return new RawDocument(whole);
}

export const INSERT: CommandTable = {
  insert: { fields: ['documents', 'ordered', 'bypassDocumentValidation'], run: insert },
};
