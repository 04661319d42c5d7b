import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import { retryAfterMs, wholeNumber } from "@/lib/http/limit-headers";
import type { Quota } from "@/lib/resilience/call";

export const PROVIDER = "resend";

/** What the SDK puts into `error`. */
export interface ResendFailure {
  statusCode: number | null;
  name: string;
}

/** By Resend's documented error names: https://resend.com/docs/api-reference/errors. */
function kindOf({ name, statusCode }: ResendFailure): IntegrationErrorKind {
  switch (name) {
    case "missing_api_key":
    case "invalid_api_key":
    case "restricted_api_key":
      return "credentials_rejected";
    case "rate_limit_exceeded":
    case "daily_quota_exceeded":
    case "monthly_quota_exceeded":
      return "rate_limited";
    case "concurrent_idempotent_requests":
      return "conflict";
    case "invalid_idempotent_request":
      return "invalid_request";
    case "not_found":
      return "not_found";
  }
  if (statusCode === null) return "unavailable";
  if (statusCode === 401 || statusCode === 403) return "credentials_rejected";
  if (statusCode === 429) return "rate_limited";
  if (statusCode >= 500) return "unavailable";
  if (statusCode >= 400) return "invalid_request";
  return "unknown";
}

export function toIntegrationError(
  failure: ResendFailure,
  operation: string,
  headers: Headers,
  now = Date.now(),
): IntegrationError {
  return new IntegrationError(kindOf(failure), {
    provider: PROVIDER,
    operation,
    status: failure.statusCode,
    vendorCode: failure.name,
    retryAfterMs: retryAfterMs(headers, now),
    // Refused because a mail was taken under this key before.
    ...(failure.name === "invalid_idempotent_request" ? { mayHaveTakenEffect: true } : {}),
  });
}

/** Of the second that runs: https://resend.com/docs/api-reference/rate-limit. Null where the answer does not say. */
export function quotaOf(headers: Headers): Quota | null {
  const remaining = wholeNumber(headers, "ratelimit-remaining");
  if (remaining === null) return null;
  const resetsIn = wholeNumber(headers, "ratelimit-reset");
  return {
    limit: wholeNumber(headers, "ratelimit-limit"),
    remaining,
    resetsInMs: resetsIn === null ? null : resetsIn * 1000,
  };
}
