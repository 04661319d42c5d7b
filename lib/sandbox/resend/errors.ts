/**
 * Resend's error answers: `{"statusCode", "name", "message"}`. Names, statuses and messages as published at
 * https://resend.com/docs/api-reference/errors; messages that name a field as the API gives them.
 */
import type { ErrorResponse } from "resend";

type ErrorName = ErrorResponse["name"];

export class ResendApiError extends Error {
  override name = "ResendApiError";
  constructor(
    readonly statusCode: number,
    readonly errorName: ErrorName,
    message: string,
  ) {
    super(message);
  }
}

export function errorAnswer(statusCode: number, name: ErrorName, message: string): ErrorResponse {
  return { statusCode, name, message };
}

/** What the `status` fault answers: the documented error of that status, or the closest there is. */
export function errorBodyFor(status: number): ErrorResponse {
  const [name, message] = DOCUMENTED[status] ?? (status >= 500 ? INTERNAL : VALIDATION);
  return errorAnswer(status, name, message);
}

const INTERNAL = ["internal_server_error", "An unexpected error occurred."] as const;
const VALIDATION = ["validation_error", "We found an error with one or more fields in the request."] as const;
const DOCUMENTED: Record<number, readonly [ErrorName, string]> = {
  401: ["missing_api_key", "Missing API key in the authorization header."],
  403: ["invalid_api_key", "API key is invalid."],
  404: ["not_found", "The requested endpoint does not exist."],
  405: ["method_not_allowed", "Method is not allowed for the requested path."],
  409: [
    "concurrent_idempotent_requests",
    "Same idempotency key used while original request is still in progress.",
  ],
  422: VALIDATION,
  429: [
    "rate_limit_exceeded",
    "Too many requests. Please limit the number of requests per second. Or contact support to increase rate limit.",
  ],
};
