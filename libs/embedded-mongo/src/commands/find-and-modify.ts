import type { RawDocument } from '../document.js';
import { fail } from '../errors.js';
import { compileProjection } from '../projection.js';
import type { Query } from '../query.js';
import type { Storage } from '../storage.js';
import type { Steps } from '../turns.js';
import { documentFrame, type Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import { queryOf, type Command, type CommandContext, type CommandTable } from './command.js';
import { applyTo, changesOf, upsert } from './update.js';

const FIELDS = `query sort remove update new fields upsert bypassDocumentValidation collation arrayFilters hint let`.split(' ');

const query = (storage: Storage, args: Arguments): Query => queryOf(storage, args, { filter: 'query' });

function* findAndModify({ args, storage }: CommandContext): Steps<Reply> {
  const isRemoval = args.flag('remove');
  checkFlags(args, isRemoval);
  const asked = query(storage, args);
  const changes = isRemoval ? undefined : changesOf(args, 'update', args.document('let'));
  const project = compileProjection(args.document('fields'), asked.filter);
  const show = (doc: RawDocument): RawDocument => (project ? project(doc) : doc);
  const row = yield* asked.first();
  if (row && asked.collection) {
    if (!changes) {
      asked.collection.remove(row.id, row.doc);
      return answer({ n: 1 }, show(row.doc));
    }
    const next = applyTo(asked.collection, row, asked.filter, changes) ?? row.doc;
    return answer({ n: 1, updatedExisting: true }, show(args.flag('new') ? next : row.doc));
  }
  if (!changes) return answer({ n: 0 }, undefined);
  if (!args.flag('upsert')) return answer({ n: 0, updatedExisting: false }, undefined);
  const doc = upsert(storage, args, asked.request.filter, changes);
  return answer({ n: 1, updatedExisting: false, upserted: doc.get('_id') }, args.flag('new') ? show(doc) : undefined);
}

function checkFlags(args: Arguments, isRemoval: boolean): void {
  if (isRemoval && args.has('update')) fail(9, 'Cannot specify both an update and remove=true');
  if (isRemoval && args.flag('upsert')) fail(9, 'Cannot specify both upsert=true and remove=true');
  if (isRemoval && args.flag('new')) fail(9, "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document");
  if (!isRemoval && !args.has('update')) fail(9, 'Either an update or remove=true must be specified');
}

function answer(lastErrorObject: Record<string, unknown>, value: RawDocument | undefined): Reply {
  return value ? documentFrame({ lastErrorObject }, 'value', value.bytes) : { lastErrorObject, value: null, ok: 1 };
}

const COMMAND: Command = { fields: FIELDS, isWrite: true, run: findAndModify, query };

export const FIND_AND_MODIFY: CommandTable = { findAndModify: COMMAND, findandmodify: COMMAND };
