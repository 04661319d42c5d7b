import { alertsSettled } from "@/lib/alerts/raise-alert";
import { flushTelemetry } from "@/lib/flush-telemetry";
import type { PumpReport } from "@/lib/pump/pump";
import { pump } from "@/lib/webhooks/process";

/**
 * Does what is due, and writes down what was seen of vendors before and meanwhile. For `after()` and for a cron: on a
 * serverless host a process may stop as soon as these have ended, and nobody else would do it.
 * @param budgetMs as for the pump
 */
export async function doDueWork(budgetMs?: number): Promise<PumpReport> {
  await Promise.all([flushTelemetry(), alertsSettled()]);
  try {
    return await pump.run(budgetMs);
  } finally {
    await flushTelemetry();
    // An alert that the work itself has raised waits in the outbox by now; one more look is enough for it.
    if (await alertsSettled()) await pump.run(0);
  }
}
