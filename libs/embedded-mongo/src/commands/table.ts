import { fail } from '../errors.js';
import { isNumber, toDouble } from '../numbers.js';
import type { Steps } from '../turns.js';
import type { Message, Reply } from '../wire.js';
import { AGGREGATE } from './aggregate.js';
import { Arguments } from './arguments.js';
import type { Command, ServerState } from './command.js';
import { COUNT } from './count.js';
import { DATABASES } from './databases.js';
import { DELETE } from './delete.js';
import { explain } from './explain.js';
import { FIND_AND_MODIFY } from './find-and-modify.js';
import { FIND } from './find.js';
import { HANDSHAKE } from './handshake.js';
import { INDEXES } from './indexes.js';
import { INSERT } from './insert.js';
import { STATS } from './stats.js';
import { UPDATE } from './update.js';

/** Every command there is; all others are refused by name. */
const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    ...HANDSHAKE,
    ...DATABASES,
    ...STATS,
    ...INDEXES,
    ...INSERT,
    ...UPDATE,
    ...DELETE,
    ...FIND_AND_MODIFY,
    ...FIND,
    ...COUNT,
    ...AGGREGATE,
    explain: { fields: ['verbosity'], run: (context) => explain(context, COMMANDS) },
  }),
);

/** Runs the command a message carries; raises a {@link MongoError} for what MongoDB would refuse. */
export function runCommand(state: ServerState, connectionId: number, { body, sequences }: Message): Reply | Promise<Reply> {
  const name = Object.keys(body)[0] ?? '';
  const command = COMMANDS.get(name) ?? fail(59, `no such command: '${name}'`);
  const args = new Arguments(name, body, typeof body['$db'] === 'string' ? body['$db'] : '');
  if (args.has('txnNumber') || args.has('startTransaction')) {
    fail(20, 'Transaction numbers are only allowed on a replica set member or mongos');
  }
  if (command.fields) args.allowOnly(command.fields);
  const limit = args.count('maxTimeMS', -1) ?? 0;
  if (limit < 0) fail(2, `maxTimeMS must not be below 0: ${limit}`);
  const { storage, cursors, ttl } = state;
  const outcome = command.run({ storage, cursors, ttl, connectionId, args, sequences });
  if (!isSteps(outcome)) return outcome;
  const steps = limit ? withDeadline(outcome, limit) : outcome;
  return command.isWrite ? commit(state, args, steps) : state.storage.turns.run(steps);
}

const isSteps = (outcome: Reply | Steps<Reply>): outcome is Steps<Reply> => Symbol.iterator in outcome;

/** Runs a write and answers it when it is committed, or with `j: true` when it is on the disk. */
async function commit({ storage }: ServerState, args: Arguments, steps: Steps<Reply>): Promise<Reply> {
  const { w, j } = args.document('writeConcern') ?? {};
  if (isNumber(w) && toDouble(w) > 1) fail(2, "cannot use 'w' > 1 when a host is not replicated");
  const reply = await storage.run(steps);
  if (j === true) await storage.flush();
  return reply;
}

function* withDeadline(steps: Steps<Reply>, ms: number): Steps<Reply> {
  const end = performance.now() + ms;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() > end) fail(50, 'operation exceeded time limit');
    yield;
  }
}
