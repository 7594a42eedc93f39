import { NotFoundException } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

interface Route {
  pattern: RegExp;
  methods: Set<string>;
}

/** The routes that exist, to tell a wrong method (405, with what is allowed) from a wrong path (404). */
export class RouteTable {
  private readonly routes = new Map<string, Route>();

  /** Listens to `fastify` from now on: call it before any route is added. */
  observe(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      if (url === '*' || url === '/*') return;
      const { methods } = this.at(url);
      for (const each of [method].flat()) methods.add(each);
    });
    // The router takes `import` for an id where `/customers/import` itself does not have the method. After `onRequest`,
    // so that the refusal bears the headers of every reply.
    fastify.addHook('preParsing', async ({ url, method, routeOptions }) => {
      const named = this.routes.get(pathOf(url));
      if (named && !named.methods.has(method) && routeOptions.url?.includes(':')) throw new NotFoundException();
    });
  }

  /** The methods of the route at `path`, sorted; those of all routes that can be meant where none has that very path. */
  methodsOf(path: string): string[] {
    const named = this.routes.get(path);
    const matching = named ? [named] : [...this.routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }

  private at(url: string): Route {
    const route = this.routes.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    this.routes.set(url, route);
    return route;
  }
}

/** The path of a request's address, without its query. */
export const pathOf = (url: string): string => url.split('?')[0] ?? url;

function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z_]+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}$`);
}
