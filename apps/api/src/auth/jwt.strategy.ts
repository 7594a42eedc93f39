import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Actor } from '@app/common';
import { AccessService, TokenService } from '@app/users';
import { Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { bearerToken } from './bearer-token.js';

/** Turns the token of a request into the {@link Actor} it stands for: a sound token of an account that still accepts it. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    private readonly tokens: TokenService,
    private readonly access: AccessService,
  ) {
    const { key, algorithms, issuer, audience, clockTolerance } = tokens.verification;
    super({
      jwtFromRequest: bearerToken,
      // The typings know strings and buffers only; jsonwebtoken below takes a key object.
      secretOrKey: key as unknown as Buffer,
      algorithms,
      issuer,
      audience,
      jsonWebTokenOptions: { clockTolerance },
    } satisfies StrategyOptionsWithoutRequest);
  }

  async validate(payload: unknown): Promise<Actor | null> {
    const claims = this.tokens.claimsOf(payload);
    return claims && this.access.actorOf(claims);
  }
}
