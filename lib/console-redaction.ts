import { errorFields } from "@/lib/logger";

function told(argument: unknown): unknown {
  if (argument instanceof Error) {
    const { error, code, message, stack } = errorFields(argument);
    return [error, code, message].filter(Boolean).join(" ") + (stack ? `\n${stack}` : "");
  }
  return typeof argument === "object" && argument !== null ? "[object]" : argument;
}

/**
 * The framework writes what nobody caught to the console as it is: with its message, its causes, and the values that a
 * database quotes in them. From here on the console tells of an error what the log does, and of other objects nothing.
 */
export function redactConsole(): void {
  for (const level of ["error", "warn"] as const) {
    const write = console[level].bind(console);
    console[level] = (...given: unknown[]) => write(...given.map(told));
  }
}
