/**
 * SendGrid's error answers: `{"errors":[{"message","field","help"}]}`. Statuses as published at
 * https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses, messages as the API gives them.
 */
export interface SendgridError {
  message: string;
  /** What of the request is meant; null where it is not about the request's body. */
  field: string | null;
  /** Where to read more. */
  help: string | null;
}

export class SendgridApiError extends Error {
  override name = "SendgridApiError";
  constructor(
    readonly status: number,
    message: string,
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

export function errorAnswer(message: string, field: string | null): { errors: SendgridError[] } {
  const help = field === null ? null : "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors";
  return { errors: [{ message, field, help }] };
}

/** What the `status` fault answers: the documented error of that status, or the closest there is. */
export function errorBodyFor(status: number): { errors: SendgridError[] } {
  return errorAnswer(DOCUMENTED[status] ?? (status >= 500 ? INTERNAL : "Bad Request"), null);
}

const INTERNAL = "Internal server error";
const DOCUMENTED: Record<number, string> = {
  401: "The provided authorization grant is invalid, expired, or revoked",
  403: "access forbidden",
  404: "not found",
  405: "method not allowed",
  413: "The JSON payload you have included in your request is too large.",
  415: "Content-Type should be application/json.",
  429: "too many requests",
  503: "Service unavailable",
};
