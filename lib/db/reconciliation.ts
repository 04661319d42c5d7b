/**
 * Passes over what the payments vendor has. One of a kind is under way at a time, over all instances: its row is unique
 * while it is open, and leased to whoever is at work on it. Its place is kept after each page, so that another goes on
 * where one was killed.
 */
import type { ReconciliationKind } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { fromDatabase } from "./enum-names";
import { scopeColumns } from "./scope";

/** Long enough for one page: the vendor's answer and what is written of it. */
const LEASE_MS = 60_000;
/** Events may become visible late, and clocks differ; the inbox drops what it has. */
const OVERLAP = "1 hour";
/** The vendor keeps events for 30 days. */
const LONGEST_REACH = "29 days";

export interface LeasedReconciliation {
  id: string;
  kind: ReconciliationKind;
  leaseToken: string;
  cursor: string | null;
  /** Of a pass over events: from when on. */
  since: Date | null;
  startedAt: Date;
  /** Milliseconds since it was begun, on the database's clock. */
  ageMs: number;
  seen: number;
  drift: number;
}

/** Scope and kind: what there is one of at a time. */
function openKey(kind: ReconciliationKind): string {
  const { provider, mode, account } = scopeColumns();
  return [provider, mode, account, kind].join(":");
}

/**
 * Opens a pass, unless one of its kind is open. One over events reaches back to an hour before the last one that came
 * to a good end was begun, or before the first attempt at one: nothing falls between two of them, however long it was
 * until the next.
 */
export async function openReconciliation(kind: ReconciliationKind, tx: Database = db()): Promise<void> {
  const { provider, mode, account } = scopeColumns();
  await tx.$executeRaw`
    WITH passes AS NOT MATERIALIZED (
      SELECT started_at, finished_at IS NOT NULL AND last_error IS NULL AS is_good FROM reconciliation_run
       WHERE kind = 'EVENTS' AND provider = ${provider} AND mode = ${mode}::provider_mode AND account = ${account}
    ), reach AS (
      SELECT COALESCE((SELECT started_at FROM passes WHERE is_good ORDER BY started_at DESC LIMIT 1),
                      (SELECT started_at FROM passes ORDER BY started_at LIMIT 1),
                      now()) - ${OVERLAP}::interval AS since
    )
    INSERT INTO reconciliation_run (id, kind, provider, mode, account, open_key, since)
    SELECT gen_random_uuid(), ${kind}::reconciliation_kind, ${provider}, ${mode}::provider_mode, ${account},
           ${openKey(kind)},
           CASE WHEN ${kind} = 'EVENTS' THEN GREATEST(since, now() - ${LONGEST_REACH}::interval) END
      FROM reach
    ON CONFLICT (open_key) DO NOTHING`;
}

/** The kinds of which a pass is open that nobody is at work on. */
export async function listWaitingReconciliations(): Promise<ReconciliationKind[]> {
  const keys = (["EVENTS", "SUBSCRIPTIONS", "CUSTOMERS"] as const).map(openKey);
  const rows = await db().$queryRaw<{ kind: ReconciliationKind }[]>`
    SELECT kind FROM reconciliation_run
     WHERE open_key = ANY(${keys}) AND (lease_until IS NULL OR lease_until <= now())`;
  return rows.map(({ kind }) => kind);
}

/** Leases the open pass of a kind to this caller alone; null where there is none, or somebody is at work on it. */
export async function leaseReconciliation(kind: ReconciliationKind): Promise<LeasedReconciliation | null> {
  const rows = await db().$queryRaw<LeasedReconciliation[]>`
    UPDATE reconciliation_run
       SET lease_token = gen_random_uuid(), lease_until = now() + ${LEASE_MS} * interval '1 millisecond'
     WHERE open_key = ${openKey(kind)} AND (lease_until IS NULL OR lease_until <= now())
    RETURNING id, kind, lease_token AS "leaseToken", cursor, since, started_at AS "startedAt", seen, drift,
              (EXTRACT(EPOCH FROM now() - started_at) * 1000)::float8 AS "ageMs"`;
  return rows[0] ?? null;
}

type Held = Pick<LeasedReconciliation, "id" | "leaseToken">;

/**
 * Keeps how far a pass has come, and the lease for another page. Says false where the lease was lost: somebody else goes
 * on from the last place that was kept.
 */
export async function advanceReconciliation(
  run: Held,
  step: { cursor: string | null; seen: number; drift: number },
): Promise<boolean> {
  const kept = await db().$executeRaw`
    UPDATE reconciliation_run
       SET cursor = ${step.cursor}, seen = seen + ${step.seen}, drift = drift + ${step.drift}, last_error = NULL,
           lease_until = now() + ${LEASE_MS} * interval '1 millisecond'
     WHERE id = ${run.id}::uuid AND lease_token = ${run.leaseToken}::uuid`;
  return kept === 1;
}

/** Leaves a pass to whoever comes next, which goes on where this one was. */
export async function releaseReconciliation(run: Held, lastError: string | null): Promise<void> {
  await db().$executeRaw`
    UPDATE reconciliation_run
       SET lease_token = NULL, lease_until = NULL, last_error = COALESCE(${lastError}, last_error)
     WHERE id = ${run.id}::uuid AND lease_token = ${run.leaseToken}::uuid`;
}

/**
 * Ends a pass with what its last step has counted, and in the same breath opens the one that comes after it.
 * @param end.lastError why it came to no good end; null where it did
 * @returns what it counted in all; null where the lease was lost
 */
export async function finishReconciliation(
  run: Held,
  end: { lastError: string | null; next: ReconciliationKind | null; seen: number; drift: number },
): Promise<{ seen: number; drift: number } | null> {
  return db().$transaction(async (tx) => {
    const [finished] = await tx.$queryRaw<{ seen: number; drift: number }[]>`
      UPDATE reconciliation_run
         SET finished_at = now(), open_key = NULL, cursor = NULL, lease_token = NULL, lease_until = NULL,
             last_error = ${end.lastError}, seen = seen + ${end.seen}, drift = drift + ${end.drift}
       WHERE id = ${run.id}::uuid AND lease_token = ${run.leaseToken}::uuid
      RETURNING seen, drift`;
    if (finished && end.next) await openReconciliation(end.next, tx);
    return finished ?? null;
  });
}

export interface ReconciliationView {
  startedAt: Date;
  /** Null while it is under way. */
  finishedAt: Date | null;
  /** What the vendor listed. */
  seen: number;
  /** What differed from our copy, or was missing. */
  drift: number;
  /** Why it came to no good end, or what the last attempt at it met. */
  lastError: string | null;
}

export interface LatestReconciliation {
  kind: "events" | "subscriptions" | "customers";
  /** The last one that ended; null where none has. */
  finished: ReconciliationView | null;
  running: ReconciliationView | null;
}

const VIEW = { startedAt: true, finishedAt: true, seen: true, drift: true, lastError: true } as const;

/** For the operators: the last pass of each kind that ended, and the one that is under way. */
export async function latestReconciliations(): Promise<LatestReconciliation[]> {
  return Promise.all(
    (["EVENTS", "SUBSCRIPTIONS", "CUSTOMERS"] as const).map(async (kind) => {
      const [finished, running] = await Promise.all([
        db().reconciliationRun.findFirst({
          where: { ...scopeColumns(), kind, finishedAt: { not: null } },
          orderBy: { startedAt: "desc" },
          select: VIEW,
        }),
        db().reconciliationRun.findUnique({ where: { openKey: openKey(kind) }, select: VIEW }),
      ]);
      return { kind: fromDatabase(kind), finished, running };
    }),
  );
}
