import { after } from "next/server";
import { alertsSettled } from "@/lib/alerts/raise-alert";
import { claimSchedule } from "@/lib/db/schedule";
import { env } from "@/lib/env";
import { flushTelemetry } from "@/lib/flush-telemetry";
import { errorFields, logger } from "@/lib/logger";
import { runMonitor } from "@/lib/monitor/monitor";
import type { PumpReport } from "@/lib/pump/pump";
import { reconcileDue } from "@/lib/reconcile/reconcile-due";
import { takeTurn } from "@/lib/turn";
import { pump } from "@/lib/webhooks/process";

/** Milliseconds. */
const WATCH_THROTTLING_EVERY_MS = 60_000;
const RECONCILE_EVERY_MS = 30_000;
/** What a request that leaves work behind gives to it at most. */
const RECONCILE_MS = 15_000;
const IN_PASSING_EVERY_MS = 5_000;
const ASK_IN_PASSING_EVERY_MS = 1_000;
/** Whoever stays last has time for a run of their own when the one that they met has used up its own. */
const STAY_EVERY_MS = 5_000;
/** A serverless function has a minute: this, what comes before, and what is written down after it. */
const BUDGET_MS = 45_000;

/**
 * Whether a request that changes nothing should leave `doWorkInPassing` behind all the same: where no timer does the
 * work. Costs nothing; whether the time has come, that says itself.
 */
export function isWorkWantedInPassing(): boolean {
  return env.VERCEL !== undefined && takeTurn("work-in-passing", ASK_IN_PASSING_EVERY_MS);
}

/**
 * Does what is due, once in five seconds for all instances together. Without it, a retry or the end of an outage would
 * wait until somebody acts, or for the cron's next run.
 */
export async function doWorkInPassing(): Promise<void> {
  if (await claimSchedule("work-in-passing", IN_PASSING_EVERY_MS)) await doDueWork();
}

/** What timers do each second elsewhere. */
async function watch(): Promise<void> {
  const isThrottlingDue = takeTurn("throttling", WATCH_THROTTLING_EVERY_MS);
  await runMonitor(isThrottlingDue ? ["probes", "throttling", "work", "retention"] : ["probes"]);
}

/** The same; says whether it has left anything in the inbox. */
async function reconcile(budgetMs: number): Promise<boolean> {
  if (env.VERCEL === undefined || !takeTurn("reconcile", RECONCILE_EVERY_MS)) return false;
  try {
    const passes = await reconcileDue({ budgetMs: Math.min(budgetMs, RECONCILE_MS) });
    return passes.some(({ requested }) => requested > 0);
  } catch (error) {
    logger.error({ timer: "reconciliation", ...errorFields(error) }, "timer failed");
    return false;
  }
}

/**
 * Does what is due, and writes down what was seen of vendors before and meanwhile. For `after()` and for a cron: on a
 * serverless host a process may stop as soon as these have ended, and nobody else would do it.
 * @param budgetMs by when all work at vendors has ended (milliseconds); only statements of our own come after
 */
export async function doDueWork(budgetMs = BUDGET_MS): Promise<PumpReport> {
  const deadline = Date.now() + budgetMs;
  const watched = env.VERCEL === undefined ? null : watch();
  const reconciled = reconcile(budgetMs);
  await Promise.all([flushTelemetry(), alertsSettled()]);
  try {
    const report = await pump.run(deadline - Date.now());
    // Another one's, with less time than this one has.
    if (pump.isAnythingLeft()) await pump.run(deadline - Date.now());
    return report;
  } finally {
    await watched;
    await flushTelemetry();
    // What was found at a vendor waits in the inbox by now, and an alert that the work has raised in the outbox: they
    // are done at once if there is the time.
    const [isAnythingFound, isAnythingTold] = [await reconciled, await alertsSettled()];
    if (isAnythingFound || isAnythingTold) await pump.run(deadline - Date.now());
  }
}

/**
 * For a request that leaves something to be done: done once it is answered. While a run is under way that will find it,
 * hardly any request needs to stay for it; but some do, because that run's time may be up before it comes to it.
 */
export function leaveWork(): void {
  const isSeenTo = pump.stir();
  if (!isSeenTo || takeTurn("stay-for-work", STAY_EVERY_MS)) after(() => doDueWork());
}
