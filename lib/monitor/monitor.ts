/**
 * What watches over the integrations without being asked: by timers in a long-lived process, by a cron elsewhere. Any
 * number of instances may run it.
 */
import { throttled } from "@/lib/alerts/alert-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { pruneIntegrationHistory, rollUpMetrics } from "@/lib/db/telemetry";
import { sustainedThrottling } from "@/lib/db/throttling";
import { errorFields, logger } from "@/lib/logger";
import { startDueProbes } from "./probe-circuits";

/** Alerts where a vendor keeps turning calls away for their number. */
export async function watchThrottling(): Promise<void> {
  for (const seen of await sustainedThrottling()) raiseAlert(throttled(seen));
}

/** Sums minutes up into hours and deletes what is old; for once an hour, a second caller finds nothing to do. */
export async function tendHistory(): Promise<void> {
  await rollUpMetrics();
  await pruneIntegrationHistory();
}

/** Everything once, and to its end. Never rejects: what failed is logged, and done the next time. */
export async function runMonitor(): Promise<void> {
  const parts = { probes: async () => Promise.all(await startDueProbes()), watchThrottling, tendHistory };
  await Promise.all(
    Object.entries(parts).map(([name, part]) =>
      part().catch((error: unknown) =>
        logger.error({ timer: name, ...errorFields(error) }, "monitor failed"),
      ),
    ),
  );
}
