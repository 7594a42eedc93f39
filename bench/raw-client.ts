import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

const HEADER_BYTES = 16;
const OP_MSG = 2013;

/** One socket that speaks OP_MSG, one message at a time, without the driver's work: what the server alone can do. */
export class RawClient {
  private received: Buffer = Buffer.alloc(0);
  private done: (() => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
  }

  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Resolves when the whole reply is here; it is not read. */
  send(command: Document): Promise<void> {
    const body = BSON.serialize(command);
    const frame = Buffer.alloc(HEADER_BYTES + 5 + body.length);
    frame.writeInt32LE(frame.length, 0);
    frame.writeInt32LE(OP_MSG, 12);
    frame.set(body, HEADER_BYTES + 5);
    this.socket.write(frame);
    return new Promise((resolve) => (this.done = resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    if (this.received.length < 4 || this.received.length < this.received.readInt32LE(0)) return;
    this.received = Buffer.alloc(0);
    this.done?.();
  }
}
