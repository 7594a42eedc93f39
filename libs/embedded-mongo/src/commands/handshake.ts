import { MAX_DOCUMENT_BYTES } from '../document.js';
import { fail } from '../errors.js';
import { MAX_MESSAGE_BYTES, type Reply } from '../wire.js';
import type { Command, CommandContext, CommandTable } from './command.js';

const VERSION = '7.0.0';

/** A standalone server of the 7.0 protocol, so no replica set name, no topology version and no compression. */
function hello({ connectionId }: CommandContext): Reply {
  return {
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ok: 1,
  };
}

function buildInfo(): Reply {
  return {
    version: VERSION,
    versionArray: [...VERSION.split('.').map(Number), 0],
    gitVersion: 'embedded-mongo',
    modules: [],
    storageEngines: ['lmdb'],
    bits: 64,
    debug: false,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    ok: 1,
  };
}

function setParameter({ args, ttl }: CommandContext): Reply {
  args.requireAdmin();
  const seconds = args.count('ttlMonitorSleepSecs', 1);
  return seconds === undefined
    ? fail(72, 'the embedded database has no parameter but ttlMonitorSleepSecs')
    : { was: ttl.every(seconds), ok: 1 };
}

function endSessions({ args }: CommandContext): Reply {
  args.list('endSessions');
  return { ok: 1 };
}

const TRANSACTION_END: Command = {
  run: () => fail(20, 'Transaction numbers are only allowed on a replica set member or mongos'),
};

export const HANDSHAKE: CommandTable = {
  hello: { run: hello },
  isMaster: { run: hello },
  ismaster: { run: hello },
  ping: { run: () => ({ ok: 1 }) },
  endSessions: { run: endSessions },
  buildInfo: { run: buildInfo },
  buildinfo: { run: buildInfo },
  connectionStatus: { run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }) },
  commitTransaction: TRANSACTION_END,
  abortTransaction: TRANSACTION_END,
  setParameter: { run: setParameter },
};
