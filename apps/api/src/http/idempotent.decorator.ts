import { randomUUID } from 'node:crypto';
import { applyDecorators, createParamDecorator, SetMetadata, UseInterceptors, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiHeader } from '@nestjs/swagger';
import type { Resource } from '@app/idempotency';
import { Types } from 'mongoose';
import { IdempotencyInterceptor, RESOURCE, type KeyedHttpRequest } from './idempotency.interceptor.js';

/** What keyed requests make, and the ids that such things bear. */
const RESOURCES = {
  customer: (): Resource => {
    const id = new Types.ObjectId().toHexString();
    return { id, customerId: id };
  },
  job: (): Resource => ({ id: randomUUID() }),
} as const;

/** Lets callers repeat the request under an `Idempotency-Key`: it has its effect once, and the same reply each time. */
export const Idempotent = (makes: keyof typeof RESOURCES): MethodDecorator =>
  applyDecorators(
    SetMetadata(RESOURCE, RESOURCES[makes]),
    UseInterceptors(IdempotencyInterceptor),
    ApiExtension('x-keyed', true),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Makes the request safe to repeat for 24 hours: the same key and payload get the same reply.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
  );

/** The id that what the request makes is to bear; undefined without an `Idempotency-Key`. */
export const ResourceId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => context.switchToHttp().getRequest<KeyedHttpRequest>().resourceId,
);
