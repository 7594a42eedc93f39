import type { RawDocument } from '../document.js';
import { canonical } from '../key.js';
import { partsOf, visit } from '../paths.js';
import { Query } from '../read.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';
import { hintOf, namespaceOf, refuseCollation, type CommandContext, type CommandTable } from './context.js';

/** The query of a `count` or `distinct`; both name it `query`. */
export function countQuery({ server }: CommandContext, ns: string, args: Arguments): Query {
  refuseCollation(args);
  return new Query(server.storage, { ns, filter: args.document('query') ?? {}, hint: hintOf(args) });
}

async function count(context: CommandContext): Promise<Reply> {
  const { args, server, checkDeadline } = context;
  const ns = namespaceOf(args);
  const skip = args.count('skip') ?? 0;
  const limit = Math.abs(args.count('limit', -Infinity) ?? 0) || Infinity;
  const query = args.document('query') ?? {};
  let n = 0;
  if (Object.keys(query).length === 0) {
    n = server.storage.collection(ns)?.count ?? 0;
  } else {
    for await (const docs of countQuery(context, ns, args).batches()) {
      checkDeadline();
      n += docs.length;
      if (n >= skip + limit) break;
    }
  }
  return { n: Math.min(Math.max(n - skip, 0), limit), ok: 1 };
}

/** Each value of a path once, arrays element by element, in BSON's order. */
async function distinct(context: CommandContext): Promise<Reply> {
  const { args, checkDeadline } = context;
  const parts = partsOf(args.required('key', args.text('key')));
  const values = new Map<string, unknown>();
  const gather = (doc: RawDocument): void => {
    visit(doc, parts, true, (value) => {
      if (value !== undefined && !Array.isArray(value)) values.set(canonical(value), values.get(canonical(value)) ?? value);
      return false;
    });
  };
  for await (const docs of countQuery(context, namespaceOf(args), args).batches()) {
    checkDeadline();
    docs.forEach(gather);
  }
  return { values: [...values.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value), ok: 1 };
}

export const COUNT: CommandTable = {
  count: { fields: ['query', 'limit', 'skip', 'hint', 'collation', 'fields'], run: count },
  distinct: { fields: ['key', 'query', 'collation', 'hint'], run: distinct },
};
