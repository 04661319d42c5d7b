/** What a server process does before it serves: refuse a bad environment, then keep the pump going. */
import { builtForSandbox, rawVariables } from "@/lib/env-raw";
import { describeProblems, envProblems } from "@/lib/env-rules";
import { errorFields, logger } from "@/lib/logger";
import { processSingleton } from "@/lib/process-singleton";

/** How often a long-lived process looks for due work, and for events at a vendor that cannot reach it. */
const PUMP_EVERY_MS = 1_000;
const POLL_EVERY_MS = 3_000;

/** Repeats `work`, one run at a time, for the life of the process; a failure is logged and tried again. */
function every(milliseconds: number, name: string, work: () => Promise<unknown>): void {
  const timer = setTimeout(async () => {
    try {
      await work();
    } catch (error) {
      logger.error({ timer: name, ...errorFields(error) }, "timer failed");
    }
    every(milliseconds, name, work);
  }, milliseconds);
  timer.unref();
}

/** Timers of a long-lived process. A serverless one has none: ingress, actions and cron start the pump there. */
async function startTimers(): Promise<void> {
  const { env } = await import("@/lib/env");
  if (env.VERCEL) return;
  const { pump } = await import("@/lib/webhooks/process");
  processSingleton("timers", () => {
    every(PUMP_EVERY_MS, "pump", () => pump.run());
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

/** Refuses a bad environment by ending the process: thrown, it would leave a server that answers 500 to everybody. */
export async function boot(): Promise<void> {
  try {
    const problems = envProblems(rawVariables(), builtForSandbox);
    if (problems.length > 0) throw new Error(describeProblems(problems));
    await startTimers();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
