import type { FastifyInstance } from 'fastify';

/** The routes that exist, to tell a wrong method (405, with what is allowed) from a wrong path (404). */
export class RouteTable {
  private readonly routes: { pattern: RegExp; methods: Set<string> }[] = [];

  /** Listens to `fastify` from now on: call it before any route is added. */
  observe(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      if (url === '*' || url === '/*') return;
      const source = url
        .replace(/[.+^$()|[\]\\]/g, '\\$&')
        .replace(/:[A-Za-z_]+/g, '[^/]+')
        .replace(/\*/g, '.*');
      const methods = new Set(Array.isArray(method) ? method : [method]);
      this.routes.push({ pattern: new RegExp(`^${source}$`), methods });
    });
  }

  /** The methods of the routes at `path`, sorted; none when there is no such path. */
  methodsOf(path: string): string[] {
    const matching = this.routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}
