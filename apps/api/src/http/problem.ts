import { randomUUID } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { DomainError, type ErrorKind } from '@app/common';
import { isMongoUnavailable } from '@app/connections';
import type { ProblemDto } from './problem.dto.js';

/** The media type of every error's body. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const STATUS: Record<ErrorKind, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  stale: 412,
  'too-large': 413,
  unsupported: 415,
  invalid: 422,
  unavailable: 503,
};

/** What {@link toProblem} makes of an error: the body, the headers that go with it, and the error itself where it is ours to mend. */
export interface ProblemReply {
  body: ProblemDto;
  headers: Record<string, string>;
  unexpected?: unknown;
}

/** Titles of the statuses a reply can have; the problem `type` is about:blank, so the title is the status' own phrase. */
export const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Errors that the HTTP layer itself raises, by status: their code and what is said of them. */
const PROTOCOL: Readonly<Record<number, { code: string; detail: string }>> = {
  400: { code: 'BAD_REQUEST', detail: 'The request could not be understood.' },
  401: { code: 'UNAUTHENTICATED', detail: 'A valid access token is needed.' },
  403: { code: 'FORBIDDEN', detail: 'This account may not do that.' },
  404: { code: 'ROUTE_NOT_FOUND', detail: 'There is no such route.' },
  405: { code: 'METHOD_NOT_ALLOWED', detail: 'The route does not take this method.' },
  408: { code: 'REQUEST_TIMEOUT', detail: 'The request did not arrive in time.' },
  413: { code: 'PAYLOAD_TOO_LARGE', detail: 'The body is larger than the route takes.' },
  414: { code: 'URI_TOO_LONG', detail: 'The address is longer than the server takes.' },
  415: { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'The route does not take a body of this media type.' },
  429: { code: 'RATE_LIMITED', detail: 'Too many requests.' },
  431: { code: 'HEADERS_TOO_LARGE', detail: 'The headers are larger than the server takes.' },
};

const UNAVAILABLE_RETRY_SECONDS = 2;

/** Where and in which request it happened. */
export interface ProblemContext {
  requestId: string;
  path: string;
}

const body = (status: number, code: string, detail: string, { requestId, path }: ProblemContext): ProblemDto => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Error',
  status,
  code,
  detail,
  instance: path,
  request_id: requestId,
});

/** The status that Nest, Fastify or its plugins put on an error of theirs. */
function protocolStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status in PROTOCOL ? status : undefined;
}

/** The problem document (RFC 9457) of an error, without its stack, query, path or any input. */
export function toProblem(error: unknown, context: ProblemContext): ProblemReply {
  if (error instanceof DomainError) return domainProblem(error, context);
  if (isMongoUnavailable(error)) {
    return {
      body: body(503, 'DATABASE_UNAVAILABLE', 'The database cannot be reached.', context),
      headers: { 'retry-after': String(UNAVAILABLE_RETRY_SECONDS) },
    };
  }
  const status = protocolStatus(error);
  const known = status === undefined ? undefined : PROTOCOL[status];
  if (status !== undefined && known)
    return { body: body(status, known.code, known.detail, context), headers: status === 401 ? { 'www-authenticate': 'Bearer' } : {} };
  const errorId = randomUUID();
  return {
    body: {
      ...body(500, 'INTERNAL_ERROR', 'Something went wrong on our side. Quote the error_id when you report it.', context),
      error_id: errorId,
    },
    headers: {},
    unexpected: error,
  };
}

function domainProblem(error: DomainError, context: ProblemContext): ProblemReply {
  const status = STATUS[error.kind];
  const retryAfter = error.retryAfterSeconds ?? (error.kind === 'unavailable' ? UNAVAILABLE_RETRY_SECONDS : undefined);
  return {
    body: { ...body(status, error.code, error.message, context), ...(error.violations.length > 0 && { errors: [...error.violations] }) },
    headers: {
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
  };
}
