import { hostname, totalmem, cpus, arch, type as osType } from 'node:os';
import { MAX_DOCUMENT_BYTES } from '../document.js';
import { fail } from '../errors.js';
import { MAX_MESSAGE_BYTES, type Reply } from '../wire.js';
import type { CommandContext, CommandTable } from './context.js';

const VERSION = '7.0.0';
const OK = { ok: 1 } as const;

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

function setParameter({ args, server }: CommandContext): Reply {
  const seconds = args.count('ttlMonitorSleepSecs', 1);
  if (seconds === undefined) fail(72, 'attempted to set unrecognized parameter; the embedded database knows ttlMonitorSleepSecs only');
  const was = server.ttl.every(seconds);
  return { was, ok: 1 };
}

const TRANSACTION_END = {
  run: () => fail(20, 'Transaction numbers are only allowed on a replica set member or mongos'),
};

export const HANDSHAKE: CommandTable = {
  hello: { run: hello },
  isMaster: { run: hello },
  ismaster: { run: hello },
  ping: { run: () => OK },
  endSessions: { run: () => OK },
  refreshSessions: { run: () => OK },
  commitTransaction: TRANSACTION_END,
  abortTransaction: TRANSACTION_END,
  buildInfo: { run: buildInfo },
  buildinfo: { run: buildInfo },
  connectionStatus: {
    run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
  },
  getLog: { run: () => ({ totalLinesWritten: 0, log: [], ok: 1 }) },
  getParameter: { run: () => ({ featureCompatibilityVersion: { version: '7.0' }, ok: 1 }) },
  hostInfo: {
    run: () => ({
      system: {
        currentTime: new Date(),
        hostname: hostname(),
        memSizeMB: Math.round(totalmem() / 2 ** 20),
        numCores: cpus().length,
        cpuArch: arch(),
      },
      os: { type: osType() },
      ok: 1,
    }),
  },
  setParameter: { run: setParameter },
};

function buildInfo(): Reply {
  return {
    version: VERSION,
    versionArray: VERSION.split('.').map(Number).concat(0),
    gitVersion: 'embedded-mongo',
    modules: [],
    storageEngines: ['lmdb'],
    bits: 64,
    debug: false,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    ok: 1,
  };
}
