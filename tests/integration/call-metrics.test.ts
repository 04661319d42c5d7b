/** Guards the operators' figures of calls: of the providers and modes that were asked for alone, and true to the rows. */
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { MetricSpan } from "@/lib/db/call-metrics";
import { bucketOf, NEVER_SENT } from "@/lib/resilience/histogram";
import { createTestDatabase } from "@/tests/support/database";

const database = await createTestDatabase();
process.env.DATABASE_URL = database.url;
const { metricSeries, recentMetricSeries } = await import("@/lib/db/call-metrics");
const { db, pool } = await import("@/lib/db/client");

beforeEach(() => pool().query("TRUNCATE integration_metric"));
afterAll(async () => {
  await db().$disconnect();
  await pool().end();
  await database.drop();
});

const ACME = { provider: "acme", mode: "test" as const };
const ZENITH = { provider: "zenith", mode: "live" as const };
const SCOPES = [ACME, ZENITH];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

interface Added {
  at: Date;
  count: number;
  outcome?: string;
  durationMs?: number;
  isRetry?: boolean;
  mode?: "TEST" | "LIVE";
  resolution?: "MINUTE" | "HOUR";
}
const add = ({ at, count, outcome = "ok", durationMs, isRetry = false, mode = "TEST", resolution }: Added) =>
  db().integrationMetric.create({
    data: {
      ...{ provider: "acme", effect: "READ", mode, resolution: resolution ?? "MINUTE" },
      ...{ at: new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS), outcome, isRetry, count },
      bucket: durationMs === undefined ? NEVER_SENT : bucketOf(durationMs),
    },
  });

describe("the series of calls", () => {
  const acmeReads = async (span: MetricSpan) => {
    const all = await metricSeries(SCOPES, span);
    const series = all.find(({ provider, effect }) => provider === "acme" && effect === "read");
    if (!series) throw new Error("no series of acme's reads");
    return series;
  };

  test("have no gaps, and stand there for each provider and effect though nothing was called", async () => {
    for (const [span, steps, stepMs] of [
      ["hour", 60, MINUTE_MS],
      ["day", 96, 15 * MINUTE_MS],
      ["quarter", 90, DAY_MS],
    ] as const) {
      const all = await metricSeries(SCOPES, span);
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
    const { points, totals } = await acmeReads("hour");
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
    const [hour, day] = [await acmeReads("hour"), await acmeReads("day")];
    expect(hour.totals.calls).toBe(1 + 2);
    expect(hour.points.map(({ calls }) => calls).filter(Boolean)).toEqual([2, 1]);
    expect(day.totals.calls).toBe(1 + 2 + 4 + 8);
    expect(day.points.reduce((sum, { calls }) => sum + calls, 0)).toBe(1 + 2 + 4 + 8);
    expect(day.totals.failures).toEqual({ conflict: 4 });
  });

  test("of 90 days are by day, from hours and from the minutes that are in no hour yet", async () => {
    // Of yesterday, so that no test that runs at midnight sees them on two days.
    const hour = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - 4 * HOUR_MS);
    const offset = (milliseconds: number) => new Date(hour.getTime() + milliseconds);
    await add({ at: hour, count: 1, durationMs: 10, resolution: "HOUR" });
    await add({ at: offset(-HOUR_MS), count: 2, durationMs: 3_000, outcome: "timeout", resolution: "HOUR" });
    // Summed up already.
    await add({ at: offset(5 * MINUTE_MS), count: 4, durationMs: 10 });
    await add({ at: offset(HOUR_MS), count: 8, durationMs: 10 });
    await add({ at: offset(-50 * DAY_MS), count: 16, durationMs: 10, resolution: "HOUR" });
    await add({ at: offset(-95 * DAY_MS), count: 32, durationMs: 10, resolution: "HOUR" });
    await add({ at: offset(-DAY_MS), count: 64, durationMs: 10, resolution: "HOUR", mode: "LIVE" });
    const { points, totals } = await acmeReads("quarter");
    const days = points.map(({ at, calls }) => [at.toISOString(), calls] as const);
    const dayOf = (at: Date) => `${at.toISOString().slice(0, 10)}T00:00:00.000Z`;
    expect(days.filter(([, calls]) => calls > 0)).toEqual([
      [dayOf(offset(-50 * DAY_MS)), 16],
      [dayOf(hour), 1 + 2 + 8],
    ]);
    expect(totals).toMatchObject({ calls: 27, failures: { timeout: 2 } });
    const yesterday = points.at(-2);
    expect(yesterday?.p50Ms).toBeLessThan(20);
    expect(yesterday?.p99Ms).toBeGreaterThan(2_500);
  });

  test("of 90 days are the minutes alone before the first hour is summed up", async () => {
    await add({ at: ago(5 * MINUTE_MS), count: 3, durationMs: 10 });
    expect((await acmeReads("quarter")).totals.calls).toBe(3);
  });
});

describe("a page that asks each second", () => {
  test("reads the last hour each time, and longer spans once in a while", async () => {
    const seen = async (span: MetricSpan) =>
      (await recentMetricSeries([ACME], span)).reduce((sum, { totals }) => sum + totals.calls, 0);
    const spans = ["hour", "day", "quarter"] as const;
    expect(await Promise.all(spans.map(seen))).toEqual([0, 0, 0]);
    await add({ at: ago(5 * MINUTE_MS), count: 1, durationMs: 10 });
    expect(await Promise.all(spans.map(seen))).toEqual([1, 0, 0]);
    const later = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 30_001);
    try {
      expect(await Promise.all(spans.map(seen))).toEqual([1, 1, 1]);
    } finally {
      later.mockRestore();
    }
  });

  test("is not told for long that reading failed", async () => {
    const scopes = [{ provider: "failing", mode: "test" as const }];
    await pool().query("ALTER TABLE integration_metric RENAME TO integration_metric_away");
    try {
      await expect(recentMetricSeries(scopes, "day")).rejects.toThrow();
    } finally {
      await pool().query("ALTER TABLE integration_metric_away RENAME TO integration_metric");
    }
    expect(await recentMetricSeries(scopes, "day")).toHaveLength(2);
  });
});
