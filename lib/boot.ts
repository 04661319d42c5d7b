/** What a server process does before it serves: refuse a bad environment, look at its circuits, keep the pump going. */
import { builtForSandbox, rawVariables } from "@/lib/env-raw";
import { describeProblems, envProblems } from "@/lib/env-rules";
import { errorFields, logger } from "@/lib/logger";
import { processSingleton } from "@/lib/process-singleton";

/** How often a long-lived process does what (milliseconds). */
const PUMP_EVERY_MS = 1_000;
const PROBE_EVERY_MS = 1_000;
const FLUSH_EVERY_MS = 1_000;
/** For events at a vendor that cannot reach it. */
const POLL_EVERY_MS = 3_000;
const WATCH_EVERY_MS = 60_000;
const TEND_EVERY_MS = 60 * 60_000;
/** How often it is asked whether anything is due there, or was left by whoever was at it. */
const RECONCILE_EVERY_MS = 30_000;
/** What pruning may take at a time. */
const PRUNE_MS = 60_000;
/** What the end of the process waits for work that is under way. */
const WORK_AT_END_MS = 2_500;
/** And then for an error that is on its way to be told. */
const FLUSH_AT_END_MS = 2_000;

/** Repeats `work`, one run at a time, for the life of the process; a failure is logged and tried again. */
function every(
  milliseconds: number,
  name: string,
  work: () => Promise<unknown>,
  firstAfterMs = milliseconds,
): void {
  const timer = setTimeout(async () => {
    // Read late, like all that reads the environment: the rules for it come first.
    const { monitoring } = await import("@/lib/integrations/monitoring");
    try {
      await work();
    } catch (error) {
      logger.error({ timer: name, ...errorFields(error) }, "timer failed");
      monitoring().captureError(error, { operation: name });
    }
    every(milliseconds, name, work);
  }, firstAfterMs);
  timer.unref();
}

/** Next ends the process as soon as its requests have ended, which may be at once: not before `work` has, from here on. */
function exitAfter(work: Promise<unknown>): void {
  const exit = process.exit.bind(process);
  const later: (code?: Parameters<typeof exit>[0]) => void = (code) => void work.finally(() => exit(code));
  process.exit = later as typeof process.exit;
}

/** Begins `work` when the process is told to end, which it does after it. */
function onceAtTheEnd(work: () => Promise<unknown>): void {
  process.once("SIGTERM", async () => {
    const ended = work().catch((error: unknown) =>
      logger.error(errorFields(error), "could not end in good order"),
    );
    exitAfter(ended);
    await ended;
    // Node ends a process at this signal unless somebody listens, and nobody does any more.
    if (process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM");
  });
}

/** Timers of a long-lived process. A serverless one has none: ingress, actions and cron do the same there. */
async function startTimers(): Promise<void> {
  const { env } = await import("@/lib/env");
  if (env.VERCEL) return;
  const { pump } = await import("@/lib/webhooks/process");
  const { alertsSettled } = await import("@/lib/alerts/raise-alert");
  const { flushTelemetry } = await import("@/lib/flush-telemetry");
  const { startDueProbes } = await import("@/lib/monitor/probe-circuits");
  const { monitoring } = await import("@/lib/integrations/monitoring");
  const { tendHistory, watchThrottling } = await import("@/lib/monitor/monitor");
  const { watchWorkInTurn } = await import("@/lib/monitor/watch-work");
  const { reconcileDue } = await import("@/lib/reconcile/reconcile-due");
  const { pruneInTurn } = await import("@/lib/retention/prune");
  processSingleton("timers", () => {
    every(PUMP_EVERY_MS, "pump", () => pump.run());
    // Started, not waited for: one vendor that hangs does not keep another from its probe.
    every(PROBE_EVERY_MS, "probes", startDueProbes);
    every(FLUSH_EVERY_MS, "telemetry", flushTelemetry);
    every(WATCH_EVERY_MS, "throttling", watchThrottling);
    // Soon for the first time: a process may not live for an hour.
    every(TEND_EVERY_MS, "history", tendHistory, WATCH_EVERY_MS);
    every(WATCH_EVERY_MS, "work", watchWorkInTurn);
    every(RECONCILE_EVERY_MS, "reconciliation", () => reconcileDue());
    every(TEND_EVERY_MS, "retention", () => pruneInTurn(PRUNE_MS), WATCH_EVERY_MS);
    onceAtTheEnd(async () => {
      await pump.stop(WORK_AT_END_MS);
      await Promise.all([flushTelemetry(), alertsSettled()]);
      await monitoring().flush(FLUSH_AT_END_MS);
    });
    return true;
  });
  if (env.STRIPE_POLL_EVENTS === "1") {
    const { pollPaymentsEvents } = await import("@/lib/webhooks/poll-events");
    processSingleton("event-poll", () => {
      every(POLL_EVERY_MS, "event-poll", pollPaymentsEvents);
      return true;
    });
  }
}

/**
 * Reads the shared circuits before anybody waits for them: the first connection to a database takes longer than a call
 * would wait. A second at most, and a process whose database is away serves all the same.
 */
async function readCircuits(): Promise<void> {
  const { circuitBreakers } = await import("@/lib/compose");
  await circuitBreakers().flush();
}

/** Refuses a bad environment by ending the process: thrown, it would leave a server that answers 500 to everybody. */
export async function boot(): Promise<void> {
  try {
    const problems = envProblems(rawVariables(), builtForSandbox);
    if (problems.length > 0) throw new Error(describeProblems(problems));
    await readCircuits();
    await startTimers();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
