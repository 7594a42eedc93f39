import { applyDecorators, HttpCode, SetMetadata, type Type } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { Public } from './public.decorator.js';

const JSON_TYPE = 'application/json';

/** What a route takes and gives, for the negotiation guard. */
export interface Exchange {
  consumes: readonly string[];
  produces: readonly string[];
}
export const EXCHANGE = 'http:exchange';
export const DEFAULT_EXCHANGE: Exchange = { consumes: [JSON_TYPE], produces: [JSON_TYPE] };

export interface EndpointOptions {
  /** Unique camelCase verbNoun: the method's name in generated clients. */
  operationId: string;
  summary: string;
  /** The class of the body of a success; absent where there is none or it is not JSON. */
  returns?: Type;
  status?: 200 | 201 | 202 | 204;
  /** Error statuses beyond those that every route has. */
  problems?: readonly number[];
  public?: boolean;
  /** Media types of the request body. */
  consumes?: readonly string[];
  /** Media types of the reply. */
  produces?: readonly string[];
}

/** Everything about a route but its path: status, description, errors, access and media types. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { operationId, summary, returns, status = 200, problems = [], consumes = [JSON_TYPE] } = options;
  const produces = options.produces ?? (status === 204 ? [] : [JSON_TYPE]);
  const isJson = produces.length === 0 || produces.includes(JSON_TYPE);
  const success = isJson
    ? ApiResponse({ status, ...(returns && { type: returns }), description: summary })
    : ApiResponse({
        status,
        description: summary,
        content: Object.fromEntries(produces.map((type) => [type, { schema: { type: 'string' as const } }])),
      });
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ operationId, summary }),
    success,
    ApiExtension('x-success', status),
    SetMetadata(EXCHANGE, { consumes, produces } satisfies Exchange),
    ...(problems.length > 0 ? [ApiExtension('x-problems', problems)] : []),
    ...(options.public ? [Public(), ApiExtension('x-public', true)] : []),
  );
}
