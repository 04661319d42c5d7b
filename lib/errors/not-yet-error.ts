import { AppError } from "./app-error";

/** Work that is looked at before its time: nothing was attempted, and no attempt is used up. */
export class NotYetError extends AppError {
  /**
   * @param retryAfterMs until it is time
   * @param reason for the log and the operators: ids and states, never personal data or secrets
   */
  constructor(
    readonly retryAfterMs: number,
    reason: string,
  ) {
    super("unavailable", {
      userMessage: "This has to wait a little. It goes on by itself.",
      logMessage: reason,
    });
  }
}
