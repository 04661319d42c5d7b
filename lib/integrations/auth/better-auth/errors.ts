import { isAPIError } from "better-auth/api";
import { AppError, isAppError } from "@/lib/errors/app-error";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from "./client";

const WRONG_PAIR = "The e-mail address or the password is not right.";

/** By Better Auth's error codes; one that is not listed is a fault of ours and stays internal. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const code = isAPIError(error) ? error.body?.code : undefined;
  switch (code) {
    case "INVALID_EMAIL_OR_PASSWORD":
      return new AppError("unauthenticated", { userMessage: WRONG_PAIR });
    // The library's own check of what it is handed; an address is all of it that ours does not catch before.
    case "VALIDATION_ERROR":
    case "INVALID_EMAIL":
      return fieldError("email", "This does not look like an e-mail address.");
    case "EMAIL_NOT_VERIFIED":
      return new AppError("forbidden", {
        userMessage: "Please confirm your e-mail address first. We can send you the link again.",
      });
    case "PASSWORD_TOO_SHORT":
      return fieldError("password", `Use at least ${MIN_PASSWORD_LENGTH} characters.`);
    case "PASSWORD_TOO_LONG":
      return fieldError("password", `Use at most ${MAX_PASSWORD_LENGTH} characters.`);
    case "INVALID_TOKEN":
    case "TOKEN_EXPIRED":
    case "USER_NOT_FOUND":
      return new AppError("invalid_input", {
        userMessage: "This link is no longer valid. Please ask for a new one.",
      });
    default:
      return new AppError("internal", {
        userMessage: "Something went wrong on our side. Please try again.",
        logMessage: `better-auth: ${code ?? "unexpected error"}`,
        cause: error,
      });
  }
}

function fieldError(field: string, message: string): AppError {
  return new AppError("invalid_input", { userMessage: message, fields: { [field]: message } });
}
