import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '@app/config';
import { ProbeService } from '@app/connections';

/** The worker's own small port for probes: alive, started, and able to take work. */
@Injectable()
export class HealthServer implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private server: Server | undefined;
  private draining = false;
  private readonly checks: Readonly<Record<string, () => Promise<boolean>>> = {
    '/livez': async () => true,
    '/startupz': async () => this.probes.isStarted,
    '/readyz': async () => !this.draining && this.probes.isStarted && (await this.probes.redisServer()).up,
  };

  constructor(
    private readonly config: Config,
    private readonly probes: ProbeService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.server = createServer((request, reply) => {
      void this.answer(request.url?.split('?')[0] ?? '/').then((status) => {
        reply
          .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
          .end(JSON.stringify({ status: status === 200 ? 'ok' : 'unavailable' }));
      });
    }).listen(this.config.workerPort, this.config.host);
    await once(this.server, 'listening');
  }

  beforeApplicationShutdown(): void {
    this.draining = true;
  }

  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer(path: string): Promise<number> {
    const check = this.checks[path];
    if (!check) return 404;
    return (await check()) ? 200 : 503;
  }
}
