import { AppError, type ErrorCode, isAppError } from "./app-error";

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
  | "circuit_open"
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
  // By whoever does the work later, never by the policy that has just refused it.
  circuit_open: true,
  aborted: false,
  unknown: false,
};

/** After which of them the vendor may have done what was asked all the same. */
const UNCERTAIN: Record<IntegrationErrorKind, boolean> = {
  rate_limited: false,
  credentials_rejected: false,
  timeout: true,
  unavailable: true,
  invalid_request: false,
  declined: false,
  not_found: false,
  conflict: true,
  circuit_open: false,
  aborted: true,
  unknown: true,
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
  circuit_open: "A service that we rely on is not available right now. Please try again in a moment.",
  aborted: "This was stopped before it finished. Please try again.",
  unknown: "Something went wrong at a service that we rely on. Please try again.",
};

const CODE: Partial<Record<IntegrationErrorKind, ErrorCode>> = {
  conflict: "conflict",
  not_found: "not_found",
  timeout: "unavailable",
  unavailable: "unavailable",
  rate_limited: "unavailable",
  circuit_open: "unavailable",
};

/** What vendors use for codes and for the ids of requests. */
const MACHINE_WORD = /^[\w.:[\]-]{1,100}$/;

/** A vendor's code or id, for logs and tables; null for anything that may be prose, and with it a person's address. */
export function machineWord(text: string | null | undefined): string | null {
  return text && MACHINE_WORD.test(text) ? text : null;
}

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
  /**
   * False where the request is known not to have reached the vendor (nobody listened at the address, a local limit
   * held it back). Defaults to what the kind implies.
   */
  mayHaveTakenEffect?: boolean;
  /** In place of the words that fit the kind anywhere. */
  userMessage?: string;
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
  /** Whether the vendor may have done what was asked; if so it is looked up before anything is done again. */
  readonly mayHaveTakenEffect: boolean;

  constructor(kind: IntegrationErrorKind, options: IntegrationErrorOptions) {
    const vendorCode = machineWord(options.vendorCode);
    const requestId = machineWord(options.requestId);
    const detail = [options.status, vendorCode, requestId].filter(Boolean).join(" ");
    super(CODE[kind] ?? "integration_failed", {
      userMessage: options.userMessage ?? USER_MESSAGE[kind],
      logMessage: `${options.provider} ${options.operation}: ${kind}${detail ? ` (${detail})` : ""}`,
      cause: options.cause,
    });
    this.kind = kind;
    this.provider = options.provider;
    this.operation = options.operation;
    this.status = options.status ?? null;
    this.requestId = requestId;
    this.vendorCode = vendorCode;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.retryable = RETRYABLE[kind];
    this.mayHaveTakenEffect = options.mayHaveTakenEffect ?? UNCERTAIN[kind];
  }

  /** The same failure after an earlier attempt of the same call whose outcome is not known. */
  afterUncertainAttempt(): IntegrationError {
    return this.mayHaveTakenEffect ? this : this.with({ mayHaveTakenEffect: true });
  }

  /** The same failure of a call that only reads. */
  withoutEffect(): IntegrationError {
    return this.mayHaveTakenEffect ? this.with({ mayHaveTakenEffect: false }) : this;
  }

  /** The same failure, told in words that fit what was asked for. */
  inWords(userMessage: string): IntegrationError {
    return this.with({ userMessage });
  }

  private with(changes: Partial<IntegrationErrorOptions>): IntegrationError {
    const { provider, operation, status, requestId, vendorCode, retryAfterMs } = this;
    const { mayHaveTakenEffect, userMessage, cause } = this;
    return new IntegrationError(this.kind, {
      ...{ provider, operation, status, requestId, vendorCode, retryAfterMs },
      ...{ mayHaveTakenEffect, userMessage, cause },
      ...changes,
    });
  }
}

/**
 * Whether what a failed operation asked of a vendor may have been done. An `AppError` of ours is thrown before anything
 * is sent; of a mistake nobody knows when it was met.
 */
export function mayHaveTakenEffect(error: unknown): boolean {
  return isIntegrationError(error) ? error.mayHaveTakenEffect : !isAppError(error);
}

/** By its name: see `isAppError` for why not by its class. */
export function isIntegrationError(error: unknown): error is IntegrationError {
  return isAppError(error) && error.name === "IntegrationError";
}
