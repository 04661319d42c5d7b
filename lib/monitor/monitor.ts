/**
 * What watches over the integrations without being asked: by timers in a long-lived process, with ordinary traffic and
 * by a cron elsewhere. Any number of instances may run it.
 */
import { throttled } from "@/lib/alerts/alert-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { pruneIntegrationHistory, rollUpMetrics } from "@/lib/db/telemetry";
import { sustainedThrottling } from "@/lib/db/throttling";
import { errorFields, logger } from "@/lib/logger";
import { pruneInTurn } from "@/lib/retention/prune";
import { startDueProbes } from "./probe-circuits";
import { watchWorkInTurn } from "./watch-work";

/** Alerts where a vendor keeps turning calls away for their number. */
export async function watchThrottling(): Promise<void> {
  for (const seen of await sustainedThrottling()) raiseAlert(throttled(seen));
}

/** Sums minutes up into hours and deletes what is old; for once an hour, a second caller finds nothing to do. */
export async function tendHistory(): Promise<void> {
  await rollUpMetrics();
  await pruneIntegrationHistory();
}

const PARTS = {
  probes: async () => Promise.all(await startDueProbes()),
  throttling: watchThrottling,
  history: tendHistory,
  work: watchWorkInTurn,
  retention: () => pruneInTurn(),
};
type Part = keyof typeof PARTS;
const ALL_PARTS: readonly Part[] = ["probes", "throttling", "history", "work", "retention"];

/** These once, and to their end. Never rejects: what failed is logged, and done the next time. */
export async function runMonitor(parts = ALL_PARTS): Promise<void> {
  await Promise.all(
    parts.map((name) =>
      PARTS[name]().catch((error: unknown) =>
        logger.error({ timer: name, ...errorFields(error) }, "monitor failed"),
      ),
    ),
  );
}
