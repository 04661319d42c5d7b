import Stripe from "stripe";
import {
  IntegrationError,
  type IntegrationErrorKind,
  isIntegrationError,
} from "@/lib/errors/integration-error";
import { retryAfterMs } from "@/lib/http/limit-headers";
import { neverConnected } from "@/lib/http/network-error";

export const PROVIDER = "stripe";

const LOCK_TIMEOUT = "lock_timeout";

/** Whether a request is known to have done nothing, whatever its kind says: it never left, or never had its turn. */
function hadNoEffect({ code, detail }: InstanceType<typeof Stripe.errors.StripeError>): boolean {
  return code === LOCK_TIMEOUT || neverConnected(detail);
}

/** By Stripe's error types and statuses: https://docs.stripe.com/api/errors. */
function kindOf(error: InstanceType<typeof Stripe.errors.StripeError>): IntegrationErrorKind {
  // Another request is at work, with the same key or on the same object. A lock that was not had comes as a 429.
  if (error.code === "idempotency_key_in_use" || error.code === LOCK_TIMEOUT) return "conflict";
  if (error instanceof Stripe.errors.StripeCardError) return "declined";
  if (error instanceof Stripe.errors.StripeRateLimitError) return "rate_limited";
  if (error instanceof Stripe.errors.StripeAuthenticationError) return "credentials_rejected";
  if (error instanceof Stripe.errors.StripePermissionError) return "credentials_rejected";
  if (error instanceof Stripe.errors.StripeConnectionError) return "unavailable";
  if (error instanceof Stripe.errors.StripeIdempotencyError) return "invalid_request";
  // An id in a parameter that does not exist answers 400, in the path 404: either way the thing is not there.
  if (error.code === "resource_missing") return "not_found";
  const status = error.statusCode ?? 0;
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 429) return "rate_limited";
  if (status >= 500) return "unavailable";
  if (status >= 400) return "invalid_request";
  // No status: the answer came and could not be read.
  return "unavailable";
}

/** @param now milliseconds since the epoch */
export function toIntegrationError(error: unknown, operation: string, now = Date.now()): IntegrationError {
  if (isIntegrationError(error)) return error;
  if (error instanceof Stripe.errors.StripeError) {
    return new IntegrationError(kindOf(error), {
      provider: PROVIDER,
      operation,
      status: error.statusCode ?? null,
      requestId: error.requestId ?? null,
      // Of a 429 the header says which of the limits it was: https://docs.stripe.com/rate-limits.
      vendorCode: error.code ?? error.headers?.["stripe-rate-limited-reason"] ?? null,
      retryAfterMs: retryAfterMs(new Headers(error.headers), now),
      ...(hadNoEffect(error) ? { mayHaveTakenEffect: false } : {}),
      cause: error,
    });
  }
  return new IntegrationError("unknown", { provider: PROVIDER, operation, cause: error });
}

/** A read of something that need not be there. */
export async function nullWhenMissing<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (isIntegrationError(error) && error.kind === "not_found") return null;
    throw error;
  }
}
