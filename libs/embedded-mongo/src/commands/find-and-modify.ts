import type { Steps } from '../committer.js';
import type { RawDocument } from '../document.js';
import { fail } from '../errors.js';
import { compileFilter } from '../matcher.js';
import { compileProjection } from '../projection.js';
import { Query } from '../read.js';
import { documentFrame, type Reply } from '../wire.js';
import { hintOf, namespaceOf, refuseCollation, type CommandContext, type CommandTable } from './context.js';
import { applyTo, compileChanges, upsert } from './update.js';
import { commit, firstMatch } from './write.js';

const FIELDS = [
  'query',
  'sort',
  'remove',
  'update',
  'new',
  'fields',
  'upsert',
  'bypassDocumentValidation',
  'collation',
  'arrayFilters',
  'hint',
  'let',
] as const;

async function findAndModify(context: CommandContext): Promise<Reply> {
  const { args } = context;
  refuseCollation(args);
  const isRemoval = args.flag('remove');
  if (isRemoval && args.has('update')) fail(9, 'Cannot specify both an update and remove=true');
  if (isRemoval && args.flag('upsert')) fail(9, 'Cannot specify both upsert=true and remove=true');
  if (isRemoval && args.flag('new')) fail(9, "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document");
  if (!isRemoval && !args.has('update')) fail(9, 'Either an update or remove=true must be specified');
  namespaceOf(args);
  return commit(context, steps(context, isRemoval));
}

function* steps({ args, server: { storage } }: CommandContext, isRemoval: boolean): Steps<Reply> {
  const ns = namespaceOf(args);
  const spec = args.document('query') ?? {};
  const variables = args.document('let');
  const sort = args.document('sort');
  const filter = compileFilter(spec, { ...(variables && { variables }) });
  const changes = isRemoval ? undefined : compileChanges(args, 'update', variables);
  const query = new Query(
    storage,
    { ns, filter: spec, sort: sort && Object.keys(sort).length > 0 ? sort : undefined, hint: hintOf(args), variables },
    filter,
  );
  const row = yield* firstMatch(storage, query, sort && Object.keys(sort).length > 0 ? sort : undefined);
  const collection = storage.collection(ns);
  const project = compileProjection(args.document('fields'), filter);
  const show = (doc: RawDocument): RawDocument => (project ? project(doc) : doc);
  if (!changes) {
    if (row) collection?.remove(row.id, row.doc);
    return answer({ n: row ? 1 : 0 }, row && show(row.doc));
  }
  if (row && collection) {
    const next = applyTo(collection, row, filter, changes) ?? row.doc;
    return answer({ n: 1, updatedExisting: true }, show(args.flag('new') ? next : row.doc));
  }
  if (!args.flag('upsert')) return answer({ n: 0, updatedExisting: false }, undefined);
  const doc = upsert(storage, args, spec, changes);
  return answer({ n: 1, updatedExisting: false, upserted: doc.get('_id') }, args.flag('new') ? show(doc) : undefined);
}

function answer(lastErrorObject: Record<string, unknown>, value: RawDocument | undefined): Reply {
  return value ? documentFrame({ lastErrorObject }, 'value', value.bytes) : { lastErrorObject, value: null, ok: 1 };
}

const COMMAND = { fields: FIELDS, run: findAndModify };

export const FIND_AND_MODIFY: CommandTable = { findAndModify: COMMAND, findandmodify: COMMAND };
