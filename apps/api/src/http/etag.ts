import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PreconditionInvalidError } from './http.errors.js';

/** The entity tag (RFC 9110, 8.8.3) of a version of something. */
export const etagOf = (version: number): string => `"v${version}"`;

const TAG_LIST = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/;
const TAGS = /(W\/)?("[^"]*")/g;
const VERSION = /^"v(\d{1,15})"$/;

/**
 * The versions from which `If-Match` lets a change begin; undefined where any will do. The comparison is the strong one:
 * weak and foreign tags match nothing. Raises {@link PreconditionInvalidError}.
 */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number[] | undefined => {
  const given = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  if (given === undefined || given.trim() === '*') return undefined;
  if (!TAG_LIST.test(given)) throw new PreconditionInvalidError();
  return [...given.matchAll(TAGS)].flatMap(([, weak, tag = '']) => {
    const version = weak ? undefined : VERSION.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
});

/** Answers 304 instead of a body that the caller has by its entity tag already (RFC 9110, 13.1.2: the weak comparison). */
export function answerNotModified(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply, payload) => {
    const known = request.headers['if-none-match'];
    const tag = reply.getHeader('etag');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (known === undefined || typeof tag !== 'string' || !isRead || reply.statusCode !== 200) return payload;
    if (known.trim() !== '*' && ![...known.matchAll(TAGS)].some(([, , each]) => each === tag)) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    // Fastify measures what it leaves out of a reply to HEAD.
    return request.method === 'HEAD' ? payload : null;
  });
}
