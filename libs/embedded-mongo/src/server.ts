import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ServerState } from './commands/command.js';
import { runCommand } from './commands/table.js';
import { Cursors } from './cursor.js';
import type { Document } from './document.js';
import { MongoError } from './errors.js';
import { Storage, type StorageOptions } from './storage.js';
import { TtlSweeper } from './ttl.js';
import { encodeReply, FrameReader, parseMessage, ProtocolError, type Message, type Reply } from './wire.js';

const MOST_CONNECTIONS = 1_000;
const CURSOR_SWEEP_MS = 60_000;

export interface EmbeddedMongoOptions extends StorageOptions {
  /** 0 or absent: a free one. */
  port?: number;
}

export interface EmbeddedMongo {
  /** `mongodb://127.0.0.1:PORT` */
  url: string;
  port: number;
  /** Ends all connections, flushes to the disk and releases the folder. */
  close(): Promise<void>;
}

/**
 * Starts a MongoDB-compatible server on loopback, for development and tests. Raises an Error when the port is taken, when
 * another process has the data folder, or when a machine crash has torn it.
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions = {}): Promise<EmbeddedMongo> {
  const storage = await Storage.open(options);
  const connections = new Set<Socket>();
  const state: ServerState = { storage, cursors: new Cursors(), ttl: new TtlSweeper(storage) };
  let lastConnection = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    if (connections.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    new Connection(socket, state, ++lastConnection);
  });
  const sweep = setInterval(() => state.cursors.closeIdle(), CURSOR_SWEEP_MS);
  sweep.unref();
  const stop = async (): Promise<void> => {
    clearInterval(sweep);
    state.ttl.stop();
    await storage.close();
  };
  const port = await listen(server, options.port ?? 0).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of connections) socket.destroy();
    await ended;
    await stop();
  };
  return { url: `mongodb://127.0.0.1:${port}`, port, close: () => (closed ??= close()) };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** One client: its messages one after the other, its replies no faster than it reads them. */
class Connection {
  private readonly reader = new FrameReader();
  private readonly line: Buffer[] = [];
  private isBusy = false;
  private lastReply = 0;

  constructor(
    private readonly socket: Socket,
    private readonly state: ServerState,
    private readonly id: number,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => this.work());
  }

  private receive(chunk: Buffer): void {
    try {
      this.line.push(...this.reader.push(chunk));
    } catch {
      this.socket.destroy();
      return;
    }
    this.work();
  }

  /** Takes messages off the line until one has to be waited for. */
  private work(): void {
    while (!this.isBusy && !this.socket.destroyed && !this.socket.writableNeedDrain) {
      const frame = this.line.shift();
      if (!frame) break;
      this.serve(frame);
    }
    if (this.line.length > 0) this.socket.pause();
    else this.socket.resume();
  }

  private serve(frame: Buffer): void {
    let message: Message;
    try {
      message = parseMessage(frame);
    } catch {
      this.socket.destroy();
      return;
    }
    try {
      const reply = runCommand(this.state, this.id, message);
      if (!(reply instanceof Promise)) {
        this.send(reply, message);
        return;
      }
      this.isBusy = true;
      void reply
        .catch((error: unknown) => this.refuse(error))
        .then((result) => {
          this.isBusy = false;
          if (result) this.send(result, message);
          this.work();
        });
    } catch (error) {
      const refusal = this.refuse(error);
      if (refusal) this.send(refusal, message);
    }
  }

  private send(reply: Reply, message: Message): void {
    if (message.silent || this.socket.destroyed) return;
    this.lastReply = (this.lastReply + 1) & 0x7fff_ffff;
    this.socket.write(encodeReply(reply, message, this.lastReply));
  }

  /** An error as a reply; bytes that turn out not to be BSON end the connection instead. */
  private refuse(error: unknown): Document | undefined {
    if (error instanceof ProtocolError) {
      this.socket.destroy();
      return undefined;
    }
    const known = error instanceof MongoError ? error : new MongoError(1, error instanceof Error ? error.message : String(error));
    return { ok: 0, errmsg: known.message, code: known.code, codeName: known.codeName, ...known.extra };
  }
}
