import { AppError } from "./app-error";

/** Work that must not be tried again by itself: it waits for a person. */
export class GiveUpError extends AppError {
  /** @param reason for the log and the operators: ids and states, never personal data or secrets */
  constructor(reason: string) {
    super("internal", { userMessage: "This could not be done. We are looking into it.", logMessage: reason });
  }
}
