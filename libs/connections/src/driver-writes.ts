import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { mongo } from 'mongoose';

type WriteCommand = (this: { socket: Socket }, command: unknown, options: unknown) => Promise<void>;

/**
 * Makes the driver notice that the socket it is about to write to is gone. Between the destruction of a socket and its
 * `close` event the driver (mongodb 7.8 and 7.9, `Connection.writeCommand`) writes to it all the same and then waits for a
 * `drain` that never comes: that command, whatever its time-outs, never settles. It also lets the bare error of a failed
 * write through, which is not known for a lost connection. See docs/adr/0008-driver-writes.md.
 */
export function guardDriverWrites(): void {
  const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as {
    Connection: { prototype: { writeCommand: WriteCommand } };
  };
  const write = Connection.prototype.writeCommand;
  Connection.prototype.writeCommand = async function (command, options) {
    if (this.socket.destroyed) throw new mongo.MongoNetworkError('the connection was lost before a command was written to it');
    try {
      await write.call(this, command, options);
    } catch (cause) {
      if (!(cause instanceof Error) || cause instanceof mongo.MongoError || !('syscall' in cause)) throw cause;
      throw new mongo.MongoNetworkError('the connection was lost while a command was written to it', { cause });
    }
  };
}
