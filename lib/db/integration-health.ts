/**
 * What operators and the status page are shown of the integrations, from local tables alone. Every query is one
 * indexed statement, and is told which providers in which modes it is about: a database may hold several.
 */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Effect } from "@/lib/resilience/call";
import { type CircuitState, circuitName } from "@/lib/resilience/circuit-state";
import { NEVER_SENT, percentile } from "@/lib/resilience/histogram";
import type { HeldBackRecord } from "@/lib/resilience/hooks";
import type { MetricOutcome } from "@/lib/resilience/telemetry";
import { type IntegrationTransition, Prisma } from "@/prisma/generated/client";
import type { CallEffect, ProviderMode } from "@/prisma/generated/enums";
import { db } from "./client";
import { fromDatabase, toDatabase } from "./enum-names";

/** Which rows are asked for. */
export interface ProviderInMode {
  provider: string;
  mode: ProviderModeName;
}

interface Circuited extends ProviderInMode {
  effect: Effect;
}

/** One breaker that was ever anything but closed; one that is not listed is closed. Times are the database's. */
export interface CircuitView extends Circuited {
  state: CircuitState["kind"];
  since: Date;
  /** The kind of the failure that opened it, or "operator"; null while it is closed. */
  cause: string | null;
  /** From when on a probe may go; null unless open, and while an operator holds it open. */
  probeAt: Date | null;
  /** How long the others wait for the probe that is under way; null unless half open. */
  probeLeaseUntil: Date | null;
  /** Until when the vendor asked to be left alone; may have passed. */
  throttledUntil: Date | null;
}

export interface TransitionView extends Circuited {
  id: string;
  from: CircuitState["kind"];
  to: CircuitState["kind"];
  cause: string | null;
  at: Date;
}

/** What was last seen of a vendor. */
export interface StatusView extends Circuited {
  lastSuccessAt: Date | null;
  lastFailure: {
    at: Date;
    kind: string;
    operation: string;
    /** The vendor's id of the request, for its support. */
    requestId: string | null;
    status: number | null;
  } | null;
  /** The vendor's own count of what may still be asked of it, where it tells. */
  quota: { limit: number | null; remaining: number; resetsAt: Date | null; seenAt: Date } | null;
}

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

interface Key {
  provider: string;
  mode: ProviderMode;
  effect: CallEffect;
}

function keyOf({ provider, mode, effect }: Key): Circuited {
  return { provider, mode: fromDatabase(mode), effect: fromDatabase(effect) };
}

function whereScope(scopes: readonly ProviderInMode[]) {
  return { OR: scopes.map(({ provider, mode }) => ({ provider, mode: toDatabase(mode) })) };
}

/** The scopes as rows, to join with. */
function scopeRows(scopes: readonly ProviderInMode[]): Prisma.Sql {
  const providers = scopes.map(({ provider }) => provider);
  const modes = scopes.map(({ mode }) => toDatabase(mode));
  return Prisma.sql`unnest(${providers}::text[], ${modes}::provider_mode[]) AS scope (provider, mode)`;
}

/** The breakers that were ever anything but closed. */
export async function listCircuits(scopes: readonly ProviderInMode[]): Promise<CircuitView[]> {
  const rows = await db().integrationCircuit.findMany({
    where: whereScope(scopes),
    orderBy: [{ provider: "asc" }, { effect: "asc" }],
    omit: { epoch: true, probeOwner: true },
  });
  return rows.map((row) => ({ ...row, ...keyOf(row), state: fromDatabase(row.state) }));
}

export async function listStatuses(scopes: readonly ProviderInMode[]): Promise<StatusView[]> {
  const rows = await db().integrationStatus.findMany({
    where: whereScope(scopes),
    orderBy: [{ provider: "asc" }, { effect: "asc" }],
  });
  return rows.map((row) => ({
    ...keyOf(row),
    lastSuccessAt: row.lastSuccessAt,
    lastFailure: row.lastFailureAt && {
      at: row.lastFailureAt,
      kind: row.lastFailureKind ?? "unknown",
      operation: row.lastFailureOperation ?? "",
      requestId: row.lastFailureRequestId,
      status: row.lastFailureStatus,
    },
    quota: row.quotaSeenAt && {
      limit: row.quotaLimit,
      remaining: row.quotaRemaining ?? 0,
      resetsAt: row.quotaResetsAt,
      seenAt: row.quotaSeenAt,
    },
  }));
}

/** The latest steps, newest first. */
export function listTransitions(
  scopes: readonly ProviderInMode[],
  { limit }: { limit: number },
): Promise<TransitionView[]> {
  return transitions(scopes, Prisma.sql`true`, limit);
}

/** The most that bars are drawn from; of more, the newest. */
const BAR_STEPS = 10_000;

/**
 * The steps from closed to anything else and back since `date`, oldest first: what bars of availability are drawn
 * from. Probes that failed are left out, or an outage of a day would be thousands of rows. Before its first step a
 * circuit was what that step says it came from; one without a step is all the time what it is now.
 */
export async function transitionsSince(
  scopes: readonly ProviderInMode[],
  date: Date,
): Promise<TransitionView[]> {
  const isBoundary = Prisma.sql`at >= ${date}::timestamptz AND ("from" = 'CLOSED') <> ("to" = 'CLOSED')`;
  return (await transitions(scopes, isBoundary, BAR_STEPS)).reverse();
}

/** By mode and in the order of its index, newest first: it is read only as far as the limit goes. */
async function transitions(
  scopes: readonly ProviderInMode[],
  where: Prisma.Sql,
  limit: number,
): Promise<TransitionView[]> {
  const rows = await db().$queryRaw<IntegrationTransition[]>`
    SELECT transition.*
      FROM (SELECT mode, array_agg(provider) AS providers FROM ${scopeRows(scopes)} GROUP BY mode) AS scope,
           LATERAL (
             SELECT id, provider, mode, effect, "from", "to", cause, at
               FROM integration_transition
              WHERE mode = scope.mode AND provider = ANY (scope.providers) AND ${where}
              ORDER BY at DESC
              LIMIT ${limit}) AS transition
     ORDER BY at DESC, id
     LIMIT ${limit}`;
  return rows.map((row) => ({
    ...row,
    ...keyOf(row),
    from: fromDatabase(row.from),
    to: fromDatabase(row.to),
  }));
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

const STEP_MS = { 1: 60_000, 24: 15 * 60_000 };
const EFFECTS: readonly Effect[] = ["read", "write"];

/**
 * One series for each scope and effect, also where nothing was called: by the minute for the last hour, by the quarter
 * of an hour for the last day.
 */
export async function metricSeries(
  scopes: readonly ProviderInMode[],
  { hours }: { hours: 1 | 24 },
): Promise<MetricSeries[]> {
  const stepMs = STEP_MS[hours];
  const length = (hours * 3_600_000) / stepMs;
  const firstAt = (Math.floor(Date.now() / stepMs) - length + 1) * stepMs;
  const first = Prisma.sql`${new Date(firstAt)}::timestamptz`;
  const rows = await db().$queryRaw<(Key & Count & { beginning: Date })[]>`
    SELECT scope.provider, scope.mode, counted.*
      FROM ${scopeRows(scopes)}, LATERAL (
        SELECT effect, outcome, is_retry AS "isRetry", bucket, sum(count)::int AS count,
               date_bin(${stepMs} * interval '1 millisecond', at, ${first}) AS beginning
          FROM integration_metric
         WHERE provider = scope.provider AND mode = scope.mode AND effect IN ('READ', 'WRITE')
           AND resolution = 'MINUTE' AND at >= ${first}
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
