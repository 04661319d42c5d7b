/** One line a vendor call: what was asked of whom, and how it went. */
import { logger } from "@/lib/logger";
import type { PolicyHooks } from "@/lib/resilience/hooks";

export const loggingHooks: Required<
  Pick<PolicyHooks, "onAttempt" | "onHeldBack" | "onTransition" | "onStore">
> = {
  onAttempt: ({ provider, mode, operation, effect, context, number, isProbe, quota, ...rest }) => {
    const { outcome, status, durationMs, requestId } = rest;
    const { origin, correlationId } = context;
    logger[outcome === "ok" ? "info" : "warn"](
      {
        provider,
        mode,
        operation,
        effect,
        origin,
        attempt: number,
        isProbe,
        outcome,
        status,
        durationMs,
        requestId,
        quotaRemaining: quota?.remaining,
        correlationId,
      },
      "vendor call",
    );
  },
  onHeldBack: ({ provider, mode, operation, effect, context, by, error }) => {
    const { origin, correlationId } = context;
    const { retryAfterMs } = error;
    logger.warn(
      { provider, mode, operation, effect, origin, heldBackBy: by, retryAfterMs, correlationId },
      "vendor call held back",
    );
  },
  onTransition: ({ key: { provider, mode, effect }, from, to, cause }) => {
    logger.warn({ provider, mode, effect, from, to, cause }, "circuit changed");
  },
  onStore: (reachable) => {
    if (reachable) logger.info({}, "shared circuits can be read again");
    else logger.warn({}, "shared circuits cannot be read: this process decides alone");
  },
};
