import {
  IntegrationError,
  type IntegrationErrorKind,
  isIntegrationError,
} from "@/lib/errors/integration-error";

export const PROVIDER = "resend";

/** What the SDK puts into `error`; it never throws. */
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
  return "invalid_request";
}

export function toIntegrationError(
  failure: ResendFailure,
  operation: string,
  headers: Record<string, string> | null | undefined,
): IntegrationError {
  const retryAfter = Number(headers?.["retry-after"]);
  return new IntegrationError(kindOf(failure), {
    provider: PROVIDER,
    operation,
    status: failure.statusCode,
    vendorCode: failure.name,
    retryAfterMs:
      headers?.["retry-after"] !== undefined && Number.isFinite(retryAfter) ? retryAfter * 1000 : null,
  });
}

export function fromThrown(error: unknown, operation: string): IntegrationError {
  if (isIntegrationError(error)) return error;
  return new IntegrationError("unknown", { provider: PROVIDER, operation, cause: error });
}
