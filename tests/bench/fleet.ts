/** Fifty processes that share their breakers through one Postgres: how long until all of them know. */
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import { emptyCircuits, firstRefusals, startFleet, thresholdAt } from "@/tests/support/fleet";
import { eventually } from "@/tests/support/poll";
import { percentile } from "./load";

const SIZE = 50;
const CALLS_PER_SECOND = 2;
/** An outage that a bench can wait for; everything else as the app has it. */
const RULES = { ...CIRCUIT_RULES, openMs: 3_000 };
const INTERVALS = 4;
const STEADY_MS = 3_000;

/** Until so many processes on a few cores have loaded what a call needs and each has its connection. */
async function untilSteady(hits: readonly { at: number }[]): Promise<void> {
  const offered = SIZE * CALLS_PER_SECOND * (STEADY_MS / 1_000);
  await eventually("a steady load", async () => {
    const since = Date.now() - STEADY_MS;
    return hits.filter(({ at }) => at > since).length >= 0.98 * offered;
  });
}

const forSome = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function benchFleet(databaseUrl: string): Promise<string[]> {
  const fleet = await startFleet({
    size: SIZE,
    databaseUrl,
    rules: RULES,
    callsPerSecond: CALLS_PER_SECOND,
    attemptMs: 2_000,
  });
  try {
    fleet.start();
    await untilSteady(fleet.vendor.hits);
    // What was slow to begin is no part of what is measured.
    await emptyCircuits(databaseUrl);
    const steadyAt = Date.now();
    await forSome(3_000);
    const since = Date.now();
    fleet.vendor.become("failing");
    const refusals = await eventually("every instance to refuse", async () => {
      const seen = firstRefusals(fleet.instances, since).filter((at) => at !== null);
      return seen.length === SIZE && seen;
    });
    const reachedAt = thresholdAt(
      fleet.vendor.hits.filter(({ at }) => at > steadyAt),
      RULES,
    );
    if (reachedAt === null) throw new Error("the breakers opened below their threshold");
    const openAt = Math.max(...refusals);
    const after = refusals.map((at) => at - reachedAt).sort((a, b) => a - b);
    await forSome(INTERVALS * RULES.openMs);
    const probes = fleet.vendor.hits.filter(({ at }) => at > openAt).length;
    const lastAfterMs = openAt - reachedAt;
    const lines = [
      `${SIZE} processes, ${CALLS_PER_SECOND} calls/s each`,
      `threshold of the fleet reached → process refuses: median ${percentile(after, 0.5)} ms, last ${lastAfterMs} ms (at most 2,000)`,
      `probes in ${INTERVALS} open intervals: ${probes} (at most ${INTERVALS})`,
    ];
    if (lastAfterMs > 2_000 || probes > INTERVALS) throw new Error(lines.join("\n"));
    return lines;
  } finally {
    await fleet.stop();
  }
}
