import { Catch, Logger, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DomainError } from '@app/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, toProblem } from './problem.js';
import { pathOf, type RouteTable } from './route-table.js';

/**
 * The one place where errors become replies. What nobody foresaw is logged with the id that the caller is told, and what
 * keeps a part of the service away with its cause.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const path = pathOf(request.url);
    const allowed = error instanceof NotFoundException ? this.routes.methodsOf(path) : [];
    const isWrongMethod = allowed.length > 0 && !allowed.includes(request.method);
    const { body, headers, unexpected } = toProblem(isWrongMethod ? { statusCode: 405 } : error, { requestId: request.id, path });
    if (unexpected !== undefined) this.logger.error({ err: unexpected, errorId: body.error_id, requestId: request.id }, 'Unexpected error');
    else if (error instanceof DomainError && error.cause !== undefined && error.kind === 'unavailable')
      this.logger.warn({ err: error.cause, code: error.code, requestId: request.id }, 'Unavailable');
    if (reply.sent) return;
    void reply
      .status(body.status)
      .headers(isWrongMethod ? { ...headers, allow: allowed.join(', ') } : headers)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(body));
  }
}
