import { AppError, type ErrorCode } from "./app-error";

/** What a vendor call failed of. Each adapter's errors.ts maps its vendor's codes to one of these. */
export type IntegrationErrorKind =
  | "rate_limited"
  | "credentials_rejected"
  | "timeout"
  | "unavailable"
  | "invalid_request"
  | "declined"
  | "not_found"
  | "conflict"
  | "aborted"
  | "unknown";

const RETRYABLE: Record<IntegrationErrorKind, boolean> = {
  rate_limited: true,
  credentials_rejected: false,
  timeout: true,
  unavailable: true,
  invalid_request: false,
  declined: false,
  not_found: false,
  conflict: true,
  aborted: false,
  unknown: false,
};

const USER_MESSAGE: Record<IntegrationErrorKind, string> = {
  rate_limited: "A service that we rely on is very busy. Please try again in a moment.",
  credentials_rejected: "This is not available right now. We have been told and are looking into it.",
  timeout: "A service that we rely on did not answer in time. Please try again.",
  unavailable: "A service that we rely on is not available right now. Please try again in a moment.",
  invalid_request: "This could not be done. We have been told and are looking into it.",
  declined: "The card was declined. Please try another card.",
  not_found: "This no longer exists. Please reload the page.",
  conflict: "Somebody else is doing the same thing right now. Please try again in a moment.",
  aborted: "This was stopped before it finished. Please try again.",
  unknown: "Something went wrong at a service that we rely on. Please try again.",
};

const CODE: Partial<Record<IntegrationErrorKind, ErrorCode>> = {
  conflict: "conflict",
  not_found: "not_found",
  timeout: "unavailable",
  unavailable: "unavailable",
  rate_limited: "unavailable",
};

export interface IntegrationErrorOptions {
  provider: string;
  /** For example "checkout.create". */
  operation: string;
  /** The vendor's HTTP status, null where none came. */
  status?: number | null;
  /** The vendor's id of the request, for its support. */
  requestId?: string | null;
  /** The vendor's machine-readable code; never its prose, which may carry personal data. */
  vendorCode?: string | null;
  /** Milliseconds that the vendor asked to wait. */
  retryAfterMs?: number | null;
  cause?: unknown;
}

/** A vendor call that failed; born knowing whether trying again can help. */
export class IntegrationError extends AppError {
  override readonly name = "IntegrationError";
  readonly kind: IntegrationErrorKind;
  readonly provider: string;
  readonly operation: string;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly vendorCode: string | null;
  readonly retryAfterMs: number | null;
  readonly retryable: boolean;

  constructor(kind: IntegrationErrorKind, options: IntegrationErrorOptions) {
    const detail = [options.status, options.vendorCode, options.requestId].filter(Boolean).join(" ");
    super(CODE[kind] ?? "integration_failed", {
      userMessage: USER_MESSAGE[kind],
      logMessage: `${options.provider} ${options.operation}: ${kind}${detail ? ` (${detail})` : ""}`,
      cause: options.cause,
    });
    this.kind = kind;
    this.provider = options.provider;
    this.operation = options.operation;
    this.status = options.status ?? null;
    this.requestId = options.requestId ?? null;
    this.vendorCode = options.vendorCode ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.retryable = RETRYABLE[kind];
  }
}

export function isIntegrationError(error: unknown): error is IntegrationError {
  return error instanceof IntegrationError;
}
