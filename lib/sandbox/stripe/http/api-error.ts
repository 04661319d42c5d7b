/** The vendor's error object: `{"error": {"type", "code", "message", "param", …}}`. https://docs.stripe.com/api/errors */

export type ApiErrorType = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

export interface ApiErrorFields {
  type: ApiErrorType;
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  payment_intent?: object;
  payment_method?: object;
  setup_intent?: object;
}

/** Thrown by handlers; the router turns it into an answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly fields: ApiErrorFields,
  ) {
    super(fields.message);
  }

  /**
   * Whether an idempotency key remembers this answer. The vendor keeps results once it has begun to execute; what fails
   * in validation, and conflicts, are not kept. https://docs.stripe.com/api/idempotent_requests
   */
  get isRemembered(): boolean {
    return this.status === 402 || this.status >= 500;
  }
}

export function invalidRequest(message: string, code?: string, param?: string, status = 400): ApiError {
  return new ApiError(status, { type: "invalid_request_error", message, code, param });
}

export function missingParam(param: string): ApiError {
  return invalidRequest(`Missing required param: ${param}.`, "parameter_missing", param);
}

/** 404 when the path names it, 400 when a parameter does. */
export function noSuch(kind: string, id: string, param: string, status: 400 | 404): ApiError {
  return invalidRequest(`No such ${kind}: '${id}'`, "resource_missing", param, status);
}

/** The JSON body; undefined fields vanish in it. */
export function errorBody(fields: ApiErrorFields, requestId: string | null, baseUrl: string): object {
  return {
    error: {
      ...fields,
      doc_url: fields.code
        ? `https://stripe.com/docs/error-codes/${fields.code.replaceAll("_", "-")}`
        : undefined,
      request_log_url: requestId ? `${baseUrl}/events?request=${requestId}` : undefined,
    },
  };
}
