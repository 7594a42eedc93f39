import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { Clock } from '@app/common';
import type { Config } from '@app/config';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { buildOpenApi } from './docs/openapi.js';
import { BODY_LIMIT, registerBodyParsers } from './http/body-parsers.js';
import { clientErrorReply } from './http/client-error.js';
import { answerNotModified } from './http/etag.js';
import { ProblemFilter } from './http/problem.filter.js';
import { toProblem } from './http/problem.js';
import { ReplayedReplyFilter } from './http/replayed-reply.filter.js';
import { RouteTable } from './http/route-table.js';
import { hangUpOnUnreadBodies } from './http/unread-body.js';

const REQUEST_TIMEOUT_MS = 60_000;
const REQUEST_ID = /^[A-Za-z0-9-]{8,64}$/;

const requestId = (request: IncomingMessage): string => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
};

function createAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: requestId,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const { body } = toProblem(error, { requestId: String(request.id), path: '/' });
      void reply.code(body.status).header('x-request-id', body.request_id).type('application/problem+json').send(JSON.stringify(body));
    },
    clientErrorHandler: clientErrorReply,
  });
}

/** What every process that serves the API does to the application before it listens; the tests use the same. */
export async function createApp(config: Config, options: { clock?: Clock; preview?: boolean } = {}): Promise<NestFastifyApplication> {
  const adapter = createAdapter();
  const fastify = adapter.getInstance();
  const routes = new RouteTable();
  routes.observe(fastify);
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  hangUpOnUnreadBodies(fastify);
  registerBodyParsers(fastify);
  answerNotModified(fastify);

  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, options.clock), adapter, {
    bufferLogs: true,
    bodyParser: false,
    ...(options.preview && { preview: true, logger: ['error'] as const satisfies string[] }),
  });
  if (!options.preview) app.useLogger(app.get(Logger));
  await app.register(helmet, { contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  await app.register(multipart);
  app.useGlobalFilters(new ProblemFilter(routes), new ReplayedReplyFilter());
  app.enableCors({
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    origin: [...config.corsOrigins],
    credentials: true,
    exposedHeaders: ['etag', 'idempotency-replayed', 'location', 'retry-after', 'x-request-id'],
  });
  if (config.docsEnabled && !options.preview) serveDocs(app);
  return app;
}

function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => buildOpenApi(app), { jsonDocumentUrl: 'openapi.json', yamlDocumentUrl: 'openapi.yaml' });
}
