import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { mongo } from 'mongoose';
import { guardDriverWrites } from './driver-writes.js';
import { isMongoUnavailable } from './mongo.errors.js';

interface DriverConnection {
  command(ns: object, command: object, options: object): Promise<unknown>;
  onClose(): void;
}

describe(guardDriverWrites.name, () => {
  let server: Server;
  let socket: Socket;

  beforeAll(async () => {
    guardDriverWrites();
    server = createServer((accepted) => accepted.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
  });
  afterEach(() => socket.destroy());
  afterAll(() => server.close());

  /** What the driver's pool would check out: a connection that does not know yet what became of its socket. */
  const ping = (): Promise<unknown> => {
    const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection.js') as {
      Connection: new (stream: Socket, options: object) => DriverConnection;
    };
    const connection = new Connection(socket, { id: 1, generation: 1, hostAddress: new mongo.MongoClient('mongodb://x').options.hosts[0] });
    const namespace = { db: 'admin', withCollection: () => namespace };
    return connection.command(namespace, { ping: 1 }, {}).catch((error: unknown) => error);
  };

  it('should fail a command whose socket is destroyed and whose end was not told yet', async () => {
    socket.destroy();
    expect(isMongoUnavailable(await ping())).toBe(true);
  });

  it('should tell a failed write from other errors', async () => {
    const failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    socket.write = () => {
      process.nextTick(() => socket.emit('error', failure));
      return false;
    };
    expect(isMongoUnavailable(await ping())).toBe(true);
  });
});
