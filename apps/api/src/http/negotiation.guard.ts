import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { Reflector } from '@nestjs/core';
import accepts from 'accepts';
import type { FastifyRequest } from 'fastify';
import { DEFAULT_EXCHANGE, EXCHANGE, type Exchange } from './endpoint.decorator.js';
import { NotAcceptableError, UnsupportedMediaTypeError, ValidationFailedError } from './http.errors.js';

const FOREIGN_CHARSET = /^charset=(?!"?utf-8"?$)/;

/** Refuses what a route cannot take or give: the body's media type (415), `Accept` (406), a query where there is none (400). */
@Injectable()
export class NegotiationGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const exchange = this.reflector.get<Exchange | undefined>(EXCHANGE, context.getHandler()) ?? DEFAULT_EXCHANGE;
    const contentType = (request.headers['content-type'] ?? '').toLowerCase();
    const [sent, ...parameters] = contentType.split(';').map((part) => part.trim());
    if (sent && !exchange.consumes.includes(sent)) throw new UnsupportedMediaTypeError();
    if (parameters.some((parameter) => FOREIGN_CHARSET.test(parameter))) throw new UnsupportedMediaTypeError();
    const offers = exchange.produces.flatMap((type) => [type, `${type}; charset=utf-8`]);
    if (offers.length > 0 && accepts(request.raw).types(offers) === false) throw new NotAcceptableError();
    if (!takesQuery(context)) refuseQuery(request.query);
    return true;
  }
}

function takesQuery(context: ExecutionContext): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) ?? {}) as Record<
    string,
    unknown
  >;
  return Object.keys(parameters).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}

function refuseQuery(query: unknown): void {
  const names = Object.keys(query ?? {});
  if (names.length > 0)
    throw new ValidationFailedError(
      names.map((name) => ({ pointer: `/${name}`, code: 'UNKNOWN_FIELD', detail: 'is not a known parameter' })),
    );
}
