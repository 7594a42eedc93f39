import { parse } from 'node:querystring';
import { TextDecoder } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { ValidationFailedError } from './http.errors.js';

/** The largest body but for uploads. */
export const BODY_LIMIT = 1024 * 1024;

const MAX_DEPTH = 32;

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((child) => isDeeperThan(child, depth - 1));
}

function depthFault(body: unknown): Error | null {
  if (!isDeeperThan(body, MAX_DEPTH)) return null;
  return new ValidationFailedError([{ pointer: '', code: 'TOO_DEEP', detail: `nests deeper than ${MAX_DEPTH} levels` }]);
}

/**
 * How bodies are read: JSON that is really UTF-8 and not deeper than 32 levels, so that whatever walks a body may recurse;
 * an empty body as none whatever its type, forms as flat objects. Keys that reach for prototypes are refused by Fastify's
 * own JSON parser.
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
        return parseJson(request, decoder.decode(body), (error, value: unknown) => done(error ?? depthFault(value), value));
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
