import { createHash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Unix socket paths end at 104 to 108 bytes, depending on the system. */
const LONGEST_SOCKET_PATH = 100;

/**
 * One process per folder. lmdb lets two in without a word, and a lock file outlives a SIGKILL; a listening socket does not:
 * who can connect knows that the owner lives, and a refused connection means that the socket is a left-over.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = socketPath(folder);
  const server = (await listen(path)) ?? (await takeOver(path));
  if (!server) throw new Error(`${folder} is in use by another embedded-mongo process`);
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function socketPath(folder: string): string {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  const inside = join(folder, 'lock.sock');
  return Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `embedded-mongo-${hash}.sock`);
}

async function takeOver(path: string): Promise<Server | undefined> {
  if (await answers(path)) return undefined;
  try {
    unlinkSync(path);
  } catch {
    // Someone else removed it between our two looks; the bind below decides.
  }
  return listen(path);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(path, () => resolve(server));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
