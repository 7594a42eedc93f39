import { createSecretKey, randomUUID, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService, type JwtModuleOptions } from '@nestjs/jwt';
import { Config } from '@app/config';
import { z } from 'zod';
import type { User } from './user.js';

const ISSUER = 'notification-bot';
const AUDIENCE = 'notification-bot-api';
/** How far two machines' clocks may be apart. */
const SKEW_SECONDS = 60;
/** The longest lifetime that can be configured: an expiry beyond it is none of ours. */
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;

/** What an access token says: for whom, and under which version of that account's tokens. */
export interface TokenClaims {
  userId: string;
  tokenVersion: number;
}

/** A fresh access token and its lifetime in seconds. */
export interface IssuedToken {
  accessToken: string;
  expiresIn: number;
}

/** What to check before anything in a token is believed. */
export interface TokenVerification {
  key: KeyObject;
  algorithms: ['HS256'];
  issuer: string;
  audience: string;
  clockTolerance: number;
}

const accessClaims = z.object({
  sub: z.string().regex(/^[0-9a-f]{24}$/),
  jti: z.string().min(1),
  typ: z.literal('access'),
  ver: z.int().nonnegative(),
  iat: z.number(),
  exp: z.number(),
});

/** A key object: from a string, jsonwebtoken would try to parse a public key first, on each call, 27 times slower. */
const signingKey = (config: Config): KeyObject => createSecretKey(Buffer.from(config.secretKey));

export function jwtOptions(config: Config): JwtModuleOptions {
  return {
    secret: signingKey(config),
    signOptions: { algorithm: 'HS256', issuer: ISSUER, audience: AUDIENCE, expiresIn: config.accessTokenMinutes * 60 },
  };
}

/**
 * Access tokens: JWT (RFC 7519) under HS256 only, with issuer, audience, subject, expiry, id, type and token version.
 * Their times are the machine's own: the library that checks `exp` and `nbf` knows no other clock.
 */
@Injectable()
export class TokenService {
  /** The checks on signature, issuer, audience, `exp` and `nbf`, made by whoever decodes the token. */
  readonly verification: TokenVerification;
  private readonly expiresIn: number;

  constructor(
    private readonly jwt: JwtService,
    config: Config,
  ) {
    this.expiresIn = config.accessTokenMinutes * 60;
    this.verification = {
      key: signingKey(config),
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      clockTolerance: SKEW_SECONDS,
    };
  }

  sign(user: Pick<User, 'id' | 'tokenVersion'>): IssuedToken {
    const claims = { typ: 'access', ver: user.tokenVersion };
    return { accessToken: this.jwt.sign(claims, { subject: user.id, jwtid: randomUUID() }), expiresIn: this.expiresIn };
  }

  /** What a payload that passed {@link verification} says, or null unless it is wholly that of an access token of ours. */
  claimsOf(payload: unknown): TokenClaims | null {
    const { success, data } = accessClaims.safeParse(payload);
    if (!success) return null;
    const latestNow = Math.floor(Date.now() / 1000) + SKEW_SECONDS;
    if (data.iat > latestNow || data.exp > latestNow + MAX_LIFETIME_SECONDS) return null;
    return { userId: data.sub, tokenVersion: data.ver };
  }
}
