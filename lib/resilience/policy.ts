/**
 * The seam through which every vendor call goes. For now: a deadline for each attempt and one over all, as the table
 * below says; retry, budget and breaker take their place here without a change to any adapter.
 */
import { IntegrationError } from "@/lib/errors/integration-error";

/** Who waits for the call, and what it does at the vendor. */
export type CallClass = "read" | "write" | "background";

export interface CallDescription {
  /** For example "checkout.create". */
  operation: string;
  class: CallClass;
}

/** Milliseconds. */
export const DEADLINES: Record<CallClass, { attemptMs: number; overallMs: number }> = {
  read: { attemptMs: 5_000, overallMs: 8_000 },
  write: { attemptMs: 8_000, overallMs: 10_000 },
  background: { attemptMs: 10_000, overallMs: 10_000 },
};

/**
 * Runs one vendor call. The signal aborts at the deadline; the call must pass it on.
 * @throws IntegrationError of kind "timeout" when the deadline passed, else what `call` threw.
 */
export type Policy = <T>(
  description: CallDescription,
  call: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/** A policy for one vendor. `deadlines` is for tests. */
export function createPolicy(provider: string, deadlines: typeof DEADLINES = DEADLINES): Policy {
  return async function run(description, call) {
    const { attemptMs, overallMs } = deadlines[description.class];
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => {
          reject(new IntegrationError("timeout", { provider, operation: description.operation }));
          controller.abort();
        },
        Math.min(attemptMs, overallMs),
      );
    });
    try {
      // A call that ignores its signal still ends here on time; what it does later is nobody's any more.
      return await Promise.race([call(controller.signal), expired]);
    } finally {
      clearTimeout(timer);
    }
  };
}
