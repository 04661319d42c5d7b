import { IntegrationError, isIntegrationError } from "@/lib/errors/integration-error";

/** What Node and its fetch say when no connection came about: the request never left. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

interface SystemError {
  code: string | null;
  /** The step that failed, of errors of the operating system: "connect", "read", "getaddrinfo". */
  syscall: string | null;
}

/** `fetch` throws a TypeError that says nothing, around the error that says what happened. */
function systemErrorOf(thrown: unknown): SystemError {
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  let error = thrown;
  // Bounded: a chain of causes may be a ring.
  for (let depth = 0; depth < 5 && error instanceof Error; depth += 1) {
    if ("code" in error && typeof error.code === "string") {
      return { code: error.code, syscall: "syscall" in error ? text(error.syscall) : null };
    }
    error = error.cause;
  }
  return { code: null, syscall: null };
}

/** Whether a failure is known to have come before any of the request was sent. */
export function neverConnected(thrown: unknown): boolean {
  const { code, syscall } = systemErrorOf(thrown);
  return syscall === "connect" || (code !== null && NEVER_CONNECTED.has(code));
}

/**
 * Makes an `IntegrationError` of what kept an exchange from ending: the network, an answer that breaks off or cannot be
 * read, or our own signal. The cause is left behind but for its code, for it may quote addresses and bodies.
 */
export function fromNetworkFailure(
  thrown: unknown,
  about: { provider: string; operation: string; signal: AbortSignal },
): IntegrationError {
  if (isIntegrationError(thrown)) return thrown;
  const { provider, operation, signal } = about;
  if (signal.aborted) return new IntegrationError("aborted", { provider, operation });
  return new IntegrationError("unavailable", {
    provider,
    operation,
    vendorCode: systemErrorOf(thrown).code,
    ...(neverConnected(thrown) ? { mayHaveTakenEffect: false } : {}),
  });
}
