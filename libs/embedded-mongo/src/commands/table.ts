import { fail } from '../errors.js';
import type { Reply } from '../wire.js';
import { AGGREGATE } from './aggregate.js';
import { Arguments } from './arguments.js';
import type { CommandContext, CommandTable, ServerState } from './context.js';
import { COUNT } from './count.js';
import { DATABASES } from './databases.js';
import { DELETE } from './delete.js';
import { EXPLAIN } from './explain.js';
import { FIND_AND_MODIFY } from './find-and-modify.js';
import { FIND } from './find.js';
import { HANDSHAKE } from './handshake.js';
import { INDEXES } from './indexes.js';
import { INSERT } from './insert.js';
import { UPDATE } from './update.js';
import type { Message } from '../wire.js';

/** Every command there is; all others are refused by name. */
const COMMANDS: CommandTable = {
  ...HANDSHAKE,
  ...DATABASES,
  ...INDEXES,
  ...INSERT,
  ...UPDATE,
  ...DELETE,
  ...FIND_AND_MODIFY,
  ...FIND,
  ...COUNT,
  ...AGGREGATE,
  ...EXPLAIN,
};

/** Runs the command a message carries; raises a {@link MongoError} for what MongoDB would refuse. */
export function runCommand(server: ServerState, connectionId: number, { body, sequences }: Message): Reply | Promise<Reply> {
  const name = Object.keys(body)[0] ?? '';
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) fail(59, `no such command: '${name}'`);
  const args = new Arguments(name, body);
  if (args.has('txnNumber') || args.has('startTransaction'))
    fail(20, 'Transaction numbers are only allowed on a replica set member or mongos');
  if (command.fields) args.allowOnly(command.fields);
  const limit = args.count('maxTimeMS');
  return command.run({ server, connectionId, args, sequences, checkDeadline: limit ? deadline(limit) : noDeadline });
}

function deadline(ms: number): CommandContext['checkDeadline'] {
  const end = performance.now() + ms;
  return () => {
    if (performance.now() > end) fail(50, 'operation exceeded time limit');
  };
}

function noDeadline(): void {
  // Nothing was asked for.
}
