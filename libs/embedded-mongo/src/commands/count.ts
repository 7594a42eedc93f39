import { canonical } from '../key.js';
import { partsOf, visit } from '../paths.js';
import type { Query } from '../query.js';
import type { Storage } from '../storage.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import { queryOf, type CommandContext, type CommandTable } from './command.js';

const query = (storage: Storage, args: Arguments): Query => queryOf(storage, args, { filter: 'query' });

function* count({ args, storage }: CommandContext): Steps<Reply> {
  const skip = args.count('skip') ?? 0;
  const limit = Math.abs(args.count('limit', -Infinity) ?? 0) || Infinity;
  const asked = query(storage, args);
  let n = 0;
  if (Object.keys(asked.request.filter).length === 0) {
    n = asked.collection?.count ?? 0;
  } else {
    for (const docs of asked.docs()) {
      n += docs.length;
      if (n >= skip + limit) break;
      yield;
    }
  }
  return { n: Math.min(Math.max(n - skip, 0), limit), ok: 1 };
}

/** Each value of a path once, arrays element by element, in BSON's order. */
function* distinct({ args, storage }: CommandContext): Steps<Reply> {
  const parts = partsOf(args.required('key', args.text('key')));
  const values = new Map<string, unknown>();
  for (const docs of query(storage, args).docs()) {
    for (const doc of docs) {
      visit(doc, parts, false, (value) => {
        for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
          const key = each === undefined ? undefined : canonical(each);
          if (key !== undefined && !values.has(key)) values.set(key, each);
        }
        return false;
      });
    }
    yield;
  }
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return { values: sorted.map(([, value]) => value), ok: 1 };
}

export const COUNT: CommandTable = {
  count: { fields: ['query', 'limit', 'skip', 'hint', 'collation', 'fields'], run: count, query },
  distinct: { fields: ['key', 'query', 'collation', 'hint'], run: distinct, query },
};
