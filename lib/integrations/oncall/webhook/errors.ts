import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { Answer } from "@/lib/http/exchange";
import { retryAfterMs } from "@/lib/http/limit-headers";

export const PROVIDER = "oncall";

/** By status, as Slack's incoming webhooks use them: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function kindOf(status: number): IntegrationErrorKind {
  switch (status) {
    case 401:
    case 403:
      return "credentials_rejected";
    // The address is revoked, or the channel behind it is gone.
    case 404:
    case 410:
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

export function toIntegrationError(answer: Answer, operation: string, now = Date.now()): IntegrationError {
  const { status, headers, text } = answer;
  return new IntegrationError(kindOf(status), {
    provider: PROVIDER,
    operation,
    status,
    // Slack answers with a word such as "invalid_token"; anything longer may be anything.
    vendorCode: /^[a-z_]{1,40}$/.test(text) ? text : null,
    retryAfterMs: retryAfterMs(headers, now),
    // A redirect is not followed.
    ...(status < 400 ? { mayHaveTakenEffect: false } : {}),
  });
}
