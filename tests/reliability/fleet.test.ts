/** What several instances owe each other: they share what each has seen of a vendor, and ask no more of it than one would. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { CircuitRules } from "@/lib/resilience/circuit-state";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";
import { emptyCircuits, type Fleet, firstRefusals, startFleet, thresholdAt } from "@/tests/support/fleet";
import { eventually } from "@/tests/support/poll";

const SIZE = 6;
/** The house's rules, with open times that a test can wait for. */
const RULES: CircuitRules = {
  windowMs: 30_000,
  minimumFailures: 5,
  failureShare: 0.5,
  openMs: 1_500,
  probeLeaseMs: 1_200,
};
/** What "within two seconds" and "no later than" are given on a machine that is busy. */
const SLACK_MS = 500;

let database: TestDatabase;
let fleet: Fleet;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  fleet = await startFleet({
    size: SIZE,
    databaseUrl: database.url,
    rules: RULES,
    callsPerSecond: 20,
    attemptMs: 600,
  });
});
afterEach(async () => {
  await fleet?.stop();
  await emptyCircuits(database.url);
});

/** Waits for a real moment: what is counted here is what happens within it. */
const forSome = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until every instance has refused a call. Gives the moment at which the last of them did. */
async function allOpen(since: number): Promise<number> {
  const at = await eventually("every instance to refuse", async () => {
    const refusals = firstRefusals(fleet.instances, since);
    return refusals.every((refusal) => refusal !== null) ? Math.max(...refusals) : undefined;
  });
  return at;
}

async function openTheFleet(): Promise<number> {
  const since = Date.now();
  fleet.vendor.become("failing");
  return allOpen(since);
}

test("all open within two seconds of the fleet as a whole reaching the threshold", async () => {
  fleet.start();
  // Successes first, so that the share counts too: no instance alone sees enough failures before the others do.
  await forSome(1_000);
  const openAt = await openTheFleet();
  const reachedAt = thresholdAt(fleet.vendor.hits, RULES) ?? Number.NaN;
  expect(openAt - reachedAt).toBeLessThan(2_000);
});

test("while it is open exactly one probe an interval reaches the vendor; then all of them go on", async () => {
  fleet.start();
  const openAt = await openTheFleet();
  await forSome(RULES.openMs * 3 + 500);
  const probes = fleet.vendor.hits.filter(({ at }) => at > openAt).map(({ at }) => at);
  // Three intervals have passed, each from the failure of the probe before it.
  expect(probes.length).toBeGreaterThanOrEqual(2);
  expect(probes.length).toBeLessThanOrEqual(3);
  for (const [index, at] of probes.slice(1).entries()) {
    expect(at - (probes[index] ?? 0)).toBeGreaterThanOrEqual(RULES.openMs - 50);
  }

  fleet.vendor.become("healthy");
  const healedAt = Date.now();
  await eventually("every instance to succeed again", async () =>
    fleet.instances.every(({ reports }) =>
      reports.some(({ at, outcome }) => at > healedAt && outcome === "ok"),
    ),
  );
});

test("a prober that is killed delays the next probe by no more than its lease", async () => {
  fleet.start();
  const openAt = await openTheFleet();
  fleet.vendor.become("hanging");
  const probe = await eventually("a probe", async () => fleet.vendor.hits.find(({ at }) => at > openAt));
  fleet.instances.find(({ pid }) => pid === probe.pid)?.kill();
  const next = await eventually("the next probe", async () =>
    fleet.vendor.hits.find(({ at, pid }) => at > probe.at && pid !== probe.pid),
  );
  expect(next.at - probe.at).toBeLessThan(RULES.probeLeaseMs + SLACK_MS);
  // And not before it either: the others cannot know that it is dead.
  expect(next.at - probe.at).toBeGreaterThanOrEqual(RULES.probeLeaseMs - 50);
});

test("a database that answers nothing any more costs 50 ms once, not once a call, and stops nobody", async () => {
  fleet.start();
  await forSome(1_000);
  fleet.door.shut();
  const shutAt = Date.now();
  await forSome(4_000);
  for (const { reports } of fleet.instances) {
    const since = reports.filter(({ at }) => at > shutAt);
    // 20 calls a second went on for four seconds.
    expect(since.length).toBeGreaterThan(40);
    expect(since.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    // Those that were under way when it stopped to answer.
    const late = since.filter(({ durationMs }) => durationMs > 45);
    expect(late.length).toBeLessThanOrEqual(3);
  }

  // Alone, each still protects itself and the vendor.
  fleet.vendor.become("failing");
  const openAt = await allOpen(Date.now());
  fleet.vendor.become("healthy");
  fleet.door.open();
  await eventually("every instance to succeed again", async () =>
    fleet.instances.every(({ reports }) =>
      reports.some(({ at, outcome }) => at > openAt && outcome === "ok"),
    ),
  );
});
