import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { StoredReply } from '@app/idempotency';
import type { FastifyReply } from 'fastify';

/** Ends a request with a reply that was given before. Not a fault: the way past the handler and its serialisation. */
export class ReplayedReply extends Error {
  constructor(readonly stored: StoredReply) {
    super('replayed');
  }
}

/** Sends a stored reply word for word, marked as one. */
@Catch(ReplayedReply)
export class ReplayedReplyFilter implements ExceptionFilter<ReplayedReply> {
  catch({ stored }: ReplayedReply, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.status(stored.status).headers(stored.headers).header('idempotency-replayed', 'true').send(stored.body);
  }
}
