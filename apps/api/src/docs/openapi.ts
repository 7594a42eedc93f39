import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from '../http/problem.dto.js';
import { TITLES } from '../http/problem.js';

type Node = Record<string, unknown>;
interface Operation extends Node {
  responses?: Record<string, Node>;
  security?: unknown;
}

const EVERYWHERE = [400, 406, 429, 500, 503];
const PRIVATE = [401, 403];
const WITH_BODY = [413, 415];
const KEYED = [409, 410, 422];
const PROBLEM_CONTENT = { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } } };

/** The OpenAPI 3.1 document of the application, the same bytes for the same code. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Notification Bot')
    .setDescription(
      'Import customers, send them notices by template, and let an assistant answer their questions about what they were told.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addOAuth2({ type: 'oauth2', flows: { password: { tokenUrl: '/auth/login', scopes: {} } } }, 'password')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('password')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemDto],
    operationIdFactory: (_controller, method) => method,
  });
  for (const operation of operationsOf(document)) describeErrors(operation);
  return sorted(toOpenApi31(document) as OpenAPIObject);
}

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths)
    .flatMap((path) => Object.values(path as Record<string, Operation>))
    .filter((operation) => operation.responses !== undefined);
}

function describeErrors(operation: Operation): void {
  const isPublic = operation['x-public'] === true;
  const own = (operation['x-problems'] as number[] | undefined) ?? [];
  for (const status of [
    ...EVERYWHERE,
    ...(isPublic ? [] : PRIVATE),
    ...(operation['requestBody'] ? WITH_BODY : []),
    ...(operation['x-keyed'] ? KEYED : []),
    ...own,
  ]) {
    operation.responses![String(status)] = { description: TITLES[status], content: PROBLEM_CONTENT };
  }
  for (const status of Object.keys(operation.responses!)) {
    if (status.startsWith('2') && status !== String(operation['x-success'])) delete operation.responses![status];
  }
  if (isPublic) operation.security = [];
  delete operation['x-success'];
  delete operation['x-public'];
  delete operation['x-problems'];
  delete operation['x-keyed'];
}

/** Swagger writes the `nullable` of OpenAPI 3.0, and wraps a lone reference in `allOf`: 3.1 has a null type instead. */
function toOpenApi31(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toOpenApi31);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, allOf, ...rest } = node as Node & { nullable?: boolean; allOf?: unknown[] };
  const lone = allOf?.length === 1 ? (allOf[0] as Node) : undefined;
  const flat = Object.fromEntries(
    Object.entries({ ...rest, ...lone, ...(allOf && !lone && { allOf }) }).map(([key, value]) => [key, toOpenApi31(value)]),
  );
  if (nullable !== true) return flat;
  if (typeof flat['type'] === 'string') {
    const values = flat['enum'] as unknown[] | undefined;
    return { ...flat, type: [flat['type'], 'null'], ...(values && { enum: [...values, null] }) };
  }
  const { $ref, description, ...others } = flat;
  return $ref === undefined ? flat : { ...others, ...(description !== undefined && { description }), anyOf: [{ $ref }, { type: 'null' }] };
}

/** Paths and schemas by name: where a class stands in the code does not move it in the document. */
function sorted(document: OpenAPIObject): OpenAPIObject {
  const byName = <T>(entries: Record<string, T> = {}): Record<string, T> =>
    Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...document,
    paths: byName(document.paths),
    components: { ...document.components, schemas: byName(document.components?.schemas) },
  };
}
