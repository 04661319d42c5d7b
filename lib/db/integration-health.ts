/**
 * What operators and the status page are shown of the integrations, from local tables alone. Every query is one
 * indexed statement, and is told which providers in which modes it is about: a database may hold several.
 */
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Effect } from "@/lib/resilience/call";
import type { CircuitState } from "@/lib/resilience/circuit-state";
import { type IntegrationTransition, Prisma } from "@/prisma/generated/client";
import type { CallEffect, ProviderMode } from "@/prisma/generated/enums";
import { db } from "./client";
import { fromDatabase, toDatabase } from "./enum-names";

/** Which rows are asked for. */
export interface ProviderInMode {
  provider: string;
  mode: ProviderModeName;
}

export interface Circuited extends ProviderInMode {
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

export interface Key {
  provider: string;
  mode: ProviderMode;
  effect: CallEffect;
}

export function keyOf({ provider, mode, effect }: Key): Circuited {
  return { provider, mode: fromDatabase(mode), effect: fromDatabase(effect) };
}

function whereScope(scopes: readonly ProviderInMode[]) {
  return { OR: scopes.map(({ provider, mode }) => ({ provider, mode: toDatabase(mode) })) };
}

/** The scopes as rows, to join with. */
export function scopeRows(scopes: readonly ProviderInMode[]): Prisma.Sql {
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
