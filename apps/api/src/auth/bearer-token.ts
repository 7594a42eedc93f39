import type { FastifyRequest } from 'fastify';

const MAX_TOKEN = 8_192;
const BEARER = /^bearer +(\S+)$/i;

/**
 * The token of the request's one `Authorization: Bearer` header (RFC 6750 §2.1), or null. Node keeps the first of two
 * such headers and drops the rest, a proxy before us may go by the last: so two are none.
 */
export function bearerToken({ headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>): string | null {
  const sent = raw.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'authorization');
  const token = BEARER.exec(headers.authorization ?? '')?.[1];
  return sent.length === 1 && token !== undefined && token.length <= MAX_TOKEN ? token : null;
}
