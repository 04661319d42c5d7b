/** Where counts of calls are kept: by the minute as they come, by the hour for longer, and no longer than needed. */
import type pg from "pg";
import type { MetricCount, Sighting, TelemetryBatch, TelemetrySink } from "@/lib/resilience/telemetry";
import { pool as businessPool } from "./client";
import { toDatabase } from "./enum-names";
import { shortTransaction } from "./short-transaction";

const moment = (milliseconds: string) => `to_timestamp(${milliseconds} / 1000.0)`;
/** The newer of what is there and what has come, column by column of one fact. */
const newest = (at: string, ...facts: string[]) => {
  const columns = [at, ...facts];
  const row = (table: string) => `(${columns.map((column) => `${table}.${column}`).join(", ")})`;
  return `(${columns.join(", ")}) = (
    SELECT * FROM (VALUES ${row("status")}, ${row("EXCLUDED")}) AS facts (at)
     WHERE at IS NOT NULL ORDER BY at DESC LIMIT 1)`;
};

/**
 * Rows are taken in the order of their keys, so that instances which write the same rows queue up instead of blocking
 * each other.
 */
const WRITE = `
  WITH statuses AS (
    INSERT INTO integration_status AS status
      (provider, mode, effect, last_success_at,
       last_failure_at, last_failure_kind, last_failure_operation, last_failure_request_id, last_failure_status,
       quota_seen_at, quota_limit, quota_remaining, quota_resets_at)
    SELECT provider, mode, effect, ${moment("success_at")},
           ${moment("failure_at")}, kind, operation, request_id, status,
           ${moment("seen_at")}, quota, remaining, ${moment("resets_at")}
      FROM unnest($9::text[], $10::provider_mode[], $11::call_effect[], $12::float8[],
                  $13::float8[], $14::text[], $15::text[], $16::text[], $17::int[],
                  $18::float8[], $19::int[], $20::int[], $21::float8[])
        AS seen (provider, mode, effect, success_at, failure_at, kind, operation, request_id, status,
                 seen_at, quota, remaining, resets_at)
     ORDER BY provider, mode, effect
    ON CONFLICT (provider, mode, effect) DO UPDATE SET
      last_success_at = GREATEST(status.last_success_at, EXCLUDED.last_success_at),
      ${newest("last_failure_at", "last_failure_kind", "last_failure_operation", "last_failure_request_id", "last_failure_status")},
      ${newest("quota_seen_at", "quota_limit", "quota_remaining", "quota_resets_at")}
  )
  INSERT INTO integration_metric AS metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
  SELECT provider, mode, effect, 'MINUTE', ${moment("minute")}, outcome, is_retry, bucket, count
    FROM unnest($1::text[], $2::provider_mode[], $3::call_effect[], $4::float8[],
                $5::text[], $6::boolean[], $7::smallint[], $8::int[])
      AS counted (provider, mode, effect, minute, outcome, is_retry, bucket, count)
   ORDER BY provider, mode, effect, minute, outcome, is_retry, bucket
  ON CONFLICT (provider, mode, effect, resolution, at, outcome, is_retry, bucket) DO UPDATE
    SET count = metric.count + EXCLUDED.count`;

const COUNT_COLUMNS: ((counted: MetricCount) => unknown)[] = [
  ({ provider }) => provider,
  ({ mode }) => toDatabase(mode),
  ({ effect }) => toDatabase(effect),
  ({ minute }) => minute,
  ({ outcome }) => outcome,
  ({ isRetry }) => isRetry,
  ({ bucket }) => bucket,
  ({ count }) => count,
];

const SIGHTING_COLUMNS: ((seen: Sighting) => unknown)[] = [
  ({ provider }) => provider,
  ({ mode }) => toDatabase(mode),
  ({ effect }) => toDatabase(effect),
  ({ lastSuccessAt }) => lastSuccessAt,
  ({ lastFailure }) => lastFailure?.at,
  ({ lastFailure }) => lastFailure?.kind,
  ({ lastFailure }) => lastFailure?.operation,
  ({ lastFailure }) => lastFailure?.requestId,
  ({ lastFailure }) => lastFailure?.status,
  ({ quota }) => quota?.seenAt,
  ({ quota }) => quota?.limit,
  ({ quota }) => quota?.remaining,
  ({ quota }) => quota?.resetsAt,
];

