/** How calls went over time, for the operators' charts: from local tables alone, and of the providers asked for. */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import { processSingleton } from "@/lib/process-singleton";
import type { Effect } from "@/lib/resilience/call";
import { circuitName } from "@/lib/resilience/circuit-state";
import { NEVER_SENT, percentile } from "@/lib/resilience/histogram";
import type { HeldBackRecord } from "@/lib/resilience/hooks";
import type { MetricOutcome } from "@/lib/resilience/telemetry";
import { Prisma } from "@/prisma/generated/client";
import { db } from "./client";
import { type Circuited, type Key, keyOf, type ProviderInMode, scopeRows } from "./integration-health";

/** Sums of a span of time. */
export interface MetricTotals {
  /** Attempts that reached for the vendor, retries among them. */
  calls: number;
  /** Of these, those that were not the first attempt. */
  retries: number;
  /** Of these, those that failed, by kind; only the kinds that occurred. */
  failures: Partial<Record<IntegrationErrorKind, number>>;
  /** What was held back here and never reached the vendor; "budget": retries refused by the retry budget. */
  heldBack: Record<HeldBackRecord["by"], number>;
  /** Milliseconds, within 10 %; null without calls. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

/** The same of one step of time. */
export interface MetricPoint extends MetricTotals {
  /** The beginning of the step. */
  at: Date;
}

export interface MetricSeries extends Circuited {
  /** Oldest first, without gaps; the last one is under way. */
  points: MetricPoint[];
  totals: MetricTotals;
}

interface Count {
  outcome: MetricOutcome;
  isRetry: boolean;
  bucket: number;
  count: number;
}

function totalsOf(counts: readonly Count[]): MetricTotals {
  let calls = 0;
  let retries = 0;
  const failures: MetricTotals["failures"] = {};
  const heldBack = { circuit: 0, throttle: 0, concurrency: 0, budget: 0, deadline: 0 };
  for (const { outcome, isRetry, bucket, count } of counts) {
    if (bucket === NEVER_SENT) {
      heldBack[outcome.replace("held:", "") as HeldBackRecord["by"]] += count;
      continue;
    }
    calls += count;
    if (isRetry) retries += count;
    if (outcome === "ok") continue;
    const kind = outcome as IntegrationErrorKind;
    failures[kind] = (failures[kind] ?? 0) + count;
  }
  const durations = counts.map(({ bucket, count }) => [bucket, count] as const);
  const notExceededBy = (share: number) => percentile(durations, share);
  return {
    calls,
    retries,
    failures,
    heldBack,
    p50Ms: notExceededBy(0.5),
    p95Ms: notExceededBy(0.95),
    p99Ms: notExceededBy(0.99),
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How far back, and in how many steps of time; days are those of UTC. */
const SPANS = {
  hour: { stepMs: MINUTE_MS, steps: 60, from: "minutes" },
  day: { stepMs: 15 * MINUTE_MS, steps: 96, from: "minutes" },
  quarter: { stepMs: DAY_MS, steps: 90, from: "hours" },
} as const;

export type MetricSpan = keyof typeof SPANS;

const EFFECTS: readonly Effect[] = ["read", "write"];

/** The rows to add up: minutes as they were counted; or hours, and the minutes that are in no hour yet. */
const ROWS = {
  minutes: (first: Prisma.Sql) => Prisma.sql`(VALUES ('MINUTE'::metric_resolution, ${first}))`,
  hours: (first: Prisma.Sql) => Prisma.sql`(
    VALUES ('HOUR'::metric_resolution, ${first}),
           ('MINUTE'::metric_resolution,
            COALESCE((SELECT max(at) + interval '1 hour' FROM integration_metric WHERE resolution = 'HOUR'), ${first})))`,
};

/**
 * One series for each scope and effect, also where nothing was called: by the minute for the last hour, by the quarter
 * of an hour for the last day, by the day for the last 90 days.
 */
export async function metricSeries(
  scopes: readonly ProviderInMode[],
  span: MetricSpan,
): Promise<MetricSeries[]> {
  const { stepMs, steps: length, from } = SPANS[span];
  const firstAt = (Math.floor(Date.now() / stepMs) - length + 1) * stepMs;
  const first = Prisma.sql`${new Date(firstAt)}::timestamptz`;
  const rows = await db().$queryRaw<(Key & Count & { beginning: Date })[]>`
    SELECT scope.provider, scope.mode, counted.*
      FROM ${scopeRows(scopes)}, LATERAL (
        SELECT effect, outcome, is_retry AS "isRetry", bucket, sum(count)::int AS count,
               date_bin(${stepMs} * interval '1 millisecond', at, ${first}) AS beginning
          FROM ${ROWS[from](first)} AS kept (resolution, since), integration_metric AS metric
         WHERE provider = scope.provider AND mode = scope.mode AND effect IN ('READ', 'WRITE')
           AND metric.resolution = kept.resolution AND at >= kept.since
         GROUP BY effect, outcome, is_retry, bucket, beginning) AS counted`;

  const series = scopes.flatMap((scope) =>
    EFFECTS.map((effect) => ({ ...scope, effect, steps: Array.from({ length }, (): Count[] => []) })),
  );
  const stepsOf = new Map(series.map(({ steps, ...circuit }) => [circuitName(circuit), steps]));
  for (const row of rows) {
    const step = (row.beginning.getTime() - firstAt) / stepMs;
    // Of a machine whose clock is ahead there may be counts of a step that has not begun here.
    stepsOf.get(circuitName(keyOf(row)))?.[step]?.push(row);
  }
  return series.map(({ steps, ...circuit }) => ({
    ...circuit,
    points: steps.map((counts, step) => ({ at: new Date(firstAt + step * stepMs), ...totalsOf(counts) })),
    totals: totalsOf(steps.flat()),
  }));
}

/** For so long what changes slowly is not added up again, however often a page asks, in milliseconds. */
const REMEMBERED_MS = 30_000;

/**
 * The same, where spans longer than an hour are read once in 30 s a process, however often the console asks: what is
 * new is seen in the last hour.
 */
export function recentMetricSeries(
  scopes: readonly ProviderInMode[],
  span: MetricSpan,
): Promise<MetricSeries[]> {
  if (span === "hour") return metricSeries(scopes, span);
  const remembered = processSingleton(
    "metric-series",
    () => new Map<string, { readAt: number; series: Promise<MetricSeries[]> }>(),
  );
  const key = JSON.stringify([span, scopes]);
  const known = remembered.get(key);
  if (known && performance.now() - known.readAt < REMEMBERED_MS) return known.series;
  const series = metricSeries(scopes, span);
  remembered.set(key, { readAt: performance.now(), series });
  // What failed is asked for again at once.
  series.catch(() => remembered.delete(key));
  return series;
}
