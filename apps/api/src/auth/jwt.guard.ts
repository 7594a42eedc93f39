import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { UnauthenticatedError } from '@app/users';
import { IS_PUBLIC } from '../http/public.decorator.js';

const Bearer = AuthGuard('jwt');

/** Lets nobody in without a token that counts, but to routes marked public. */
@Injectable()
export class JwtGuard extends Bearer {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    const isPublic = this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()]);
    return isPublic || super.canActivate(context);
  }

  override handleRequest<T>(error: Error | null, user: T | false): T {
    if (error) throw error;
    if (!user) throw new UnauthenticatedError();
    return user;
  }
}

/** On a public route: notes who is asking where a token says so; a token that does not count is as good as none. */
@Injectable()
export class OptionalJwtGuard extends Bearer {
  override handleRequest<T>(error: Error | null, user: T | false): T | undefined {
    if (error) throw error;
    return user || undefined;
  }
}
