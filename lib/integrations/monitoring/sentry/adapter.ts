import { fingerprint } from "@/lib/integrations/provider-configuration";
import { errorFields, logger } from "@/lib/logger";
import type { Monitoring } from "../port";
import type { StartedSentry } from "./server";

const DELIVERY_MS = 2_000;

interface VercelRequest {
  waitUntil?(work: Promise<unknown>): void;
}

/** Vercel may freeze a function once it has answered, unless it is told what to wait for. Elsewhere does nothing. */
function outliveTheAnswer(work: () => Promise<unknown>): void {
  const holder = globalThis as { [key: symbol]: { get?(): VercelRequest | undefined } | undefined };
  holder[Symbol.for("@vercel/request-context")]?.get?.()?.waitUntil?.(work());
}

export function createSentryMonitoring({ dsn }: { dsn: string }): Monitoring {
  const giveUp = (error: unknown) => {
    logger.error(errorFields(error), "error monitoring failed");
    return null;
  };
  // Begun at once, so that what nobody catches is seen from the first request on.
  const starting = import("./server").then(({ startSentry }) => startSentry(dsn)).catch(giveUp);

  function report(send: (sentry: StartedSentry) => void): void {
    const sent = starting.then((sentry) => sentry && send(sentry)).catch(giveUp);
    outliveTheAnswer(() => sent.then(() => flush(DELIVERY_MS)));
  }

  async function flush(milliseconds: number): Promise<void> {
    const over = new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
    const flushed = starting.then((sentry) => sentry?.flush(milliseconds)).catch(giveUp);
    await Promise.race([flushed, over]);
  }

  return {
    configuration: { provider: "sentry", mode: "live", keyFingerprint: fingerprint(dsn), apiVersion: null },
    captureError: (error, ids = {}) => report((sentry) => sentry.captureError(error, ids)),
    captureAlert: (alert) => report((sentry) => sentry.captureAlert(alert)),
    flush,
  };
}