/**
 * What is locked, every instance waits for. Without a transaction, a statement that was given up here might still be
 * carried out there, and its counts be added a second time with the next batch. One gap is left: a COMMIT that is
 * carried out and whose answer is lost looks like a failure here, so that batch is counted twice.
 */
const SETTINGS = { statement_timeout: 900 };

/** @param pool that nothing else may keep waiting (`integrationPool`) */
export function createPostgresTelemetrySink(pool: Pick<pg.Pool, "connect">): TelemetrySink {
  return {
    write: async ({ counts, sightings }: TelemetryBatch) => {
      const values = [
        ...COUNT_COLUMNS.map((column) => counts.map(column)),
        ...SIGHTING_COLUMNS.map((column) => sightings.map(column)),
      ];
      await shortTransaction(pool, SETTINGS, (client) => client.query(WRITE, values));
    },
  };
}

/** Any number, the same in all instances and used for nothing else. */
const ROLL_UP_LOCK = 7_301_844;

/**
 * Sums up the oldest hour that is not summed up and over for a quarter of an hour, which is longer than any process
 * keeps counts to itself. Sums are set, not added: an hour that two processes take at a time comes out the same.
 */
const ROLL_UP_HOUR = `
  WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(${ROLL_UP_LOCK}) AS ours
  ), hour AS (
    SELECT date_bin('1 hour', min(at), 'epoch'::timestamptz) AS beginning
      FROM integration_metric
     WHERE resolution = 'MINUTE'
       AND at >= COALESCE((SELECT max(at) + interval '1 hour' FROM integration_metric WHERE resolution = 'HOUR'),
                          '-infinity')
  )
  INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
  SELECT provider, mode, effect, 'HOUR', beginning, outcome, is_retry, bucket, sum(count)
    FROM turn, hour, integration_metric
   WHERE ours AND beginning <= $1::timestamptz - interval '75 minutes'
     AND resolution = 'MINUTE' AND at >= beginning AND at < beginning + interval '1 hour'
   GROUP BY provider, mode, effect, beginning, outcome, is_retry, bucket
  ON CONFLICT (provider, mode, effect, resolution, at, outcome, is_retry, bucket) DO UPDATE SET count = EXCLUDED.count`;

/** Sums up the minutes of hours that are over, each once; does nothing while another process is at it. */
export async function rollUpMetrics(now = new Date()): Promise<void> {
  let summedUp: number | null;
  do {
    ({ rowCount: summedUp } = await businessPool().query(ROLL_UP_HOUR, [now]));
  } while (summedUp);
}

/** What somebody else is deleting is skipped, so that no two wait for each other. */
const prune = (table: string, where: string) => `
  DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table} AS old WHERE ${where} LIMIT $1 FOR UPDATE SKIP LOCKED))`;

const PRUNE = [
  // Minutes that are not summed up yet stay.
  prune(
    "integration_metric",
    `resolution = 'MINUTE' AND at < now() - interval '48 hours'
     AND at < (SELECT max(at) + interval '1 hour' FROM integration_metric WHERE resolution = 'HOUR')`,
  ),
  prune("integration_metric", "resolution = 'HOUR' AND at < now() - interval '90 days'"),
  // The latest step of a circuit says since when it is as it is.
  prune(
    "integration_transition",
    `mode = ANY (enum_range(NULL::provider_mode)) AND at < now() - interval '400 days' AND EXISTS (
       SELECT FROM integration_transition AS newer
        WHERE newer.provider = old.provider AND newer.mode = old.mode AND newer.effect = old.effect
          AND newer.at > old.at)`,
  ),
  // Those of a circuit that is used are pruned as it goes (lib/db/circuit-store.ts).
  prune("integration_circuit_slot", "slot < EXTRACT(EPOCH FROM now() - interval '1 hour')"),
];

const PRUNE_ROWS = 5_000;
const PRUNE_BATCHES = 20;

/** Deletes what is older than anybody is shown, a bounded number of rows at a time. */
export async function pruneIntegrationHistory(): Promise<void> {
  for (const statement of PRUNE) {
    for (let batch = 0; batch < PRUNE_BATCHES; batch += 1) {
      const { rowCount } = await businessPool().query(statement, [PRUNE_ROWS]);
      if ((rowCount ?? 0) < PRUNE_ROWS) break;
    }
  }
}
