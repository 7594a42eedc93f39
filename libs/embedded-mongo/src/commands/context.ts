import type { Cursors } from '../cursor.js';
import type { Document } from '../document.js';
import { fail } from '../errors.js';
import type { Storage } from '../storage.js';
import type { TtlSweeper } from '../ttl.js';
import type { Reply } from '../wire.js';
import type { Arguments } from './arguments.js';

/** What the commands of one server share. */
export interface ServerState {
  storage: Storage;
  cursors: Cursors;
  ttl: TtlSweeper;
  port: number;
}

/** One command on its way through a handler. */
export interface CommandContext {
  server: ServerState;
  connectionId: number;
  args: Arguments;
  /** Raw documents by section name: `documents`, `updates`, `deletes`. */
  sequences: Map<string, Buffer[]>;
  /** Raises 50 when `maxTimeMS` is over. */
  checkDeadline: () => void;
}

interface Command {
  /** The fields it knows besides its own name and those every command takes; `undefined`: any. */
  fields?: readonly string[];
  run(context: CommandContext): Reply | Promise<Reply>;
}

export type CommandTable = Record<string, Command>;

export function namespaceOf(args: Arguments): string {
  return `${args.database()}.${args.collection()}`;
}

/** Text is compared by bytes only; anything else than the simple collation is refused. */
export function refuseCollation(args: Arguments): void {
  const collation = args.document('collation');
  if (collation && collation['locale'] !== 'simple')
    fail(238, 'collation is not supported by the embedded database, except {locale: "simple"}');
}

export function refuseFields(args: Arguments, names: readonly string[]): void {
  for (const name of names) {
    if (args.has(name) && args.get(name) !== false) fail(238, `${args.command}.${name} is not supported by the embedded database`);
  }
}

/** The `hint` a plan starts from: an empty one counts as none. */
export function hintOf(args: Arguments): unknown {
  const hint = args.get('hint');
  return typeof hint === 'object' && Object.keys(hint as Document).length === 0 ? undefined : hint;
}
