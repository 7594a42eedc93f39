import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor } from '@app/common';

/** The authenticated {@link Actor} of the request, or null on a public route called without a token. */
export const CurrentActor = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor | null => context.switchToHttp().getRequest<{ user?: Actor }>().user ?? null,
);
