import type { FastifyInstance } from 'fastify';

/** Many clients send everything before they look at the reply, so this much more is read. */
const LINGER_BYTES = 33_554_432;
/** How long the others have to see the reply, which a closed connection may take from them. */
const GRACE_MS = 500;

/** Hangs up on callers who go on sending when they are being answered: what was refused is not read to its end. */
export function hangUpOnUnreadBodies(fastify: FastifyInstance): void {
  // Once the reply has been sent, Node reads past the rest of a body without telling how much it is.
  fastify.addHook('onSend', async ({ raw }) => {
    // Requests that were injected know nothing of being complete.
    if (raw.complete !== false) return;
    let room = LINGER_BYTES;
    raw.on('data', function count(chunk: Buffer) {
      room -= chunk.length;
      if (room >= 0) return;
      raw.off('data', count).pause();
      setTimeout(() => raw.socket.destroy(), GRACE_MS).unref();
    });
  });
}
