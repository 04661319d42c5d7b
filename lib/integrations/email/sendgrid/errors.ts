import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { Answer } from "@/lib/http/exchange";
import { retryAfterMs, wholeNumber } from "@/lib/http/limit-headers";
import type { Quota } from "@/lib/resilience/call";

export const PROVIDER = "sendgrid";

/** A reset that is further away is no time to wait for, but a header in another unit. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/**
 * By status; bodies hold prose and the field that it is about, but no codes:
 * https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses and
 * https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors.
 */
function kindOf(status: number): IntegrationErrorKind {
  switch (status) {
    // Also said of an account whose credits are used up, or that is blocked: a person must see to each of them.
    case 401:
    case 403:
      return "credentials_rejected";
    case 404:
      return "not_found";
    case 409:
      return "conflict";
    case 429:
      return "rate_limited";
  }
  if (status >= 500) return "unavailable";
  if (status >= 400) return "invalid_request";
  return "unknown";
}

/** Milliseconds until the limits are reset; the header is in seconds since 1970. */
function resetsInMs(headers: Headers, now: number): number | null {
  const resetAt = wholeNumber(headers, "x-ratelimit-reset");
  const waitMs = resetAt === null ? null : Math.max(0, resetAt * 1000 - now);
  return waitMs === null || waitMs > LONGEST_WAIT_MS ? null : waitMs;
}

/** The field that a refusal is about, for example "personalizations.0.to". */
function fieldOf({ text }: Answer): string | null {
  // Read without a parser: a refusal need not be JSON, and nothing else of it is of use.
  return /"field"\s*:\s*"([A-Za-z0-9_.[\]]{1,80})"/.exec(text)?.[1] ?? null;
}

export function toIntegrationError(answer: Answer, operation: string, now = Date.now()): IntegrationError {
  const { status, headers } = answer;
  const kind = kindOf(status);
  return new IntegrationError(kind, {
    provider: PROVIDER,
    operation,
    status,
    vendorCode: fieldOf(answer),
    retryAfterMs: retryAfterMs(headers, now) ?? (kind === "rate_limited" ? resetsInMs(headers, now) : null),
    // Not done where it was asked; a redirect is not followed.
    ...(status < 400 ? { mayHaveTakenEffect: false } : {}),
  });
}

/** Of the endpoint: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits */
export function quotaOf(headers: Headers, now = Date.now()): Quota | null {
  const remaining = wholeNumber(headers, "x-ratelimit-remaining");
  if (remaining === null) return null;
  return {
    limit: wholeNumber(headers, "x-ratelimit-limit"),
    remaining,
    resetsInMs: resetsInMs(headers, now),
  };
}
