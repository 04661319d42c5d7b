import { alertsSettled } from "@/lib/alerts/raise-alert";
import { env } from "@/lib/env";
import { flushTelemetry } from "@/lib/flush-telemetry";
import { runMonitor } from "@/lib/monitor/monitor";
import type { PumpReport } from "@/lib/pump/pump";
import { takeTurn } from "@/lib/turn";
import { pump } from "@/lib/webhooks/process";

/** Milliseconds. */
const WATCH_THROTTLING_EVERY_MS = 60_000;
const IN_PASSING_EVERY_MS = 5_000;

/**
 * Whether a request that changes nothing should leave work behind all the same: where no timer does it, and one in
 * five seconds. Without it, an outage that is over would last until somebody acts, or until the cron's next run.
 */
export function isWorkWantedInPassing(): boolean {
  return env.VERCEL !== undefined && takeTurn("work-in-passing", IN_PASSING_EVERY_MS);
}

/** What timers do each second elsewhere. */
async function watch(): Promise<void> {
  const isThrottlingDue = takeTurn("throttling", WATCH_THROTTLING_EVERY_MS);
  await runMonitor(isThrottlingDue ? ["probes", "throttling"] : ["probes"]);
}

/**
 * Does what is due, and writes down what was seen of vendors before and meanwhile. For `after()` and for a cron: on a
 * serverless host a process may stop as soon as these have ended, and nobody else would do it.
 * @param budgetMs as for the pump
 */
export async function doDueWork(budgetMs?: number): Promise<PumpReport> {
  const watched = env.VERCEL === undefined ? null : watch();
  await Promise.all([flushTelemetry(), alertsSettled()]);
  try {
    return await pump.run(budgetMs);
  } finally {
    await watched;
    await flushTelemetry();
    // An alert that the work itself has raised waits in the outbox by now; one more look is enough for it.
    if (await alertsSettled()) await pump.run(0);
  }
}
