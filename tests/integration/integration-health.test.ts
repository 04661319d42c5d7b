/** Guards what operators are shown: of the providers and modes that were asked for alone, and true to the rows. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { bucketOf, NEVER_SENT } from "@/lib/resilience/histogram";
import { createTestDatabase } from "@/tests/support/database";

const database = await createTestDatabase();
process.env.DATABASE_URL = database.url;
const { listCircuits, listStatuses, listTransitions, metricSeries, transitionsSince } = await import(
  "@/lib/db/integration-health"
);
const { db, pool } = await import("@/lib/db/client");

beforeEach(() =>
  pool().query(
    "TRUNCATE integration_metric, integration_status, integration_transition, integration_circuit",
  ),
);
afterAll(async () => {
  await db().$disconnect();
  await pool().end();
  await database.drop();
});

const ACME = { provider: "acme", mode: "test" as const };
const ZENITH = { provider: "zenith", mode: "live" as const };
const SCOPES = [ACME, ZENITH];
const MINUTE_MS = 60_000;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

describe("circuits", () => {
  test("are listed with what happens next, for the providers and modes that were asked for", async () => {
    const row = { provider: "acme", mode: "TEST" as const, since: ago(1_000) };
    const probeAt = ago(-29_000);
    const probeLeaseUntil = ago(-12_000);
    await db().integrationCircuit.createMany({
      data: [
        { ...row, effect: "READ", state: "OPEN", cause: "timeout", epoch: 1, probeAt },
        {
          ...row,
          effect: "WRITE",
          state: "HALF_OPEN",
          cause: "unavailable",
          probeOwner: randomUUID(),
          probeLeaseUntil,
        },
        { ...row, effect: "READ", mode: "LIVE" },
        { ...row, effect: "READ", provider: "other" },
        { ...row, effect: "READ", provider: "zenith", mode: "LIVE", throttledUntil: probeAt },
      ],
    });
    const nothing = { cause: null, probeAt: null, probeLeaseUntil: null, throttledUntil: null };
    expect(await listCircuits(SCOPES)).toEqual([
      { ...nothing, ...ACME, effect: "read", state: "open", since: row.since, cause: "timeout", probeAt },
      {
        ...{ ...nothing, ...ACME, effect: "write", state: "half_open", since: row.since },
        ...{ cause: "unavailable", probeLeaseUntil },
      },
      { ...nothing, ...ZENITH, effect: "read", state: "closed", since: row.since, throttledUntil: probeAt },
    ]);
    expect(await listCircuits([])).toEqual([]);
  });
});

describe("what was last seen", () => {
  test("is told with the last failure and the quota, or without", async () => {
    const [success, failure, seen, reset] = [ago(1_000), ago(2_000), ago(3_000), ago(-4_000)];
    const row = { mode: "TEST" as const, provider: "acme", lastSuccessAt: success };
    const failed = {
      ...{ lastFailureAt: failure, lastFailureKind: "timeout", lastFailureOperation: "thing.read" },
      ...{ lastFailureRequestId: "req_1", lastFailureStatus: 504 },
      ...{ quotaLimit: 100, quotaRemaining: 0, quotaResetsAt: reset, quotaSeenAt: seen },
    };
    await db().integrationStatus.createMany({
      data: [
        { ...row, effect: "READ", ...failed },
        { ...row, effect: "WRITE" },
        { ...row, effect: "READ", mode: "SANDBOX" },
      ],
    });
    expect(await listStatuses(SCOPES)).toEqual([
      {
        ...{ ...ACME, effect: "read", lastSuccessAt: success },
        lastFailure: {
          at: failure,
          kind: "timeout",
          operation: "thing.read",
          requestId: "req_1",
          status: 504,
        },
        quota: { limit: 100, remaining: 0, resetsAt: reset, seenAt: seen },
      },
      { ...ACME, effect: "write", lastSuccessAt: success, lastFailure: null, quota: null },
    ]);
  });
});

describe("transitions", () => {
  type State = "CLOSED" | "OPEN" | "HALF_OPEN";
  const note = (at: Date, from: State, to: State, changes: { provider?: string; mode?: "LIVE" } = {}) =>
    db().integrationTransition.create({
      data: { provider: "acme", mode: "TEST", effect: "WRITE", from, to, cause: "timeout", at, ...changes },
    });

  test("are listed newest first, across providers, and no more than asked for", async () => {
    await note(ago(5_000), "CLOSED", "OPEN");
    await note(ago(4_000), "OPEN", "HALF_OPEN");
    await note(ago(3_000), "CLOSED", "OPEN", { provider: "zenith", mode: "LIVE" });
    await note(ago(2_000), "HALF_OPEN", "CLOSED");
    await note(ago(1_000), "CLOSED", "OPEN", { mode: "LIVE" });
    const listed = await listTransitions(SCOPES, { limit: 3 });
    expect(listed.map(({ provider, from, to }) => `${provider} ${from} ${to}`)).toEqual([
      "acme half_open closed",
      "zenith closed open",
      "acme open half_open",
    ]);
    expect(listed[0]).toEqual({
      ...{ ...ACME, effect: "write", from: "half_open", to: "closed", cause: "timeout" },
      ...{ id: expect.any(String), at: expect.any(Date) },
    });
  });

  test("of bars are those between closed and not closed, since then and oldest first", async () => {
    await note(ago(50_000), "CLOSED", "OPEN");
    await note(ago(40_000), "OPEN", "HALF_OPEN");
    await note(ago(39_000), "HALF_OPEN", "OPEN");
    await note(ago(30_000), "OPEN", "HALF_OPEN");
    await note(ago(29_000), "HALF_OPEN", "CLOSED");
    await note(ago(20_000), "CLOSED", "CLOSED");
    await note(ago(10_000), "CLOSED", "OPEN");
    const listed = await transitionsSince(SCOPES, ago(45_000));
    expect(listed.map(({ from, to }) => `${from} ${to}`)).toEqual(["half_open closed", "closed open"]);
  });
});

describe("the series of calls", () => {
  interface Added {
    at: Date;
    count: number;
    outcome?: string;
    durationMs?: number;
    isRetry?: boolean;
    mode?: "TEST" | "LIVE";
    resolution?: "MINUTE" | "HOUR";
  }
  const add = ({
    at,
    count,
    outcome = "ok",
    durationMs,
    isRetry = false,
    mode = "TEST",
    resolution,
  }: Added) =>
    db().integrationMetric.create({
      data: {
        ...{ provider: "acme", effect: "READ", mode, resolution: resolution ?? "MINUTE" },
        ...{ at: new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS), outcome, isRetry, count },
        bucket: durationMs === undefined ? NEVER_SENT : bucketOf(durationMs),
      },
    });
  const acmeReads = async (hours: 1 | 24) => {
    const all = await metricSeries(SCOPES, { hours });
    const series = all.find(({ provider, effect }) => provider === "acme" && effect === "read");
    if (!series) throw new Error("no series of acme's reads");
    return series;
  };

  test("have no gaps, and stand there for each provider and effect though nothing was called", async () => {
    for (const [hours, steps, stepMs] of [
      [1, 60, MINUTE_MS],
      [24, 96, 15 * MINUTE_MS],
    ] as const) {
      const all = await metricSeries(SCOPES, { hours });
      expect(all.map(({ provider, effect }) => `${provider} ${effect}`)).toEqual([
        ...["acme read", "acme write", "zenith read", "zenith write"],
      ]);
      for (const { points, totals } of all) {
        expect(points).toHaveLength(steps);
        expect(
          new Set(points.slice(1).map(({ at }, index) => at.getTime() - (points[index]?.at.getTime() ?? 0))),
        ).toEqual(new Set([stepMs]));
        expect(totals).toEqual({
          ...{ calls: 0, retries: 0, failures: {}, p50Ms: null, p95Ms: null, p99Ms: null },
          heldBack: { circuit: 0, throttle: 0, concurrency: 0, budget: 0, deadline: 0 },
        });
      }
      const last = all[0]?.points.at(-1)?.at.getTime() ?? 0;
      expect(Date.now() - last).toBeLessThan(stepMs + MINUTE_MS);
    }
  });

  test("tell calls, retries, failures by kind, what was held back, and how long calls took", async () => {
    const at = ago(10 * MINUTE_MS);
    await add({ at, count: 90, durationMs: 100 });
    await add({ at, count: 6, durationMs: 1_000, isRetry: true });
    await add({ at, count: 4, durationMs: 5_000, outcome: "timeout" });
    await add({ at, count: 7, outcome: "held:circuit" });
    await add({ at, count: 2, outcome: "held:budget", isRetry: true });
    const { points, totals } = await acmeReads(1);
    const point = points.find(({ calls }) => calls > 0);
    expect(point).toEqual({ ...totals, at: new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS) });
    expect(totals).toMatchObject({
      ...{ calls: 100, retries: 6, failures: { timeout: 4 } },
      heldBack: { circuit: 7, throttle: 0, concurrency: 0, budget: 2, deadline: 0 },
    });
    const within = (told: number | null, truth: number) =>
      expect(Math.abs((told ?? 0) - truth) / truth).toBeLessThan(0.1);
    within(totals.p50Ms, 100);
    within(totals.p95Ms, 1_000);
    within(totals.p99Ms, 5_000);
  });

  test("add up to their totals, of minutes within the time and the mode that were asked for", async () => {
    await add({ at: ago(5 * MINUTE_MS), count: 1, durationMs: 10 });
    await add({ at: ago(50 * MINUTE_MS), count: 2, durationMs: 10 });
    await add({ at: ago(90 * MINUTE_MS), count: 4, durationMs: 10, outcome: "conflict" });
    await add({ at: ago(23 * 60 * MINUTE_MS), count: 8, durationMs: 10 });
    await add({ at: ago(25 * 60 * MINUTE_MS), count: 16, durationMs: 10 });
    await add({ at: ago(5 * MINUTE_MS), count: 32, durationMs: 10, mode: "LIVE" });
    await add({ at: ago(90 * MINUTE_MS), count: 64, durationMs: 10, resolution: "HOUR" });
    const [hour, day] = [await acmeReads(1), await acmeReads(24)];
    expect(hour.totals.calls).toBe(1 + 2);
    expect(hour.points.map(({ calls }) => calls).filter(Boolean)).toEqual([2, 1]);
    expect(day.totals.calls).toBe(1 + 2 + 4 + 8);
    expect(day.points.reduce((sum, { calls }) => sum + calls, 0)).toBe(1 + 2 + 4 + 8);
    expect(day.totals.failures).toEqual({ conflict: 4 });
  });
});
