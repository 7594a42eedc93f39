import {
  BrokenCircuitError,
  bulkhead,
  circuitBreaker,
  CircuitState,
  handleWhen,
  type CircuitBreakerPolicy,
  type IBackoff,
  type IBreaker,
} from 'cockatiel';
import type { Clock } from '@app/common';
import { ProviderFailedError } from './language-model.errors.js';

/** How patient we are with a provider. Milliseconds. */
export interface GuardSettings {
  /** Calls under way at once. */
  concurrency: number;
  /** All of one answer, with its retries and its wait for a free place. */
  totalMs: number;
  /** So many more tries, each after a random wait between the two. */
  retries: number;
  retryWaitMs: readonly [from: number, to: number];
  /** A provider that asks for a longer wait than this is given up. */
  longestRetryAfterMs: number;
  /** How long nothing is asked of a provider that keeps failing; then one call tries. */
  openMs: number;
  /** The same when its quota for the day is used up. */
  quotaOpenMs: number;
}

export const GUARD_DEFAULTS: Omit<GuardSettings, 'concurrency'> = {
  totalMs: 30_000,
  retries: 2,
  retryWaitMs: [250, 1_000],
  longestRetryAfterMs: 3_000,
  openMs: 20_000,
  quotaOpenMs: 3_600_000,
};

const FAILURES_IN_A_ROW = 5;
const SAMPLE = { size: 20, failures: 10, withinMs: 30_000 };

/** Opens after five failures in a row, after ten among the last twenty calls if those took under 30 s, or when told to. */
class ProviderBreaker implements IBreaker {
  /** Required by the interface for saving a breaker, which is not done. */
  state: unknown = null;
  private inARow = 0;
  private calls: { at: number; isFailure: boolean }[] = [];
  private isTripped = false;

  constructor(private readonly clock: Clock) {}

  /** The next failure opens at once. */
  trip(): void {
    this.isTripped = true;
  }

  success(state: CircuitState): void {
    this.inARow = 0;
    if (state === CircuitState.HalfOpen) this.calls = [];
    this.record(false);
  }

  failure(): boolean {
    this.inARow += 1;
    this.record(true);
    const isHalf = this.calls.length === SAMPLE.size && this.calls.filter(({ isFailure }) => isFailure).length >= SAMPLE.failures;
    const opens = this.isTripped || this.inARow >= FAILURES_IN_A_ROW || isHalf;
    this.isTripped = false;
    return opens;
  }

  private record(isFailure: boolean): void {
    const at = this.clock.now().getTime();
    this.calls = [...this.calls.filter((call) => call.at > at - SAMPLE.withinMs), { at, isFailure }].slice(-SAMPLE.size);
  }
}

/**
 * Stands before a provider on the network: limits the calls under way, retries, and stops asking a provider that is down.
 * Raises {@link ProviderFailedError}, or the signal's reason when aborted.
 */
export class ProviderGuard {
  private readonly slots;
  private readonly breaker: ProviderBreaker;
  private readonly circuit: CircuitBreakerPolicy;

  constructor(
    private readonly provider: string,
    private readonly settings: GuardSettings,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.slots = bulkhead(settings.concurrency, Infinity);
    this.breaker = new ProviderBreaker(clock);
    const closedFor = (duration: number): IBackoff<{ result: unknown }> => ({
      duration,
      next: ({ result }) => closedFor(isQuota(result) ? settings.quotaOpenMs : settings.openMs),
    });
    // A probe that its caller gave up proves nothing, so it must not close the circuit.
    const counts = (error: Error): boolean =>
      error instanceof ProviderFailedError ? error.failure !== 'rejected' : this.circuit.state === CircuitState.HalfOpen;
    this.circuit = circuitBreaker(handleWhen(counts), { breaker: this.breaker, halfOpenAfter: closedFor(settings.openMs) });
  }

  /** Nothing is asked of the provider at the moment. */
  get isOpen(): boolean {
    return this.circuit.state !== CircuitState.Closed;
  }

  /** `attempt` must end soon after its signal is aborted; it is called again for each retry. */
  async run<T>(attempt: (signal: AbortSignal, retried: number) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const total = new AbortController();
    const timer = setTimeout(() => total.abort(new ProviderFailedError(this.provider, 'timeout')), this.settings.totalMs);
    const call = AbortSignal.any([signal, total.signal]);
    const work = this.slots.execute(() => this.retrying(attempt, call));
    try {
      return await Promise.race([work, rejectionOf(call)]);
    } finally {
      clearTimeout(timer);
      // When the signal won the race, nobody else looks at how the work ended.
      work.catch(() => undefined);
    }
  }

  private async retrying<T>(attempt: (signal: AbortSignal, retried: number) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let retried = 0; ; retried++) {
      signal.throwIfAborted();
      try {
        return await this.once(() => attempt(signal, retried));
      } catch (error) {
        const wait = this.waitBefore(error, retried);
        if (wait === null) throw error;
        await this.clock.sleep(wait, signal);
      }
    }
  }

  private async once<T>(attempt: () => Promise<T>): Promise<T> {
    // The others do not wait for the one call that tries whether the provider is back.
    if (this.circuit.state === CircuitState.HalfOpen) throw new ProviderFailedError(this.provider, 'open');
    try {
      return await this.circuit.execute(async () => {
        try {
          return await attempt();
        } catch (error) {
          if (error instanceof ProviderFailedError && error.failure === 'quota') this.breaker.trip();
          throw error;
        }
      });
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new ProviderFailedError(this.provider, 'open', { cause: error }) : error;
    }
  }

  private waitBefore(error: unknown, retried: number): number | null {
    if (!(error instanceof ProviderFailedError) || error.retry === undefined) return null;
    const { retries, longestRetryAfterMs, retryWaitMs } = this.settings;
    const { afterMs } = error.retry;
    if (retried >= (error.failure === 'empty' ? 1 : retries) || (afterMs ?? 0) > longestRetryAfterMs) return null;
    const [from, to] = retryWaitMs;
    return Math.max(afterMs ?? 0, from + this.random() * (to - from));
  }
}

const isQuota = (result: unknown): boolean =>
  typeof result === 'object' &&
  result !== null &&
  'error' in result &&
  result.error instanceof ProviderFailedError &&
  result.error.failure === 'quota';

const rejectionOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
