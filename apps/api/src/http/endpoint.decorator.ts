import { applyDecorators, HttpCode, SetMetadata, type Type } from '@nestjs/common';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
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
  /** The reply bears an `ETag`. */
  tagged?: boolean;
  /** `If-Match` is heeded. */
  conditional?: boolean;
  /** Media types of the request body. */
  consumes?: readonly string[];
  /** Media types of the reply. */
  produces?: readonly string[];
}

const ETAG = { ETag: { description: 'Tells this version from others.', schema: { type: 'string' as const } } };
const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'Does it only while the version is one of these, as an ETag header gave them.',
  schema: { type: 'string' as const },
};

/** Everything about a route but its path: status, description, errors, access and media types. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { operationId, summary, returns, status = 200, consumes = [JSON_TYPE], tagged = false, conditional = false } = options;
  const problems = [...(options.problems ?? []), ...(conditional ? [412] : [])];
  const produces = options.produces ?? (status === 204 ? [] : [JSON_TYPE]);
  const isJson = produces.length === 0 || produces.includes(JSON_TYPE);
  const success = isJson
    ? ApiResponse({ status, ...(returns && { type: returns }), ...(tagged && { headers: ETAG }), description: summary })
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
    ...(conditional ? [ApiHeader(IF_MATCH)] : []),
    ...(options.public ? [Public(), ApiExtension('x-public', true)] : []),
  );
}
