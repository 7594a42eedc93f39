import { Controller, Get, Header, HttpStatus, Res, ServiceUnavailableException, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { ProbeService, type Probe } from '@app/connections';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/public.decorator.js';

/** How long ago MongoDB may have answered last while the process still takes requests. */
const READY_WITHIN_MS = 10_000;

/** What people and probes ask: is the process alive, may it get requests, do its dependencies answer. */
@Public()
@ApiExcludeController()
@Controller()
export class HealthController implements BeforeApplicationShutdown {
  private draining = false;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly probes: ProbeService,
  ) {}

  beforeApplicationShutdown(): void {
    this.draining = true;
  }

  @Get('health')
  @Header('cache-control', 'no-store')
  check(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.report(reply, [() => this.mongo(), () => this.redis()]);
  }

  @Get('health/db')
  @Header('cache-control', 'no-store')
  checkDatabase(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.report(reply, [() => this.mongo()]);
  }

  @Get('health/redis')
  @Header('cache-control', 'no-store')
  checkRedis(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.report(reply, [() => this.redis()]);
  }

  @Get('livez')
  @Header('cache-control', 'no-store')
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get('startupz')
  @Header('cache-control', 'no-store')
  started(@Res({ passthrough: true }) reply: FastifyReply): { status: string } {
    return this.answer(reply, this.probes.isStarted);
  }

  @Get('readyz')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ status: string; degraded?: string[] }> {
    const [answered, redis] = await Promise.all([this.probes.mongoAnsweredWithin(READY_WITHIN_MS), this.probes.redisServer()]);
    return { ...this.answer(reply, this.probes.isStarted && answered && !this.draining), ...(!redis.up && { degraded: ['redis'] }) };
  }

  private answer(reply: FastifyReply, isUp: boolean): { status: string } {
    void reply.status(isUp ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return { status: isUp ? 'ok' : 'unavailable' };
  }

  /** Terminus raises what it found when something is down; a monitor wants it as the body. */
  private async report(reply: FastifyReply, checks: HealthIndicatorFunction[]): Promise<HealthCheckResult> {
    try {
      return await this.health.check(checks);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
      return error.getResponse() as HealthCheckResult;
    }
  }

  private async mongo(): Promise<HealthIndicatorResult> {
    return this.indicate('mongodb', await this.probes.mongo());
  }

  private async redis(): Promise<HealthIndicatorResult> {
    return this.indicate('redis', await this.probes.redisServer());
  }

  private indicate(name: string, { up, latencyMs }: Probe): HealthIndicatorResult {
    const indicator = this.indicators.check(name);
    return up ? indicator.up({ latency_ms: latencyMs }) : indicator.down({ latency_ms: latencyMs });
  }
}
