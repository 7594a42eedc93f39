import { parse } from 'node:querystring';
import { TextDecoder } from 'node:util';
import type { FastifyInstance } from 'fastify';

/** The largest body but for uploads. */
export const BODY_LIMIT = 1024 * 1024;

/**
 * How bodies are read: JSON that is really UTF-8, an empty body as none whatever its type, forms as flat objects. Keys
 * that reach for prototypes are refused by Fastify's own JSON parser.
 */
export function registerBodyParsers(fastify: FastifyInstance): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addContentTypeParser<Buffer>(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    (request, body, done) => {
      if (body.length === 0) return done(null, undefined);
      try {
        return parseJson(request, decoder.decode(body), done);
      } catch {
        return done(Object.assign(new Error('The body is not UTF-8'), { statusCode: 400 }));
      }
    },
  );
  fastify.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (_, body, done) => {
      done(null, { ...parse(body) });
    },
  );
}
