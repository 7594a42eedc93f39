import type { Cursors } from '../cursor.js';
import type { Document } from '../document.js';
import { Query } from '../query.js';
import type { Storage } from '../storage.js';
import type { TtlSweeper } from '../ttl.js';
import type { Steps } from '../turns.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';

/** What the commands of one server share. */
export interface ServerState {
  storage: Storage;
  cursors: Cursors;
  ttl: TtlSweeper;
}

/** One command on its way through a handler. */
export interface CommandContext extends ServerState {
  connectionId: number;
  args: Arguments;
  /** Raw documents by section name: `documents`, `updates`, `deletes`. */
  sequences: Map<string, Buffer[]>;
}

export interface Command {
  /** The fields it knows besides its own name and those every command takes; absent: any. */
  fields?: readonly string[];
  /** Its steps run inside the write transaction, and it is answered after that is committed. */
  isWrite?: true;
  run(context: CommandContext): Reply | Steps<Reply>;
  /** What it looks for, for `explain`. */
  query?(storage: Storage, args: Arguments): Query;
}

export type CommandTable = Readonly<Record<string, Command>>;

/** Where the parts of a query stand in a command or a statement of one. */
interface QueryFields {
  filter: 'filter' | 'query' | 'q';
  /** Absent: the collection the command names. */
  ns?: string;
  /** Absent: those of `let`. */
  variables?: Document | undefined;
  skip?: number | undefined;
  limit?: number | undefined;
}

/** The query a command or a statement of one carries. Raises 238 for a collation. */
export function queryOf(storage: Storage, args: Arguments, { filter, ns = args.ns, variables, skip, limit }: QueryFields): Query {
  args.refuseCollation();
  const hint = args.get('hint');
  return new Query(storage, {
    ns,
    filter: args.document(filter) ?? {},
    sort: args.document('sort'),
    skip,
    limit,
    hint: typeof hint === 'object' && Object.keys(hint as object).length === 0 ? undefined : hint,
    variables: variables ?? args.document('let'),
  });
}
