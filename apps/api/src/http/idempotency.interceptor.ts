import { createHash } from 'node:crypto';
import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import { Reflector } from '@nestjs/core';
import type { Actor } from '@app/common';
import { IdempotencyService, type Claim, type Resource, type StoredReply } from '@app/idempotency';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { IdempotencyKeyInvalidError } from './http.errors.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';
import { ReplayedReply } from './replayed-reply.filter.js';
import { pathOf } from './route-table.js';

/** Under this a keyed route keeps how ids of what it makes are made. */
export const RESOURCE = 'http:resource';

/** A request that may bear an `Idempotency-Key`. */
export interface KeyedHttpRequest extends FastifyRequest {
  user: Actor;
  /** The file of a form. */
  upload?: { sha256: string };
  /** Set while the request runs under a key. */
  resourceId?: string;
}

const KEPT_HEADERS = ['location', 'etag'];
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Gives the stored reply to a request that was made before, and keeps the reply of one that was not. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger(IdempotencyInterceptor.name);

  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<KeyedHttpRequest>();
    const key = keyOf(request);
    if (key === undefined) return next.handle();
    const newResource = this.reflector.get<() => Resource>(RESOURCE, context.getHandler());
    const scope = `${request.user.id} ${request.method} ${request.routeOptions.url ?? ''}`;
    const begun = await this.idempotency.begin({ scope, key, requestHash: hashOf(request) }, newResource());
    if (begun.kind === 'replay') throw new ReplayedReply(begun.reply);
    request.resourceId = begun.claim.resourceId;
    return from(this.run(context, next, begun.claim));
  }

  private async run(context: ExecutionContext, next: CallHandler, claim: Claim): Promise<unknown> {
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      await this.settle(this.idempotency.keep(claim, this.successOf(context, body)));
      return body;
    } catch (error) {
      const refusal = refusalOf(error, context.switchToHttp().getRequest<FastifyRequest>());
      await this.settle(refusal ? this.idempotency.keep(claim, refusal) : this.idempotency.release(claim));
      throw error;
    }
  }

  /** What was done is done, also when the reply cannot be kept: another try finds it by the resource's id. */
  private async settle(keeping: Promise<void>): Promise<void> {
    await keeping.catch((error: unknown) => this.logger.warn({ err: error }, 'The reply of a keyed request could not be kept'));
  }

  private successOf(context: ExecutionContext, body: unknown): StoredReply {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const kept = KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)] as const];
    });
    const status = this.reflector.get<number>(HTTP_CODE_METADATA, context.getHandler());
    return {
      status,
      headers: { ...Object.fromEntries(kept), 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
    };
  }
}

/** A refusal that the same request would meet again; undefined for one that waiting or signing in may lift. */
function refusalOf(error: unknown, request: FastifyRequest): StoredReply | undefined {
  const { body, headers } = toProblem(error, { requestId: request.id, path: pathOf(request.url) });
  if (body.status >= 500 || body.status === 401 || body.status === 429 || 'retry-after' in headers) return undefined;
  return { status: body.status, headers: { ...headers, 'content-type': PROBLEM_TYPE }, body: JSON.stringify(body) };
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  const bare = String(given);
  const key = /^"(.*)"$/.exec(bare)?.[1] ?? bare;
  if (!KEY.test(key)) throw new IdempotencyKeyInvalidError();
  return key;
}

/** The same for payloads that say the same: the order of keys does not count, nor does a form's boundary. */
function hashOf({ body, upload }: KeyedHttpRequest): string {
  const payload = JSON.stringify([body ?? null, upload?.sha256 ?? null], (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(byName)) : value,
  );
  return createHash('sha256').update(payload).digest('base64url');
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
