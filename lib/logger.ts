import { pino } from "pino";

/** JSON lines on stdout. Never log a secret, an e-mail address, a name or a vendor's prose: ids, kinds and counts only. */
export const logger = pino({
  level: process.env.NODE_ENV === "test" ? "silent" : "info",
  base: undefined,
  redact: {
    paths: [
      "*.password",
      "*.token",
      "*.secret",
      "*.authorization",
      "*.email",
      "*.cookie",
      "email",
      "password",
      "token",
    ],
    censor: "[redacted]",
  },
});

/** Where it happened, and nothing of the message: that may go over several lines of the stack. */
function framesOf(stack: string | undefined): string | undefined {
  return stack
    ?.split("\n")
    .filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line))
    .slice(0, 5)
    .join("\n");
}

/** An error as log fields: its class, code and our own message, without a vendor's objects. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, message, stack } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // Database and library messages may quote values; only our own errors are known not to.
  return name === "AppError" || name === "IntegrationError"
    ? { error: name, code, message }
    : { error: name, code, stack: framesOf(stack) };
}
