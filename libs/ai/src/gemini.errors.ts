import { GoogleGenerativeAIAbortError, GoogleGenerativeAIError, GoogleGenerativeAIFetchError } from '@google/generative-ai';
import { z } from 'zod';
import { ProviderFailedError } from './language-model.errors.js';

export const GEMINI = 'gemini';

/** Server faults that are usually gone a moment later. */
const PASSING = new Set([408, 500, 502, 503, 504]);
const REFUSING = new Set([401, 403, 404]);

/** What we read of `google.rpc` error details. */
const detailsSchema = z.array(
  z.object({
    reason: z.string().optional(),
    /** `google.protobuf.Duration` in JSON: seconds with an `s`. */
    retryDelay: z.string().optional(),
    violations: z.array(z.object({ quotaId: z.string().optional() })).optional(),
  }),
);
type ErrorDetails = z.infer<typeof detailsSchema>;

const detailsOf = (error: GoogleGenerativeAIFetchError): ErrorDetails => detailsSchema.safeParse(error.errorDetails).data ?? [];

function retryAfterMs(details: ErrorDetails): number | null {
  const delay = details.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay ?? '';
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}

const isDailyQuota = (details: ErrorDetails): boolean =>
  details.some(({ violations }) => violations?.some(({ quotaId }) => quotaId?.includes('PerDay')));

function fromStatus(error: GoogleGenerativeAIFetchError): ProviderFailedError {
  const { status = 0 } = error;
  const details = detailsOf(error);
  if (status === 429 && isDailyQuota(details)) return new ProviderFailedError(GEMINI, 'quota', { cause: error });
  if (status === 429) {
    const afterMs = retryAfterMs(details);
    return new ProviderFailedError(GEMINI, 'overloaded', { cause: error, ...(afterMs !== null && { retry: { afterMs } }) });
  }
  if (PASSING.has(status)) return new ProviderFailedError(GEMINI, 'overloaded', { cause: error, retry: { afterMs: null } });
  if (REFUSING.has(status) || details.some(({ reason }) => reason === 'API_KEY_INVALID'))
    return new ProviderFailedError(GEMINI, 'refused', { cause: error });
  return new ProviderFailedError(GEMINI, status >= 500 ? 'overloaded' : 'rejected', { cause: error });
}

/**
 * What a failed call of the SDK means. The SDK wraps what happens before the first byte of an answer in its own errors;
 * what breaks while reading the body comes as it is, and is not tried again.
 */
export function toProviderFailure(error: unknown): ProviderFailedError {
  if (error instanceof ProviderFailedError) return error;
  if (error instanceof GoogleGenerativeAIFetchError) return fromStatus(error);
  if (error instanceof GoogleGenerativeAIAbortError) return new ProviderFailedError(GEMINI, 'timeout', { cause: error });
  if (error instanceof GoogleGenerativeAIError)
    return new ProviderFailedError(GEMINI, 'network', { cause: error, retry: { afterMs: null } });
  if (error instanceof SyntaxError) return new ProviderFailedError(GEMINI, 'malformed', { cause: error });
  return new ProviderFailedError(GEMINI, 'network', { cause: error });
}
