import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The moment at which a process is to die: before a message that looks like this reaches the database, or once it was answered. */
export interface KillPoint {
  when: 'before' | 'after';
  pattern: RegExp;
  /** Which such message, counted from 1. */
  nth?: number;
}

/** Stands between one process and MongoDB, and kills the process at an exact point of what they say to each other. */
export class KillingProxy {
  private readonly sockets = new Set<Socket>();
  private seen = 0;
  private strike: () => void = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly point: KillPoint,
  ) {}

  static async start(mongoUrl: string, point: KillPoint): Promise<KillingProxy> {
    const server = createServer();
    const proxy = new KillingProxy(server, new URL(mongoUrl), point);
    server.on('connection', (client: Socket) => proxy.join(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `mongodb://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Called once, at the point. Nothing passes from then on. */
  onStrike(kill: () => void): void {
    this.strike = kill;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const upstream = connect(Number(this.target.port || 27_017), this.target.hostname);
    let isAwaited = false;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      this.strike();
    };
    client.on('data', (chunk) => {
      if (isOver) return;
      const isPoint = this.point.pattern.test(chunk.toString('latin1')) && (this.seen += 1) === (this.point.nth ?? 1);
      if (isPoint && this.point.when === 'before') return end();
      isAwaited ||= isPoint;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (isOver) return;
      if (isAwaited) return end();
      client.write(chunk);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        other.destroy();
        this.sockets.delete(socket);
      });
    }
  }
}
