/** Everything that can go wrong on purpose, with the HTTP status that it means at a JSON route. */
export const ERROR_STATUS = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  limit_reached: 402,
  rate_limited: 429,
  integration_failed: 502,
  unavailable: 503,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export interface AppErrorOptions {
  /** Shown to the person at the screen: what happened, what it means, what to do next. */
  userMessage: string;
  /** For the log: ids and states, never personal data or secrets. Defaults to `userMessage`. */
  logMessage?: string;
  /** Messages by form field. */
  fields?: Record<string, string>;
  cause?: unknown;
}

/**
 * Next bundles pages, routes and instrumentation apart, each with a copy of this class, and what one throws another
 * catches: an error is known by this mark, not by its class.
 */
const MARK = Symbol.for("breakwater.app-error");

/** An expected failure. Thrown inside, turned into a `Result` by the action wrapper. */
export class AppError extends Error {
  readonly [MARK] = true;
  override readonly name: string = "AppError";
  readonly code: ErrorCode;
  readonly userMessage: string;
  readonly fields: Record<string, string> | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions) {
    super(options.logMessage ?? options.userMessage, { cause: options.cause });
    this.code = code;
    this.userMessage = options.userMessage;
    this.fields = options.fields;
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof Error && MARK in error;
}
